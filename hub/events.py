"""The vocabulary of events: what the hub tells plugins, rules, the API and the console.

Each event is a frozen dataclass whose `type` is its public name. `to_json` gives the public JSON form, which is the
same on the HTTP API and in outward plugins and is pinned by golden files under `tests/golden/events`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar

from hub.core import queue_boards
from hub.core.boards import Appearances, Board, Lines, Messages, Parked, SystemCalls  # as below
from hub.core.call import Call, Contact  # noqa: TC001  who reads an event's fields by their types finds them here
from hub.core.colleagues import Colleague  # noqa: TC001  likewise
from hub.core.phone_contacts import PhoneContact  # noqa: TC001  likewise
from hub.core.presence import Presence  # noqa: TC001  likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened.

    `seq` counts the user's events since the hub started, `at` is when it happened (aware UTC), `user` whose phone it is
    about (empty: the hub itself). `inferred` marks what was not seen but follows from a later snapshot.
    """

    type: ClassVar[str] = ""

    seq: int
    at: datetime
    user: str
    inferred: bool = False

    @property
    def key(self) -> str:
        """A name for this event that is the same after a restart: for idempotency, CloudEvents ids, claims."""
        return f"{self.user}:{self.type}:{self.at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(Event):
    """Something happened to a call. `call` is the call after it; `nth` counts events of this type in this call."""

    call: Call
    nth: int = 1

    @property
    def key(self) -> str:
        """`<call id>:<type>:<nth>`."""
        return f"{self.call.id}:{self.type}:{self.nth}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring(CallEvent):
    """A call for the user began to ring: once a call, however many devices ring."""

    type: ClassVar[str] = "ring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial(CallEvent):
    """The user began an outbound call."""

    type: ClassVar[str] = "dial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(CallEvent):
    """The call was answered: by this user (inbound) or by the far end (outbound)."""

    type: ClassVar[str] = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(CallEvent):
    """The user put the call on hold."""

    type: ClassVar[str] = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(CallEvent):
    """The user took the call back from hold."""

    type: ClassVar[str] = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(CallEvent):
    """The user sent the call on to somebody else; its `end` follows."""

    type: ClassVar[str] = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Park(CallEvent):
    """The user parked the call, at `call.orbit`; its `end` follows."""

    type: ClassVar[str] = "park"


@dataclass(frozen=True, slots=True, kw_only=True)
class End(CallEvent):
    """The call is over for this user; `call.outcome` says how. The only one if do-not-disturb kept it from ringing."""

    type: ClassVar[str] = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChanged(CallEvent):
    """Something else about the call changed: the far end rings, the name arrived, the ringing was silenced."""

    type: ClassVar[str] = "call_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFound(CallEvent):
    """A slower lookup found who is calling, after the ring."""

    type: ClassVar[str] = "contact_found"

    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingChanged(CallEvent):
    """The recording of a call was started, paused, resumed, stopped, or failed.

    `state` is one of `off`, `recording`, `paused` and `failed`; `reason` is why, a word for programs (`asked`, `hold`,
    `no_audio`, `disk_full`, ...), `advice` what a person can do about a failure. `recording` is the file's id.
    """

    type: ClassVar[str] = "recording"

    state: str
    reason: str = ""
    advice: str = ""
    recording: str = ""

    @property
    def key(self) -> str:
        """`<call id>:recording:<state>:<time>`: a hub that was restarted counts anew."""
        return f"{self.call.id}:{self.type}:{self.state}:{self.at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingReady(CallEvent):
    """A recording is complete, in its final format. `duration` is in seconds, `size` in bytes."""

    type: ClassVar[str] = "recording_ready"

    recording: str
    format: str
    duration: float
    size: int

    @property
    def key(self) -> str:
        """`<call id>:recording_ready:<recording>`."""
        return f"{self.call.id}:{self.type}:{self.recording}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DndChanged(Event):
    """Do-not-disturb was switched."""

    type: ClassVar[str] = "dnd"

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChanged(Event):
    """The user's presence on the phone system changed; `before` is None where the phone system had told none."""

    type: ClassVar[str] = "presence"

    presence: Presence
    before: Presence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLogged(Event):
    """A change of presence, availability or do-not-disturb was written to the user's log, with who made it and why.

    `kind` is one of `presence`, `availability` and `dnd`; `source` is `phone` (by hand at the phone system), `hand`,
    the cause of a wish (`rule`, `appointment`, ...) or the plugin that told it.
    """

    type: ClassVar[str] = "change_logged"

    kind: str
    before: str
    now: str
    source: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardChanged(Event):
    """Something that the phone shows beside its calls changed; `now` is the whole of it."""

    now: Board


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesChanged(BoardChanged):
    """The message-waiting lamp changed."""

    type: ClassVar[str] = Messages.name

    now: Messages


@dataclass(frozen=True, slots=True, kw_only=True)
class AppearancesChanged(BoardChanged):
    """Another line key was chosen, or somebody did something at a shared one."""

    type: ClassVar[str] = Appearances.name

    now: Appearances


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesChanged(BoardChanged):
    """An outside line that the user's handsets have a key for changed."""

    type: ClassVar[str] = Lines.name

    now: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCallsChanged(BoardChanged):
    """The calls of the phone system changed, as far as the user may see them."""

    type: ClassVar[str] = SystemCalls.name

    now: SystemCalls


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuesChanged(BoardChanged):
    """A queue changed of which the user is an agent or a supervisor: callers wait, agents came or went."""

    type: ClassVar[str] = queue_boards.Queues.name

    now: queue_boards.Queues


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChanged(BoardChanged):
    """The user is in another state as an agent, or signed in to other queues."""

    type: ClassVar[str] = queue_boards.Agent.name

    now: queue_boards.Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsChanged(BoardChanged):
    """One of the agents changed whom the user supervises."""

    type: ClassVar[str] = queue_boards.Agents.name

    now: queue_boards.Agents


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedChanged(BoardChanged):
    """A call was parked, or is parked no longer."""

    type: ClassVar[str] = Parked.name

    now: Parked


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleaguesChanged(Event):
    """Colleagues are doing something else: those who `changed`, as they are now, and who is `gone`, by user name."""

    type: ClassVar[str] = "colleagues"

    changed: tuple[Colleague, ...]
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneContactsChanged(Event):
    """Contacts that the phone system manages are different: those that `changed`, and which are `gone`, by id."""

    type: ClassVar[str] = "phone_contacts"

    changed: tuple[PhoneContact, ...]
    gone: tuple[str, ...] = ()


BOARDS: dict[type[Board], type[BoardChanged]] = {
    Messages: MessagesChanged,
    Appearances: AppearancesChanged,
    Lines: LinesChanged,
    Parked: ParkedChanged,
    SystemCalls: SystemCallsChanged,
    queue_boards.Queues: QueuesChanged,
    queue_boards.Agent: AgentChanged,
    queue_boards.Agents: AgentsChanged,
}
"""The event that tells of each board."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChanged(Event):
    """The connection to the phone system changed.

    `state` is one of `connecting`, `connected`, `lost` (it will be tried again), `refused` (a person must act),
    `signed_out` (until a person signs in) and `closed`; `message` says why.
    """

    type: ClassVar[str] = "phone"

    state: str
    message: str = ""
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wipe(Event):
    """The user's device was wiped by the phone system's administrator: contacts and voicemail that are kept here go.

    Told again at each start of the hub until somebody signs in.
    """

    type: ClassVar[str] = "wipe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    """The hub is up for this user: plugins, rules and history are at work."""

    type: ClassVar[str] = "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping(Event):
    """The hub is about to stop; calls go on without it."""

    type: ClassVar[str] = "stopping"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPage(Event):
    """A page is to be opened in the user's connected console rather than in a browser of the hub's computer."""

    type: ClassVar[str] = "open_page"

    url: str
    call: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDone(Event):
    """An action of a rule came to its end.

    `status` is `ok`, `failed`, `refused` (unsafe), `timeout` or `dropped` (over its limits); `detail` is what was done,
    expanded and redacted; `duration` is in seconds.
    """

    type: ClassVar[str] = "action_done"

    rule: str
    action: str
    status: str
    detail: str = ""
    call: str = ""
    duration: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginChanged(Event):
    """A plugin was loaded, failed, was suspended, came back, or held up the loop; `reason` names what it did."""

    type: ClassVar[str] = "plugin_changed"

    plugin: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lagged(Event):
    """Told to one plugin: its mailbox overflowed, `dropped` events are lost to it, and these are the calls now."""

    type: ClassVar[str] = "lagged"

    dropped: int
    calls: tuple[Call, ...] = ()


_ALL: tuple[type[Event], ...] = (
    Ring, Dial, Answer, Hold, Resume, Transfer, Park, End, CallChanged, ContactFound, RecordingChanged, RecordingReady,
    *BOARDS.values(), ColleaguesChanged, PhoneContactsChanged, DndChanged, PresenceChanged, ChangeLogged, PhoneChanged,
    Wipe, Started, Stopping, OpenPage, ActionDone, PluginChanged, Lagged,
)  # fmt: skip
EVENTS = {event.type: event for event in _ALL}
"""Every event of the hub by its public name."""


def plain(value: Any) -> Any:
    """Turn a value of the vocabulary into what `json.dumps` takes: times as RFC 3339, enumerations as their word."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def to_json(event: Event) -> dict[str, Any]:
    """Return the public JSON form: `type`, `key`, then the event's fields."""
    fields: dict[str, Any] = plain(event)
    return {"type": event.type, "key": event.key, **fields}
