from __future__ import annotations

from typing import TYPE_CHECKING, Any

import regex
from pydantic import ConfigDict, RootModel, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from hub.checking import suggest
from hub.core.call import Direction, Outcome
from hub.core.presence import Presence
from hub.events import DndChanged, PresenceChanged
from hub.rules.builtin.caller import CALLER, party_keys
from hub.rules.builtin.values import DAYS, Days, NumberPattern, TextPattern, TimeSpan, number_keys
from hub.rules.parts import Condition
from hub.rules.queue_waiting import queue_of
from hub.rules.template import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hub.core.call import Call
    from hub.rules.parts import Facts, Macro

LONGEST_SUBJECT = 256
SEARCH_WITHIN = 0.02
"""How much of a macro's value a regular expression is given, and how many seconds it may take on it.

The caller chose the value, and some expressions take for ever on some values.
"""


class MacroPatterns(RootModel[dict[str, str]]):
    """Regular expressions by macro; each must be found in its macro's value."""

    model_config = ConfigDict(frozen=True)
    _tests: tuple[tuple[Macro, regex.Pattern[str]], ...] = ()

    @field_validator("root")
    @classmethod
    def _checked(cls, root: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        macros = Surroundings.of(info).macros
        for name, pattern in root.items():
            if _macro_name(name) not in macros:
                raise PydanticCustomError(
                    "macro",
                    "{cause}",
                    {"cause": f'there is no macro "{name}"', "remedy": suggest(name.upper(), macros)},
                )
            try:
                regex.compile(pattern)
            except regex.error as error:
                raise PydanticCustomError(
                    "macro", "{cause}", {"cause": f'"{pattern}" is no regular expression: {error}', "remedy": ""}
                ) from None
        return root

    def model_post_init(self, context: Any, /) -> None:
        """Compile, once."""
        given = (context or {}).get("rules")
        macros = given.macros if isinstance(given, Surroundings) else Surroundings().macros
        self._tests = tuple((macros[_macro_name(name)], regex.compile(pattern)) for name, pattern in self.root.items())

    def hold(self, facts: Facts) -> bool:
        """Return whether every one is found; TimeoutError for one that takes too long."""
        return all(
            pattern.search(macro.expand(facts)[:LONGEST_SUBJECT], timeout=SEARCH_WITHIN)
            for macro, pattern in self._tests
        )

    def __str__(self) -> str:
        return ", ".join(f"{name}: {pattern}" for name, pattern in self.root.items())


def _macro_name(name: str) -> str:
    return name.strip("%").upper()


def _of_call(read: Callable[[Call], Any]) -> Callable[[Facts], tuple[Any, ...]]:
    """Make the field of an index from something a call has."""
    return lambda facts: (read(facts.call),) if facts.call else ()


def _exactly(name: str, kind: Any, read: Callable[[Call], Any], doc: str) -> Condition:
    """Make a condition for something that a call has exactly one of."""
    return Condition(
        name=name,
        value=kind,
        test=lambda value, facts: facts.call is not None and read(facts.call) == value,
        doc=doc,
        seen=lambda facts: _word(read(facts.call)) if facts.call else "no call",
        field=_of_call(read),
        keys=lambda value: (value,),
    )


def _text(name: str, read: Callable[[Facts], str], doc: str) -> Condition:
    """Make a condition for a text, with `*` and `?`."""
    return Condition(
        name=name,
        value=TextPattern,
        test=lambda pattern, facts: pattern.matches(read(facts)),
        doc=doc,
        seen=read,
        field=lambda facts: (TextPattern.normal(read(facts)),),
        keys=_exact,
    )


def _number(name: str, read: Callable[[Facts], tuple[str, ...]], doc: str) -> Condition:
    """Make a condition for a telephone number, with `*` and `?`."""
    return Condition(
        name=name,
        value=NumberPattern,
        test=lambda pattern, facts: pattern.is_among(read(facts)),
        doc=doc,
        seen=lambda facts: (read(facts) or ("none",))[0],
        field=read,
        keys=_exact,
    )


def _exact(pattern: TextPattern) -> Iterable[str] | None:
    return (pattern.exact,) if pattern.exact else None


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value not in (None, "") else "none"


def _dnis(facts: Facts) -> tuple[str, ...]:
    return number_keys(facts.call.dialled.number) if facts.call else ()


def _dnd(facts: Facts) -> bool | None:
    return facts.event.on if isinstance(facts.event, DndChanged) else facts.dnd


def _presence(facts: Facts) -> Presence | None:
    return facts.event.presence if isinstance(facts.event, PresenceChanged) else facts.presence


CONDITIONS = (
    _exactly("direction", Direction, lambda call: call.direction, "`inbound` or `outbound`"),
    _exactly("internal", bool, lambda call: call.internal, "whether the other party is in the same phone system"),
    _exactly("outcome", Outcome, lambda call: call.outcome, f"how the call ended: {', '.join(map(str, Outcome))}"),
    _exactly(
        "answered",
        bool,
        lambda call: call.answered is not None,
        "whether the call was answered; `true` beside `on: ring` or `on: dial` waits for the answer",
    ),
    CALLER,
    _number("number", party_keys, "the other party's number, however written; `*` for any characters, `?` for one"),
    _number("dnis", _dnis, "the number that the caller dialled, written as in `number`"),
    _text("line", lambda facts: facts.call.line if facts.call else "", "the line or appearance"),
    _text("queue", queue_of, "the queue that the call came through, or in which callers wait"),
    _text("device", lambda facts: facts.call.device if facts.call else "", "the device that rings or is in use"),
    _text("user", lambda facts: facts.event.user, "whose phone it is"),
    Condition(
        name="dnd",
        value=bool,
        test=lambda value, facts: _dnd(facts) == value,
        doc="whether do-not-disturb is on",
        seen=lambda facts: _word(_dnd(facts)),
    ),
    Condition(
        name="presence",
        value=Presence,
        test=lambda value, facts: _presence(facts) is value,
        doc=f"where colleagues see the user: {', '.join(Presence)}",
        seen=lambda facts: _word(_presence(facts)),
    ),
    Condition(
        name="time",
        value=TimeSpan,
        test=lambda span, facts: span.has(facts.now.time()),
        doc="the time of day: `08:00-18:00`, the end not included, or over midnight `18:00-08:00`",
        seen=lambda facts: f"{facts.now:%H:%M}",
    ),
    Condition(
        name="weekday",
        value=Days,
        test=lambda days, facts: facts.now.weekday() in days.days,
        doc="the day of the week: `mon-fri`, `sat`",
        seen=lambda facts: DAYS[facts.now.weekday()],
    ),
    Condition(
        name="macro",
        value=MacroPatterns,
        test=lambda patterns, facts: patterns.hold(facts),
        doc="regular expressions by macro, `{CALLNAME: '(?i)smith'}`, found in the first "
        f"{LONGEST_SUBJECT} characters of its value (the number as received); all that are given",
    ),
)
