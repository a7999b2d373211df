from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, printable, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.group("account")
def command() -> None:
    """Show and change what you have at the phone system: password, PIN, picture."""


@command.command("show")
@as_json
@click.pass_obj
def show_(settings: Settings, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Tell who you are at the phone system, and which handsets you have."""
    from hub.cli.client import connect

    with connect(settings) as client:
        show(client.get("/account"), as_json=as_json, people=_print)


@command.command("password")
@click.pass_obj
def password(settings: Settings) -> None:
    """Change your password at the phone system, and keep the new one.

    It goes where the configuration refers to the old one, if that is a keyring or the encrypted file.
    """
    _change(settings, "password", "Old password", "New password")


@command.command("pin")
@click.pass_obj
def pin(settings: Settings) -> None:
    """Change your PIN at the phone system."""
    _change(settings, "pin", "Old PIN (empty: none yet)", "New PIN")


@command.command("image")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=False), required=False)
@click.option("--clear", is_flag=True, help="Show no picture.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write a picture to this file instead.")
@click.option(
    "--of", metavar="USER", default="-", help="Whose picture is saved: a name or extension.  [default: yours]"
)
@click.pass_obj
def image(
    settings: Settings,
    file: Path | None,
    clear: bool,  # noqa: FBT001  a flag of the command line
    save: Path | None,
    of: str,
) -> None:
    """Show colleagues the picture in FILE, a PNG or JPEG."""
    from base64 import b64encode
    from urllib.parse import quote

    from hub.cli.client import connect
    from hub.errors import UserError

    if [file is not None, clear, save is not None].count(True) != 1:
        raise click.UsageError("name a FILE, or --clear, or --save")
    with connect(settings) as client:
        try:
            if file is not None:
                made = client.put("/account/image", {"data": b64encode(_content(file)).decode("ascii")})
                say(f"colleagues see it as {made['media_type']}, {made['width']} x {made['height']} pixels")
            elif save is not None:
                with save.open("wb") as to:
                    client.download(f"/account/image/{quote(of, safe='')}", to)
                say(f"saved as {printable(save)}")
            else:
                client.delete("/account/image")
                say("colleagues see no picture")
        except OSError as error:
            raise UserError.of(error.strerror or str(error), place=str(file or save)) from None


def _content(file: Path) -> bytes:
    from hub.errors import UserError
    from hub.phone.picture import LARGEST_FILE

    with file.open("rb") as opened:
        content = opened.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise UserError.of(f"is larger than {LARGEST_FILE} bytes", "choose a smaller picture", str(file))
    return content


def _change(settings: Settings, what: str, old: str, new: str) -> None:
    from hub.cli.client import connect

    with connect(settings) as client:
        wanted = {
            "old": click.prompt(old, hide_input=True, default="", show_default=False),
            "new": click.prompt(new, hide_input=True, confirmation_prompt="Once more"),
        }
        done = client.put(f"/account/{what}", wanted)
    say(f"the {'PIN' if what == 'pin' else what} is changed")
    say(printable(done["remedy"]) if done else "")


def _print(account: dict[str, Any]) -> None:
    name = f"{account['name'] or account['user']} ({account['extension']})" if account["extension"] else account["user"]
    say(f"{printable(name)}: {printable(account['state'])} {printable(account['message'])}".rstrip())
    rows = [
        (device["id"], device["name"], "yes" if device["watched"] else "no", ", ".join(sorted(device["capabilities"])))
        for device in account["devices"]
    ]
    print_table(("handset", "name", "signed in", "can"), rows)
