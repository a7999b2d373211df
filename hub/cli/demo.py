from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.option("--fast", is_flag=True, help="Play the day in seconds.")
@click.option("--exit", "leave", is_flag=True, help="Leave when the day is over.")
@click.option("--browser", is_flag=True, help="Open pages in real browser tabs.")
@click.option(
    "--rules", type=click.Path(file_okay=False, path_type=Path), help="Folder of rule files to follow and edit."
)
def command(*, fast: bool, leave: bool, browser: bool, rules: Path | None) -> None:
    """Watch a simulated office day reach the hub: calls ring, rules open pages and run commands.

    The last line tells how many calls and actions there were.
    """
    import asyncio

    from rich.console import Console

    from hub.demo.office import Options, play

    pace, gap = (60.0, 0.15) if fast else (5.0, 4.0)
    console = Console(highlight=False, emoji=False, markup=False)
    options = Options(pace=pace, gap=gap, leave=leave, browser=browser, rules=rules)
    sys.exit(asyncio.run(play(options, console)))
