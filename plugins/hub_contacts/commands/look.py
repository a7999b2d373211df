"""The commands that show contacts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.commands import as_json, connect, print_table, printable, save_as, say, show
from hub_contacts.commands.named import PATH, path_of
from hub_contacts.commands.options import FIELDS, GROUPS, MATCHES, SORTS, which

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.commands import Settings

_LONGEST = 60
_COLUMNS = {
    "line": ("id", "name", "number"),
    "short": ("id", "name", "company", "number", "kind"),
}


@click.command("list")
@click.argument("search", default="")
@which
@click.option("--sort", type=click.Choice(SORTS), help="By what.  [default: as chosen]")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="How many.")
@click.option("--offset", type=click.IntRange(0, 1_000_000_000), default=0, help="How many before them are left out.")
@as_json
@click.pass_obj
def list_(settings: Settings, /, as_json: bool, show_: tuple[str, ...], **query: Any) -> None:  # noqa: FBT001  a flag
    """List contacts, those with SEARCH in them if it is given, as `phonehub contacts view` was chosen."""
    with connect(settings) as client:
        found = client.get(f"{PATH}/people", show=show_ or None, **query)
        density = client.get(f"{PATH}/view")["density"]
    show(found, as_json=as_json, people=lambda page: _print(page, density, query["offset"]))


@click.command("show")
@click.argument("contact")
@as_json
@click.pass_obj
def show_(settings: Settings, /, contact: str, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Tell all that is kept of a contact."""
    with connect(settings) as client:
        told = client.get(path_of(client, contact))
    show(told, as_json=as_json, people=lambda one: print_table(("", ""), _facts(one)))


@click.command("view")
@click.option(
    "--show", "show_", type=click.Choice(GROUPS), multiple=True, help="Groups that are on; none by `--show ''`."
)
@click.option("--sort", type=click.Choice(SORTS), help="By what.")
@click.option("--match", type=click.Choice(MATCHES), help="How what is searched must stand in a field.")
@click.option("--field", type=click.Choice(FIELDS), help="Where it is searched.")
@click.option("--density", type=click.Choice(["line", "short", "card"]), help="How much of each.")
@click.option("--colours", type=click.Choice(["strong", "quiet"]), help="Those of the status.")
@click.option(
    "--ringing", type=click.Choice(["flash", "pulse", "none"]), help="How a colleague who is called is shown."
)
@as_json
@click.pass_obj
def view(settings: Settings, /, as_json: bool, show_: tuple[str, ...], **chosen: str | None) -> None:  # noqa: FBT001
    """Choose how contacts are shown from now on, or tell how."""
    with connect(settings) as client:
        told = client.get(f"{PATH}/view")
        wanted: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
        if show_:
            wanted["show"] = list(show_)
        if wanted:
            told = client.put(f"{PATH}/view", {**told, **wanted})
    show(told, as_json=as_json, people=lambda one: print_table(("", ""), _facts(one)))


@click.command("photo")
@click.argument("contact")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def photo(settings: Settings, /, contact: str, file: Path) -> None:
    """Save a contact's photo as FILE, which must not be there yet."""
    with connect(settings) as client:
        save_as(file, client, f"{path_of(client, contact)}/photo")
    say(f"saved as {printable(file)}")


def _print(page: dict[str, Any], density: str, offset: int) -> None:
    contacts = page["contacts"]
    if not contacts:
        say("no more contacts" if page["total"] else "no contacts")
    elif density == "card":
        for contact in contacts:
            print_table(("", ""), [("id", contact["id"]), *_facts(contact)])
    else:
        columns = _COLUMNS[density]
        rows = [[_cell(contact, column) for column in columns] for contact in contacts]
        print_table(columns, rows)
    if contacts and page["total"] > len(contacts):
        say(f"{offset + 1:,} to {offset + len(contacts):,} of {page['total']:,}: see --offset and --limit")


def _cell(contact: dict[str, Any], column: str) -> str:
    if column == "number":
        numbers = contact["numbers"]
        text = next((each["text"] for each in numbers if each["primary"]), numbers[0]["text"] if numbers else "")
    elif column == "name":
        text = f"* {contact['name']}" if contact["favourite"] else contact["name"]
    else:
        text = contact[column]
    return printable(text, _LONGEST) if column != "id" else text


def _facts(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        label = name.replace("_", " ")
        if not isinstance(value, list):
            if value not in ("", False):
                yield label, "yes" if value is True else str(value)
            continue
        for each in value:
            if isinstance(each, dict):
                parts = [str(part) for key, part in each.items() if part and key not in {"label", "primary"}]
                marks = [each["label"]] * bool(each["label"]) + ["primary"] * each["primary"]
                yield label, ", ".join(parts) + (f" ({', '.join(marks)})" if marks else "")
            else:
                yield label, str(each)
