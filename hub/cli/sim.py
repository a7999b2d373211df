from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli import COMMANDS
from hub.cli.output import printable, say

if TYPE_CHECKING:
    from hub.sim.day import Progress


@click.command("sim", short_help=COMMANDS["sim"])
@click.option(
    "--scenario",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The office and its day.  [default: the office day that comes with phonehub]",
)
@click.option(
    "--speed",
    type=click.FloatRange(0.01, 100_000),
    default=1.0,
    show_default=True,
    help="How fast the office's time goes.",
)
@click.option(
    "--longest-gap",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Cut the time between calls down to this.  [default: as the day has it]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8899, show_default=True, help="Port; 0: any free one.")
@click.option("--announce", is_flag=True, help="Tell the local network of it, so that `phonehub discover` finds it.")
@click.option("--admin", is_flag=True, help="Do what the administrator types: wipe a handset, require a new password.")
@click.option("--quiet", is_flag=True, help="Do not tell what happens.")
def command(
    scenario: Path | None,
    speed: float,
    longest_gap: float | None,
    host: str,
    port: int,
    announce: bool,  # noqa: FBT001  a flag of the command line
    admin: bool,  # noqa: FBT001  likewise
    quiet: bool,  # noqa: FBT001  likewise
) -> None:
    """Run the simulated phone system until it is stopped (Ctrl-C).

    Hubs sign in at the address it prints; users and passwords stand in the scenario file. When the day of the scenario
    is over, the office stays open: users can go on calling each other.

    With --admin it reads lines from standard input: "wipe USER HANDSET [PASSWORD]" has whatever watches the handset
    forget the user, who has a new password then; "require-change USER" lets nobody in without a new password.
    """
    import asyncio
    import sys

    from hub.sim.samples import OFFICE_DAY, sample_scenario
    from hub.sim.scenario import load
    from hub.sim.serving import serve

    path = scenario or sample_scenario(OFFICE_DAY)
    office = load(path)
    tell = (lambda _progress: None) if quiet else _tell
    # Ctrl-C and SIGTERM end it in order, so there is nothing to catch here
    serving = serve(
        office,
        path,
        host=host,
        port=port,
        pace=speed,
        longest_gap=longest_gap,
        say=say,
        tell=tell,
        announce=announce,
        admin=sys.stdin if admin else None,
    )
    asyncio.run(serving)


def _tell(progress: Progress) -> None:
    say(f"{progress.time}  {printable(progress.sentence)}")
