from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.text import Text

from hub import events
from hub.core.call import Direction, Outcome
from hub.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

    from hub.core.call import Call

_ENDS = {
    Outcome.ENDED: ("■", "ended", "dim"),
    Outcome.MISSED: ("✗", "missed", "red"),
    Outcome.ELSEWHERE: ("»", "answered elsewhere", "dim"),
    Outcome.NO_ANSWER: ("✗", "nobody answered", "dim"),
    Outcome.FAILED: ("✗", "could not be reached", "red"),
    Outcome.TRANSFERRED: ("»", "transferred", "dim"),
    Outcome.PARKED: ("P", "parked", "dim"),
    Outcome.PREEMPTED: ("✗", "gave way to an emergency call", "red"),
}

_LONGEST = 36
"""Characters of a name or number that are told."""

_LOCAL = re.compile(r"http://127\.0\.0\.1:\d+")
"""The demo's own page, which needs no mention."""


class Narrator:
    """Tells in the terminal what happens on the phone and what the rules make of it, a line each."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def tell(self, event: events.Event) -> None:  # noqa: C901  one line a kind of event
        """Tell one event, if it is one that a person cares for."""
        match event:
            case events.Ring(call=call):
                self._line(event, "☎", f"{_whole(call)} rings{_for(call)}", "bold yellow")
            case events.Dial(call=call):
                self._line(event, "↗", f"Alice dials {_whole(call)}", "bold cyan")
            case events.Answer(call=call):
                who = "Alice" if call.direction is Direction.INBOUND else _who(call)
                self._line(event, "●", f"{who} answers", "green")
            case events.Hold(call=call):
                self._line(event, "‖", f"{_who(call)} on hold", "blue")
            case events.Resume(call=call):
                word = "taken into the conference" if call.conference else "taken back"
                self._line(event, "●", f"{_who(call)} {word}", "green")
            case events.End(call=call):
                sign, word, style = _ENDS[call.outcome or Outcome.ENDED]
                where = f" at {call.orbit}" if call.outcome is Outcome.PARKED else ""
                self._line(event, sign, f"{_who(call)}: {word}{where}", style)
            case events.MessagesChanged(now=now) if now.new:
                self._line(event, "✉", f"{now.new} new in voicemail", "magenta")
            case events.DndChanged(on=on):
                self._line(event, "-", f"do-not-disturb {'on' if on else 'off'}", "magenta")
            case events.PhoneChanged(state=state, message=message) if state != "closed":
                self._line(event, "·", f"phone {state} {message}".rstrip(), "dim")
            case events.ActionDone():
                self._action(event)
            case events.PluginChanged(plugin=plugin, state=state, reason=reason):
                self._line(event, "!", f"plugin {plugin} {state}: {reason}", "red")

    def _action(self, event: events.ActionDone) -> None:
        style = "dim" if event.status == "ok" else "red"
        rule = event.rule.rpartition("/")[2].removesuffix(".yaml")
        words = f"{rule}: {event.action} {_LOCAL.sub('', event.detail)}"
        self._line(event, "  →", words if event.status == "ok" else f"{words} ({event.status})", style)

    def _line(self, event: events.Event, sign: str, words: str, style: str) -> None:
        line = Text.assemble((event.at.astimezone().strftime("%H:%M:%S "), "dim"), (f"{sign} ", style), "")
        line.append(printable(words), style=style if sign == "  →" else None)
        line.truncate(max(40, self._console.width - 1), overflow="ellipsis")
        self._console.print(line)


def _number(call: Call) -> str:
    number = call.party.number
    return number.national or number.text or "number withheld"


def _who(call: Call) -> str:
    return printable(call.name or _number(call), _LONGEST)


def _whole(call: Call) -> str:
    return f"{_who(call)} ({printable(_number(call), _LONGEST)})" if call.name else _who(call)


def _for(call: Call) -> str:
    return f" for {call.dialled.name}" if call.dialled.name else ""
