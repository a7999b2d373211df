"""The commands that change contacts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from hub.commands import UserError, as_json, connect, say, show
from hub_contacts.commands.named import PATH, described, path_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.commands import Client, Settings

_TEXTS = (
    ("description", "The name to show, where it is not made of the others."), ("prefix", "As in Dr."),
    ("first", "First name."), ("middle", "Middle name."), ("last", "Last name."), ("suffix", "As in Jr."),
    ("company", ""), ("department", ""), ("job-title", ""), ("note", ""), ("birthday", "YYYY-MM-DD, or --MM-DD."),
    ("login", "The login at the phone system."), ("dnis-name", ""), ("dnis-language", "The language of prompts."),
)  # fmt: skip
_SEVERAL = (("number", "numbers"), ("email", "emails"), ("url", "urls"))
_PICTURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG", "image/png"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)


def _told(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is to be kept of a contact."""
    options = [click.option(f"--{name}", metavar="TEXT", help=told or None) for name, told in _TEXTS]
    options += [
        click.option(f"--{name}", f"{name}_", multiple=True, metavar="[LABEL=]TEXT", help="May be given several times.")
        for name, _ in _SEVERAL
    ]
    options += [
        click.option("--group", "groups", multiple=True, metavar="NAME", help="May be given several times."),
        click.option("--favourite/--no-favourite", default=None, help="Whether it is a favourite."),
        click.option("--photo", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A picture's file."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command("add")
@_told
@click.option("--source", default="", metavar="NAME", help="Add it to a source, where that can be written.")
@as_json
@click.pass_obj
def add(settings: Settings, /, as_json: bool, photo: Path | None, source: str, **given: Any) -> None:  # noqa: FBT001
    """Add a contact."""
    with connect(settings) as client:
        told = client.post(f"{PATH}/people?source={quote(source, safe='')}", _wanted(given))
        told = _with_photo(client, told, photo)
    show(told, as_json=as_json, people=lambda one: say(f"added: {described(one)}, {one['id']}"))


@click.command("edit")
@click.argument("contact")
@_told
@as_json
@click.pass_obj
def edit(settings: Settings, /, contact: str, as_json: bool, photo: Path | None, **given: Any) -> None:  # noqa: FBT001
    """Change what is given of a contact, the rest stays; an empty text takes something away."""
    wanted = _wanted(given)
    if not wanted and photo is None:
        raise click.UsageError("nothing is said that is to be changed")
    with connect(settings) as client:
        path = path_of(client, contact)
        told = client.patch(path, wanted) if wanted else client.get(path)
        told = _with_photo(client, told, photo)
    show(told, as_json=as_json, people=lambda one: say(f"changed: {described(one)}"))


@click.command("favourite")
@click.argument("contact")
@click.option("--off", is_flag=True, help="Make it no favourite.")
@as_json
@click.pass_obj
def favourite(settings: Settings, /, contact: str, off: bool, as_json: bool) -> None:  # noqa: FBT001  flags
    """Make a contact a favourite."""
    with connect(settings) as client:
        told = client.patch(path_of(client, contact), {"favourite": not off})
    show(told, as_json=as_json, people=lambda one: say(f"{'no ' if off else ''}favourite: {described(one)}"))


@click.command("primary")
@click.argument("contact")
@click.argument("number")
@as_json
@click.pass_obj
def primary(settings: Settings, /, contact: str, number: str, as_json: bool) -> None:  # noqa: FBT001  a flag
    """Make one of a contact's numbers, as it is shown or by its label, the one to dial."""
    with connect(settings) as client:
        path = path_of(client, contact)
        numbers = client.get(path)["numbers"]
        chosen = [each for each in numbers if each["text"] == number] or [
            each for each in numbers if each["label"] == number
        ]
        if len(chosen) != 1:
            known = ", ".join(f"{each['text']} ({each['label']})" for each in numbers)
            raise UserError.of(f'{len(chosen) or "none"} of its numbers is "{number}"', f"it has {known or 'none'}")
        told = client.patch(path, {"numbers": [{**each, "primary": each is chosen[0]} for each in numbers]})
    show(told, as_json=as_json, people=lambda one: say(f"{described(one)}: {chosen[0]['text']}"))


@click.command("delete")
@click.argument("contact")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(settings: Settings, /, contact: str, yes: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Delete a contact."""
    with connect(settings) as client:
        path = path_of(client, contact)
        told = client.get(path)
        if not yes:
            click.confirm(f"Delete {described(told)} for good?", abort=True)
        client.delete(path)
    say(f"deleted: {described(told)}")


@click.command("delete-all")
@click.option("--of", "whose", metavar="USER", help="All of this user, as an administrator; else your own.")
@click.confirmation_option(prompt="Delete all of these contacts for good?")
@click.pass_obj
def delete_all(settings: Settings, /, whose: str | None) -> None:
    """Delete all contacts of your own, or all that are kept of another user."""
    with connect(settings) as client:
        told = client.delete(f"{PATH}/of/{quote(whose, safe='')}" if whose else f"{PATH}/people")
    say(f"deleted: {told['deleted']:,}")


def _wanted(given: dict[str, Any]) -> dict[str, Any]:
    """Return what was said, as the API takes it; a list is emptied by an empty text."""
    names = [name.replace("-", "_") for name, _ in _TEXTS]
    wanted = {name: given[name] for name in names if given[name] is not None}
    for name, several in _SEVERAL:
        if texts := given[f"{name}_"]:
            wanted[several] = [_labelled(text) for text in texts if text]
    if given["groups"]:
        wanted["groups"] = [group for group in given["groups"] if group]
    if given["favourite"] is not None:
        wanted["favourite"] = given["favourite"]
    return wanted


def _labelled(text: str) -> dict[str, str]:
    label, equals, rest = text.partition("=")
    if equals and label.strip() and not label.startswith(("http:", "https:")):
        return {"text": rest, "label": label.strip()}
    return {"text": text}


def _with_photo(client: Client, told: dict[str, Any], photo: Path | None) -> dict[str, Any]:
    if photo is None:
        return told
    with photo.open("rb") as file:
        beginning = file.read(4)
        kind = next((kind for start, kind in _PICTURES if beginning.startswith(start)), "")
        if not kind:
            raise UserError.of("it is no picture", "take a JPEG, PNG, GIF or WebP", str(photo))
        file.seek(0)
        changed: dict[str, Any] = client.send(f"{PATH}/people/{told['id']}/photo", file, kind, method="PUT")
    return changed
