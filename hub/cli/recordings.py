from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, printable, say, show
from hub.cli.saving import save_as
from hub.cli.times import Since, lasted, local

if TYPE_CHECKING:
    from datetime import datetime

    from hub.cli import Settings

COLUMNS = ("id", "began", "direction", "with", "lasted", "format", "size")
PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("mpv", "--no-video", "--really-quiet"),
    ("play", "-q"),
    ("afplay",),
    ("paplay",),
    ("aplay", "-q"),
)
"""Programs that play audio, the first that there is is taken."""


@click.group("recordings")
def command() -> None:
    """List, show, save, play and delete recordings."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, the newest.")
@click.option("--since", type=Since(), help="Only those begun since: 90m, 12h, 7d, 2w ago, or a date.")
@click.option("--search", metavar="TEXT", default="", help="Only those with this in the far end's name or number.")
@click.option("--call", metavar="CALL", default="", help="Only those of this call.")
@as_json
@click.pass_obj
def list_(
    settings: Settings,
    limit: int,
    since: datetime | None,
    search: str,
    call: str,
    as_json: bool,  # noqa: FBT001  a flag of the command line
) -> None:
    """List recordings, the newest first."""
    from hub.cli.client import connect

    with connect(settings) as client:
        began = since.isoformat() if since else None
        found = client.get("/recordings", limit=limit, since=began, search=search, call=call)
    show(found, as_json=as_json, people=lambda rows: print_table(COLUMNS, map(_row, rows), empty="no recordings"))


@command.command("show")
@click.argument("recording")
@as_json
@click.pass_obj
def show_(settings: Settings, recording: str, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Tell all about a recording: parties, markers, gaps, lost packets, checksum."""
    from hub.cli.client import connect

    with connect(settings) as client:
        told = client.get(f"/recordings/{_named(recording)}")
    show(told, as_json=as_json, people=lambda facts: print_table(("", ""), _facts(facts)))


@command.command()
@click.argument("recording")
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@click.pass_obj
def save(settings: Settings, recording: str, file: str | None) -> None:
    """Save a recording as FILE, which must not be there yet; without it, under its own name in this folder."""
    from pathlib import Path

    from hub.cli.client import connect

    with connect(settings) as client:
        told = client.get(f"/recordings/{_named(recording)}")
        path = Path(file or Path(told["audio"]).name)
        save_as(path, client, f"/recordings/{_named(recording)}/audio")
    say(f"saved as {printable(path)}")


@command.command()
@click.argument("recording")
@click.confirmation_option(prompt="Delete this recording for good?")
@click.pass_obj
def delete(settings: Settings, recording: str) -> None:
    """Delete a recording."""
    from hub.cli.client import connect

    with connect(settings) as client:
        client.delete(f"/recordings/{_named(recording)}")
    say("deleted")


@command.command()
@click.argument("recording")
@click.pass_obj
def play(settings: Settings, recording: str) -> None:
    """Play a recording."""
    import shutil
    import subprocess
    import tempfile
    from pathlib import Path

    from hub.cli.client import connect
    from hub.errors import UserError

    player = next((words for words in PLAYERS if shutil.which(words[0])), None)
    if player is None:
        names = ", ".join(words[0] for words in PLAYERS)
        raise UserError.of("there is no program here that plays audio", f"install one of {names}")
    with tempfile.TemporaryDirectory() as folder:
        with connect(settings) as client:
            told = client.get(f"/recordings/{_named(recording)}")
            path = Path(folder) / Path(told["audio"]).name
            save_as(path, client, f"/recordings/{_named(recording)}/audio")
        done = subprocess.run([*player, str(path)], check=False)
    if done.returncode:
        raise UserError.of(f"{player[0]} could not play it: it ended with {done.returncode}")


def _named(recording: str) -> str:
    from urllib.parse import quote

    return quote(recording, safe="")


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    number = told["e164"] or told["number"] or "(withheld)"
    name = printable(told["name"], 60)
    other = f"{name} ({printable(number, 60)})" if name and name != number else printable(number, 60)
    size = f"{told['size'] / 1e6:.1f} MB"
    return told["id"], local(told["began"]), told["direction"], other, lasted(told["duration"]), told["format"], size


def _facts(told: dict[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in told.items():
        if isinstance(value, dict):
            rows.append((name, ", ".join(f"{key} {each}" for key, each in value.items() if each)))
        elif isinstance(value, list):
            rows += [(name, ", ".join(f"{key} {each}" for key, each in item.items() if each)) for item in value]
        elif value not in (None, ""):
            rows.append((name, str(value)))
    return rows
