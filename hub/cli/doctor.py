from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli.output import as_json, print_json, printable

if TYPE_CHECKING:
    from hub.cli import Settings
    from hub.doctor.finding import Finding

_MARKS = {"good": ("ok", "green"), "note": ("--", "yellow"), "bad": ("!!", "red")}


@click.command("doctor")
@as_json
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Look at everything that the hub needs, and tell what is wrong and how to mend it.

    Works with a running hub and without one. Exits with 1 if anything must be mended.
    """
    import dataclasses
    import logging

    from hub.doctor.examination import examine
    from hub.doctor.finding import Verdict

    logging.disable()  # what there is to say is said as findings
    found = []
    for finding in examine(settings.config):
        found.append(finding)
        if not as_json:
            _tell(finding)
    if as_json:
        print_json([dataclasses.asdict(finding) for finding in found])
    if any(finding.verdict is Verdict.BAD for finding in found):
        raise click.exceptions.Exit(1)


def _tell(finding: Finding) -> None:
    mark, colour = _MARKS[finding.verdict]
    click.echo(f"{click.style(mark, fg=colour)}  {finding.about:16} {printable(finding.told, 1000)}")
    for nth, line in enumerate(finding.remedy.rstrip().splitlines()):
        click.echo(f"{' ' * 21}{'-> ' if nth == 0 else '   '}{printable(line, 1000)}")
