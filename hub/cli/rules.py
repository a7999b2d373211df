from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_json, print_table, printable, problems_as_json, say, show
from hub.cli.presence import PRESENCES
from hub.cli.times import Since, local

if TYPE_CHECKING:
    from datetime import datetime

    from hub.cli import Settings

_EVENTS = (
    "ring", "dial", "answer", "hold", "resume", "end", "missed", "dnd", "presence", "start-up", "schedule",
    "queue_waiting",
)  # fmt: skip
_OUTCOMES = ("ended", "transferred", "parked", "no_answer", "missed", "failed", "elsewhere", "preempted")
_MOST = 10_000

_path = click.Path(exists=True, path_type=Path)


@click.group("rules")
def command() -> None:
    """Check, try and follow rules: what to do when the phone rings."""


@command.command("check")
@click.argument("paths", nargs=-1, type=_path)
@as_json
@click.pass_obj
def check(settings: Settings, paths: tuple[Path, ...], as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Tell everything that is wrong with rule files; exit with 1 if anything is.

    PATHS are files or folders; the configuration's folders without any.
    """
    from hub.cli.rules_at_hand import at_hand

    with problems_as_json(as_json):
        rules = at_hand(settings).rules(paths).rules
    if not as_json:
        say("1 rule is all right" if len(rules) == 1 else f"{len(rules)} rules are all right")


@command.command("schema")
@click.pass_obj
def schema(settings: Settings) -> None:
    """Print the JSON Schema of rule files, so that editors complete and check them."""
    from hub.cli.rules_at_hand import at_hand

    print_json(at_hand(settings).loader.schema.json_schema())


@command.command("test")
@click.argument("file", type=_path)
@click.option("--from", "number", metavar="NUMBER", default="+15855550123", show_default=True, help="The other party.")
@click.option("--name", default="Jane Doe", show_default=True, help="Their name.")
@click.option("--company", default="", help="Their company, as a contact: with it they are known.")
@click.option("--group", default="", help="A group of that contact.")
@click.option("--dnis", default="", metavar="NUMBER", help="The number that they dialled.")
@click.option("--dnis-name", default="", help="Its name.")
@click.option("--line", default="", help="The line or appearance.")
@click.option("--queue", default="", help="The queue.")
@click.option("--device", default="", help="The device.")
@click.option("--event", type=click.Choice(_EVENTS), help="What happens.  [default: what the first rule is for]")
@click.option("--direction", type=click.Choice(["inbound", "outbound"]), help="Which way the call goes.")
@click.option("--outcome", type=click.Choice(_OUTCOMES), help="How a call ended.")
@click.option("--internal", is_flag=True, help="The other party is in the same phone system.")
@click.option("--dnd/--no-dnd", default=None, help="Whether do-not-disturb is on.")
@click.option("--presence", type=click.Choice(PRESENCES), help="Where colleagues see the user.")
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%H:%M"]), help="When.  [default: now]")
@click.option("--run", "really", is_flag=True, help="Do it, for the rules that act.")
@as_json
@click.pass_obj
def test(settings: Settings, /, file: Path, at: datetime | None, really: bool, as_json: bool, **given: Any) -> None:  # noqa: FBT001  flags of the command line
    """Show what the rules of FILE make of a call that is made up: each condition, and what would be done."""
    from hub.cli.rules_on_trial import on_trial

    told = on_trial(settings, file, at, given, really=really)
    show(told, as_json=as_json, people=_print_trial)
    if any(done["status"] in ("failed", "timeout") for rule in told for done in rule.get("done", ())):
        raise click.exceptions.Exit(1)


@command.command("replay")
@click.argument("paths", nargs=-1, type=_path)
@click.option("--since", type=Since(), default="7d", show_default=True, help="Calls begun since: 12h, 7d, a date.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=500, show_default=True, help="How many calls at most.")
@click.option("--all", "everything", is_flag=True, help="Show the rules that would not have acted, too, and why.")
@as_json
@click.pass_obj
def replay(
    settings: Settings,
    paths: tuple[Path, ...],
    since: datetime,
    limit: int,
    everything: bool,  # noqa: FBT001  a flag of the command line
    as_json: bool,  # noqa: FBT001
) -> None:
    """Show what today's rules would have done with past calls, and which condition stopped each."""
    from hub.cli.rules_on_trial import replayed

    told = replayed(settings, paths, since, limit, everything=everything or as_json)
    show(told, as_json=as_json, people=_print_replay)


@command.command("history")
@click.option("--since", type=Since(), help="Only what began since: 90m, 12h, 7d, 2w ago, or a date.")
@click.option("--rule", default="", metavar="RULE", help="Only this rule's, by its id or its file's name.")
@click.option("--call", default="", metavar="ID", help="Only for this call.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=50, show_default=True, help="How many, the newest.")
@as_json
@click.pass_obj
def history(settings: Settings, since: datetime | None, rule: str, call: str, limit: int, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Show what rules did, the newest first; also while no hub is running."""
    from hub.cli.rules_on_trial import past_actions

    told = past_actions(settings, since=since, rule=rule, call=call, limit=limit)
    show(told, as_json=as_json, people=_print_history)


def _print_trial(told: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for rule in told:
        acts = ("acts", "bold green") if rule["acts"] else ("does nothing", "bold red")
        console.print(Text.assemble((printable(rule["name"]), "bold"), f"  {printable(rule['place'])}  ", acts))
        for found in (rule["trigger"], *rule["when"]):
            _print_verdict(console, found, 1)
        for done in rule.get("done") or rule["do"]:
            arrow = Text.assemble("  → ", (done["action"], "bold"), f" {printable(done['detail'], 2000)}")
            if done["status"] != "ok":
                arrow.append(f" ({done['status']})", "red")
            if output := done.get("output", "").rstrip():
                arrow.append(f"\n      {printable(output, 2000)}", "dim")
            console.print(arrow)


def _print_verdict(console: Any, found: dict[str, Any], depth: int) -> None:
    from rich.text import Text

    sign = ("✓", "green") if found["holds"] else ("✗", "red")
    seen = f"  (it is {printable(found['seen'])})" if found.get("seen") and not found["holds"] else ""
    console.print(Text.assemble("  " * depth, sign, f" {printable(found['condition'])}", (seen, "dim")))
    for part in found.get("parts", ()):
        _print_verdict(console, part, depth + 1)


def _print_replay(told: list[dict[str, Any]]) -> None:
    rows = [
        (
            local(each["at"]),
            each["with"],
            each["event"],
            each["rule"],
            "; ".join(f"{done['action']} {done['detail']}" for done in each["do"])
            if each["acts"]
            else f"stopped by {each['stopped_by']}",
        )
        for each in told
    ]
    print_table(("at", "with", "event", "rule", "what"), rows, "no rule would have acted")


def _print_history(told: list[dict[str, Any]]) -> None:
    rows = [
        (
            local(each["started"]),
            each["rule"],
            each["event"],
            each["action"],
            each["status"] if each["exit_status"] in (None, 0) else f"{each['status']} ({each['exit_status']})",
            f"{each['duration']:.2f}",
            each["detail"],
        )
        for each in told
    ]
    print_table(("began", "rule", "on", "action", "status", "seconds", "what"), rows, "no rule has done anything yet")
