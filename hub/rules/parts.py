"""What the words of a rule file are made of: triggers, conditions, actions, macros. Plugins register more of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterable
    from datetime import datetime

    from hub.core.call import Call
    from hub.events import Event
    from hub.plugin_host.context import Context


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions and macros may look at: the event, its call (None where it has none), and the local time.

    `options` are the rule's number options.
    """

    event: Event
    call: Call | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A word for `on:`. It stands for the events of one type that `accepts`."""

    name: str
    event: type[Event]
    doc: str
    accepts: Callable[[Event], bool] = lambda _event: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A word for `when:`.

    `value` is the type of what stands behind it (anything pydantic can check; scalars arrive as text). `test` says
    whether it holds. `keys`, where given, is what makes it an index: the values of `field(facts)` for which it can hold.
    """

    name: str
    value: Any
    test: Callable[[Any, Facts], bool]
    doc: str
    field: Callable[[Facts], Hashable] | None = None
    keys: Callable[[Any], Iterable[Hashable]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """A `%NAME%` for templates. `expand` returns text; Jinja2 sees the same under the name in lower case."""

    name: str
    expand: Callable[[Facts], str]
    doc: str


@dataclass(frozen=True, slots=True)
class Done:
    """How an action went, for the action history. `output` is the tail of what it said."""

    detail: str
    output: str = ""
    exit_status: int | None = None


class ActionRefused(Exception):  # noqa: N818  the action's status word
    """The action would be unsafe with this caller's data; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What an action is given to work with: the facts it runs for, and the context of its plugin for that user.

    `expand(template)` gives the text of one of the action's templates for these facts.
    """

    facts: Facts
    context: Context
    rule: str
    locked: bool
    expand: Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A word for `do:`.

    `value` is the pydantic model of what stands behind it; a bare scalar or list stands for the field `short`. `run` does
    it and returns how it went; it raises `ActionRefused`, or any other exception for a failure.
    """

    name: str
    value: Any
    run: Callable[[Any, Job], Awaitable[Done]]
    doc: str
    short: str = ""
