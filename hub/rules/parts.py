"""What the words of a rule file are made of: triggers, conditions, actions, macros. Plugins register more of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from hub.core.dial_plan import DialPlan
from hub.events import ContactFound

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterable

    from hub.core.call import Call, Contact
    from hub.core.presence import Presence
    from hub.events import Event
    from hub.plugin_host.context import Context

_PLAN = DialPlan()


@dataclass(frozen=True, slots=True)
class NumberOptions:
    """A rule's `numbers:`, what is done to a number before it is shown or looked up, in this order (spec RULE-07)."""

    strip_outside_prefix: bool = False
    strip_country_code: bool = False
    prepend_area_code: bool = False


AS_RECEIVED = NumberOptions()


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions and macros may look at: the event, its call (None where it has none), and what is true around it.

    `zone` is the hub's time zone, `plan` the user's dial plan, `dnd` whether do-not-disturb is on and `presence` where
    colleagues see the user (None: unknown), and `options` are the number options of the rule.
    """

    event: Event
    call: Call | None
    zone: tzinfo = UTC
    plan: DialPlan = _PLAN
    dnd: bool | None = None
    options: NumberOptions = AS_RECEIVED
    presence: Presence | None = None

    @property
    def contact(self) -> Contact | None:
        """The contact that was found just now, else the best of the call's."""
        found = self.event.contact if isinstance(self.event, ContactFound) else None
        return found or (self.call.contact if self.call else None)

    @property
    def now(self) -> datetime:
        """When the event happened, in the hub's time zone."""
        return self.event.at.astimezone(self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A word for `on:`. It stands for the events of one type that `accepts`.

    Where `value` is given, the word may be followed by such a value (`end: transferred`), must be if `required`, and
    then stands for the events for which `matches(value, event)` too.
    """

    name: str
    event: type[Event]
    doc: str
    accepts: Callable[[Event], bool] = lambda _event: True
    value: Any = None
    matches: Callable[[Any, Event], bool] = lambda _value, _event: True
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A word for `when:`.

    `value` is the type of one value behind it (anything pydantic can check; scalars arrive as text); a rule may give
    several, of which one must hold. `test` says whether one holds, and `seen` what it looked at, for people.

    `field` and `keys`, where given, make it an index: `keys(value)` are the keys for which it holds (None: that cannot
    be said), and `field(facts)` are those that the facts have. It holds exactly where they have one in common.
    """

    name: str
    value: Any
    test: Callable[[Any, Facts], bool]
    doc: str
    seen: Callable[[Facts], str] = lambda _facts: ""
    field: Callable[[Facts], Iterable[Hashable]] | None = None
    keys: Callable[[Any], Iterable[Hashable] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """A `%NAME%` for templates. `expand` returns text; Jinja2 sees the same under the name in lower case."""

    name: str
    expand: Callable[[Facts], str]
    doc: str


@dataclass(frozen=True, slots=True)
class Done:
    """How an action went, for the action history.

    `detail` is what was done, `output` the tail of what it said, `exit_status` that of a command; any but 0 counts as a
    failure.
    """

    detail: str
    output: str = ""
    exit_status: int | None = None


class ActionRefused(Exception):  # noqa: N818  the action's status word
    """The action would be unsafe with this caller's data; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What an action is given to work with: the facts it runs for, and the context of its plugin for that user.

    `rule` is the rule's id, `locked` says that it is the administrator's, `server` that the hub serves users of other
    computers, and `deadline` how many seconds the action has.
    """

    facts: Facts
    context: Context
    rule: str
    locked: bool = False
    server: bool = False
    deadline: float = 30.0

    def expand(self, template: Any) -> Any:
        """Return the text of one of the action's templates for these facts; raises `ActionRefused`."""
        return template.expand(self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A word for `do:`.

    `value` is the pydantic model of what stands behind it; a bare scalar or list stands for its field `short`. `run`
    does it and returns how it went; it raises `ActionRefused`, or any other exception for a failure. `tell` says, for
    the same facts and without doing it, what it would do. One that `acts_on_the_host` is for locked rules only where
    the hub is a server.
    """

    name: str
    value: Any
    run: Callable[[Any, Job], Awaitable[Done]]
    doc: str
    short: str = ""
    tell: Callable[[Any, Facts], str] | None = None
    acts_on_the_host: bool = False
