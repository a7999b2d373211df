"""The API's answers: the public form of the hub's vocabulary, the same as in events (`hub.events.plain`)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from hub.core.call import CallState, Direction, HoldKind, Outcome
from hub.core.numbers import NumberKind
from hub.core.presence import Presence
from hub.events import plain

if TYPE_CHECKING:
    from hub.web.host import PhoneOf


def _sayable(value: Any) -> Any:
    """JSON text cannot hold half of a surrogate pair, which a phone system may well send."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


Told = Annotated[str, BeforeValidator(_sayable)]


class Answer(BaseModel):
    """Made from the hub's own objects."""

    model_config = ConfigDict(from_attributes=True)


class NumberAnswer(Answer):
    """A telephone number: as received, and what it means under the user's dial plan."""

    text: Told
    kind: NumberKind
    e164: Told
    national: Told


class PartyAnswer(Answer):
    """Who is at an end of a call, as the phone system told."""

    number: NumberAnswer
    name: Told


class ContactAnswer(Answer):
    """What a contact source knows of a caller."""

    id: Told
    name: Told
    company: Told
    source: Told
    groups: tuple[Told, ...]
    favourite: bool
    link: Told


class NetworkAnswer(Answer):
    """How the audio of a call came, as the phone measured it, null where it does not say.

    `jitter` is in seconds, `loss` the part of packets that did not come, `mos` the estimated opinion, 1 to 5.
    """

    codec: Told
    jitter: float | None
    loss: float | None
    mos: float | None


class LegAnswer(Answer):
    """One connection of one of the user's devices."""

    id: Told
    conversation: Told
    device: Told
    direction: Direction
    party: PartyAnswer
    started: datetime
    dialled: PartyAnswer
    line: Told
    queue: Told
    internal: bool
    appearance: Told
    conference: Told
    consults: Told
    orbit: Told
    held: HoldKind | None
    muted: bool
    intercom: bool
    network: NetworkAnswer | None


class LegStateAnswer(Answer):
    """A leg and where it stands."""

    leg: LegAnswer
    state: CallState
    answered: datetime | None


class CallAnswer(Answer):
    """One user's view of one conversation."""

    id: Told
    conversation: Told
    user: Told
    direction: Direction
    state: CallState
    party: PartyAnswer
    started: datetime
    answered: datetime | None
    ended: datetime | None
    outcome: Outcome | None
    dialled: PartyAnswer
    device: Told
    line: Told
    queue: Told
    internal: bool
    ignored: bool
    appearance: Told
    conference: Told
    consults: Told
    orbit: Told
    held: HoldKind | None
    muted: bool
    intercom: bool
    network: NetworkAnswer | None
    contacts: tuple[ContactAnswer, ...]
    legs: tuple[LegStateAnswer, ...]
    counts: tuple[tuple[str, int], ...]


class HandsetAnswer(Answer):
    """One of the user's handsets: what it can do, how many parties talk together there, its line keys.

    Without `auto_hold` another call ends the one that it has.
    """

    id: Told
    name: Told
    model: Told
    capabilities: Annotated[tuple[Told, ...], BeforeValidator(sorted)]
    conference_size: int
    appearances: tuple[Told, ...]
    auto_hold: bool


class PhoneAnswer(Answer):
    """How the user's phone stands; `dnd` and `presence` are null while the phone system has not told.

    `product`, `version` and `handsets` are what the phone system declares while it is connected.

    `boards` is what it shows beside the calls, by name, in the form of the events of these names (their `now`).
    """

    user: Told
    state: Told
    message: Told
    dnd: bool | None
    presence: Presence | None
    capabilities: tuple[str, ...]
    product: Told
    version: Told
    handsets: tuple[HandsetAnswer, ...]
    boards: dict[str, Any]

    @classmethod
    def of(cls, user: str, phone: PhoneOf) -> PhoneAnswer:
        """Say how a phone stands now."""
        about = phone.about
        return cls(
            user=user,
            state=str(phone.state),
            message=phone.message,
            dnd=phone.dnd,
            presence=phone.presence,
            capabilities=tuple(sorted(phone.capabilities)),
            product=about.product,
            version=about.version,
            handsets=tuple(map(HandsetAnswer.model_validate, about.handsets)),
            boards=plain(dict(phone.boards)),
        )


class NoteAnswer(Answer):
    """What somebody, or a rule, noted to a call."""

    at: datetime
    text: Told


class PastCall(Answer):
    """A call of the history, with its notes, oldest first; `duration` is in seconds from answer to end.

    `recordings` are the ids of its recordings, oldest first.
    """

    id: Told
    user: str
    conversation: Told
    direction: Direction
    name: Told
    number: Told
    e164: Told
    national: Told
    started: datetime
    answered: datetime | None
    ended: datetime | None
    duration: float | None
    outcome: Outcome | None
    device: Told
    line: Told
    queue: Told
    dnis: Told
    dnis_name: Told
    internal: bool
    orbit: Told
    network: NetworkAnswer | None
    notes: tuple[NoteAnswer, ...]
    recordings: tuple[str, ...]


class DeletedCalls(Answer):
    """How many calls were deleted from the history."""

    deleted: int


class ActionAnswer(Answer):
    """What an action of a rule did; `detail` and `output` are redacted."""

    key: str
    user: str
    rule: str
    name: str
    action: str
    event: str
    status: str
    started: datetime
    duration: float
    call: Told
    detail: Told
    output: Told
    exit_status: int | None


class SettingAnswer(BaseModel):
    """What may stand in a plugin's table of the configuration; `default` is JSON, empty where it is computed."""

    name: Told
    required: bool
    default: Told
    meaning: Told


class PluginAnswer(Answer):
    """A plugin that was found; `state` is one of loaded, failed, suspended and disabled, `reason` says why.

    `events` counts what it was told, `failures` its calls that raised or took too long, `dropped` the events it lost,
    and `held_up` how often it held up the hub. What went wrong last is told where the hub has one user alone: it may
    name another user's caller.
    """

    name: str
    version: str
    origin: str
    state: str
    reason: Told
    hooks: tuple[str, ...]
    settings: tuple[SettingAnswer, ...]
    events: int
    failures: int
    dropped: int
    held_up: int
    last_error: Told
    last_error_at: datetime | None
    traceback: Told


class ProblemAnswer(Answer):
    """One thing wrong in something a person wrote: where, what, and what to do about it."""

    place: Told
    cause: Told
    remedy: Told


class RuleAnswer(BaseModel):
    """A rule in force; `locked` ones are the administrator's, `stale` ones the last good version of a broken file."""

    id: str
    name: Told
    place: Told
    on: tuple[Told, ...]
    locked: bool
    enabled: bool
    stale: bool


class RulesAnswer(Answer):
    """The rules in force, in their order, and what is wrong with files and folders of others."""

    rules: tuple[RuleAnswer, ...]
    problems: tuple[ProblemAnswer, ...]


class ServerAnswer(Answer):
    """A phone server that was found: the adapter for it, what it calls itself, and its address."""

    adapter: str
    name: Told
    address: Told


class Health(BaseModel):
    """The hub is up; no more is told without a token."""

    status: str = "ok"
    version: str


class SecondCall(BaseModel):
    """Whether it may end the call that the handset has, where that is set so; else it is refused: `would_end_call`."""

    model_config = ConfigDict(extra="forbid")

    may_end: bool = False


class ToDial(SecondCall):
    """Whom to call: a number as a person writes it or a `tel:` link; from which device and line key."""

    number: str = Field(min_length=1, max_length=1000)
    device: str = Field(default="", max_length=200)
    appearance: str = Field(default="", max_length=200)


class Dialled(Answer):
    """The number that is being called, and the call; null where the phone system does not tell which one it is."""

    number: NumberAnswer
    call: CallAnswer | None


class Consulted(Dialled):
    """Who is called for the sake of a call, and that call: `held`."""

    held: CallAnswer


class Begun(Answer):
    """The call that began; null where the phone system does not tell which one it is."""

    call: CallAnswer | None


class HowToHold(BaseModel):
    """How to hold: privately, or so that any handset with the shared appearance can resume; default by appearance."""

    model_config = ConfigDict(extra="forbid")

    kind: HoldKind | None = None


class Mute(BaseModel):
    """Muted, or not."""

    model_config = ConfigDict(extra="forbid")

    on: StrictBool


class Digits(BaseModel):
    """Digits to send: 0-9, *, # and A-D."""

    model_config = ConfigDict(extra="forbid")

    digits: str = Field(min_length=1, max_length=200)


class Dnd(BaseModel):
    """Do-not-disturb, on or off."""

    model_config = ConfigDict(extra="forbid")

    on: StrictBool


class Note(BaseModel):
    """A note to add to a call."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=10_000)
