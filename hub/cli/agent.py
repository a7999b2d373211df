from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from hub.cli import COMMANDS
from hub.cli.output import as_json, printable, say, show

if TYPE_CHECKING:
    from hub.cli import Settings


@click.group("agent", short_help=COMMANDS["agent"])
def command() -> None:
    """Sign in to queues, be idle or busy."""


@command.command("status")
@as_json
@click.pass_obj
def status(settings: Settings, *, as_json: bool) -> None:
    """Tell what you are doing as an agent."""
    from hub.cli.client import connect

    with connect(settings) as client:
        show(client.get("/agent"), as_json=as_json, people=_print)


@command.command("sign-in")
@click.argument("queues", nargs=-1)
@as_json
@click.pass_obj
def sign_in(settings: Settings, queues: tuple[str, ...], *, as_json: bool) -> None:
    """Sign in to QUEUES, or to all of yours, and be idle; the PIN is asked for, or read from standard input."""
    _sign(settings, "in", "signed in to", queues, as_json=as_json)


@command.command("sign-out")
@click.argument("queues", nargs=-1)
@as_json
@click.pass_obj
def sign_out(settings: Settings, queues: tuple[str, ...], *, as_json: bool) -> None:
    """Sign out of QUEUES, or of all; the PIN is asked for, or read from standard input."""
    _sign(settings, "out", "signed out of", queues, as_json=as_json)


@command.command("idle")
@as_json
@click.pass_obj
def idle(settings: Settings, *, as_json: bool) -> None:
    """Be idle after the wrap-up; who is busy becomes idle by signing in again."""
    _be(settings, "idle", "", as_json=as_json)


@command.command("busy")
@click.argument("reason", nargs=-1)
@as_json
@click.pass_obj
def busy(settings: Settings, reason: tuple[str, ...], *, as_json: bool) -> None:
    """Be busy, and say why."""
    _be(settings, "busy", " ".join(reason), as_json=as_json)


@command.command("wrap-up-end")
@as_json
@click.pass_obj
def wrap_up_end(settings: Settings, *, as_json: bool) -> None:
    """End the wrap-up now, and be idle."""
    _be(settings, "idle", "", as_json=as_json)


def _sign(settings: Settings, way: str, done: str, queues: tuple[str, ...], *, as_json: bool) -> None:
    from hub.cli.client import connect

    with connect(settings) as client:
        pin = click.prompt("PIN", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
        told = client.post(f"/agent/sign-{way}", {"pin": pin, "queues": list(queues)})
    show(told, as_json=as_json, people=lambda signed: say(f"{done} {_names(signed['queues']) or 'no queue'}"))


def _be(settings: Settings, state: str, reason: str, *, as_json: bool) -> None:
    from hub.cli.client import connect

    with connect(settings) as client:
        told = client.put("/agent/state", {"state": state, "reason": reason})
    show(told, as_json=as_json, people=lambda is_now: say(f"you are {_state(is_now)}"))


def _print(agent: dict[str, Any] | None) -> None:
    from hub.cli.times import lasted_since

    if agent is None:
        say("you are an agent of no queue")
        return
    since, queue = lasted_since(agent["since"]), printable(agent["queue"], 80)
    say(f"{_state(agent)}{f' for {since}' if since else ''}{f', queue {queue}' if queue else ''}")
    say(f"signed in to {_names(agent['queues']) or 'no queue'}")


def _state(agent: dict[str, Any]) -> str:
    reason = printable(agent["reason"], 200)
    return f"{agent['state'].replace('_', ' ')}{f' ({reason})' if reason else ''}"


def _names(queues: list[str]) -> str:
    return ", ".join(printable(queue, 80) for queue in queues)
