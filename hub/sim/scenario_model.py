"""What stands in a scenario file, as it is written; docs/scenarios.md."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from hub.core.boards import AppearanceKind, Permission
from hub.core.call import Cause
from hub.core.presence import Presence
from hub.core.queue_boards import Distribution
from hub.sim.exchange.office import ABILITIES, CODECS, FEATURES, FarEndDoes, line_keys
from hub.sim.wire_colleagues import MOST_CONTACTS, MOST_NUMBERS

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")


def _time_of_day(value: object) -> object:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a time of day reads 08:58 or 08:58:30")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds


TimeOfDay = Annotated[int, BeforeValidator(_time_of_day)]
"""Seconds since midnight."""
Seconds = Annotated[float, Field(ge=0, le=24 * 3600)]
Extension = Annotated[str, Field(pattern=r"^[0-9]{1,15}$")]


def _capability(value: str) -> str:
    known = ABILITIES | FEATURES
    if value not in known:
        raise ValueError(f"a capability is one of {', '.join(sorted(known))}")
    return value


def _codec(value: str) -> str:
    if value not in CODECS:
        raise ValueError(f"a codec is one of {', '.join(CODECS)}")
    return value


Codec = Annotated[str, AfterValidator(_codec)]
Part = Annotated[float, Field(ge=0, le=1)]
Voice = Annotated[str, Field(description="a WAV file beside the scenario with what they say; default: a tone")]
Capability = Annotated[str, AfterValidator(_capability)]


class Written(BaseModel):
    """Anything that a person writes into a scenario: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class WrittenAppearance(Written):
    """A line key; a shared one is the same key on every handset that has its name."""

    name: Annotated[str, Field(pattern=r"^[^\x00-\x1f]{1,64}$")] = Field(description="what stands beside it")
    kind: AppearanceKind = Field(default=AppearanceKind.LINE, description="line, shared, bluetooth or intercom")
    number: str = Field(default="", description="the mobile's own number, for a bluetooth key")


def _numbered(value: object) -> object:
    """Read a bare number as that many lines of the handset's own."""
    text = str(value)
    if text.isdecimal() and len(text) <= 3:  # noqa: PLR2004  three digits are more than any handset has
        return tuple({"name": key.name} for key in line_keys(int(text)))
    return value


class WrittenHandset(Written):
    """A handset of a user."""

    name: str = Field(default="", description="what people call it")
    capabilities: tuple[Capability, ...] = Field(
        default=tuple(sorted(ABILITIES)),
        description="what can be asked of it from afar; by default everything",
    )
    appearances: Annotated[tuple[WrittenAppearance, ...], BeforeValidator(_numbered)] = Field(
        default=4, min_length=1, max_length=100, validate_default=True, description="its line keys, or how many of them"
    )
    lines: tuple[str, ...] = Field(default=(), description="the outside lines that it has keys for")
    model: str = Field(default="", description="what it is, for people")
    conference_size: int = Field(default=3, ge=0, le=100, description="how many parties talk together there")
    codecs: tuple[Codec, ...] = Field(default=CODECS, description="what it can send its audio in")
    auto_hold: bool = Field(default=True, description="whether a second call puts the first on hold or ends it")
    statistics: bool = Field(default=True, description="whether it tells after a call how its audio came")


class WrittenStep(Written):
    """A step of a route: one of `ring`, `queue`, `voicemail` and `reject`."""

    ring: str = Field(default="", description="a user, a group, a shared appearance or a handset")
    queue: str = Field(default="", description="the queue to wait in")
    priority: int = Field(default=0, ge=-1000, le=1000, description="in the queue: the highest comes first")
    for_: Seconds | None = Field(
        default=None,
        alias="for",
        description="seconds to ring (default 20) or to wait in the queue (as long as it takes)",
    )
    voicemail: str = Field(default="", description="whose voicemail takes the call")
    reject: Literal[Cause.BUSY, Cause.REJECTED, Cause.UNREACHABLE, Cause.NO_ANSWER] | None = Field(
        default=None, description="turn the caller away, and why"
    )


_GUESSES = Field(default=5, ge=1, le=1000, description="wrong ones in a row after which none is heard for a while")
_LOCKOUT = Field(default=30.0, description="seconds of that while, twice as long after each further wrong one")


class WrittenPasswords(Written):
    """The phone system's rules for new passwords."""

    shortest: int = Field(default=8, ge=1, le=100, description="characters at least")
    digits: int = Field(default=1, ge=0, le=100, description="digits among them, at least")
    letters: int = Field(default=1, ge=0, le=100, description="letters among them, at least")
    history: int = Field(default=4, ge=0, le=100, description="how many of the last ones may not come again")
    guesses: int = _GUESSES
    lockout: Seconds = _LOCKOUT


class WrittenPins(Written):
    """The phone system's rules for new PINs."""

    shortest: int = Field(default=4, ge=1, le=100, description="digits at least")
    longest: int = Field(default=10, ge=1, le=100, description="digits at most")
    history: int = Field(default=2, ge=0, le=100, description="how many of the last ones may not come again")
    guesses: int = _GUESSES
    lockout: Seconds = _LOCKOUT


class WrittenUser(Written):
    """Somebody with an extension."""

    name: str = Field(default="", description="the full name, shown at the other end")
    extension: Extension = Field(description="its digits")
    password: SecretStr = Field(description="for signing in at the simulation")
    voice: Voice = ""
    permissions: tuple[Literal["park", "retrieve", "pick_up"], ...] = Field(
        default=("park", "retrieve", "pick_up"), description="what the user may do with other people's calls"
    )
    pin: SecretStr = Field(default=SecretStr(""), description="the PIN, if the user has one")
    must_change: bool = Field(default=False, description="the user must choose a new password at the first sign-in")
    handsets: dict[str, WrittenHandset] = Field(default={}, description="by id")
    route: tuple[WrittenStep, ...] = Field(default=(), description="what its calls do; default: ring 20 s")
    presence: Presence = Field(default=Presence.IN_OFFICE, description="where colleagues are told that the user is")
    sees_colleagues: bool = Field(default=True, description="whether the user sees what colleagues are doing")
    numbers: Numbers = Field(default={}, description="further numbers, as colleagues have them, by what they are")
    unlisted: bool = Field(default=False, description="whether the user is kept from colleagues' lists")
    restricted: bool = Field(default=False, description="numbers outside need the access code and the PIN")
    system_calls: Permission = Field(
        default=Permission.NONE, description="what of other people's calls is shown: none, brief or full"
    )


class WrittenGroup(Written):
    """A ring group."""

    name: str = Field(default="", description="what it is called")
    extension: Extension = Field(description="its digits")
    members: tuple[str, ...] = Field(description="users who ring together")
    route: tuple[WrittenStep, ...] = Field(default=(), description="as for a user")


class WrittenQueue(Written):
    """A queue: callers wait for one of its agents."""

    description: str = Field(default="", description="what it is for, in words")
    extension: Extension = Field(description="its digits")
    distribution: Distribution = Field(
        default=Distribution.LONGEST_IDLE, description=f"whom it calls: {', '.join(Distribution)}"
    )
    agents: tuple[str, ...] = Field(description="users, in their order")
    supervisors: tuple[str, ...] = Field(default=(), description="users who see what the agents do")
    signed_in: tuple[str, ...] = Field(default=(), description="agents who are signed in from the start")
    ring: Annotated[float, Field(gt=0, le=3600)] = Field(default=15.0, description="seconds that an agent is rung")
    wrap_up: Seconds = Field(default=0.0, description="seconds that an agent has after a call")
    capacity: int = Field(default=100, ge=1, le=10_000, description="how many callers may wait")
    route: tuple[WrittenStep, ...] = Field(default=(), description="as for a user; default: wait as long as it takes")


Numbers = Annotated[dict[str, str], Field(max_length=MOST_NUMBERS - 1)]
"""Numbers by what they are: work, mobile."""


class WrittenContact(Written):
    """A contact that everybody in the office has."""

    name: Annotated[str, Field(min_length=1)] = Field(description="the name that is shown")
    numbers: Annotated[Numbers, Field(min_length=1)]
    speed_dial: Annotated[str, Field(pattern=r"^[0-9]{0,15}$")] = Field(
        default="", description="digits that reach the first number: then it is a public contact"
    )
    first: str = Field(default="", description="first name")
    last: str = Field(default="", description="last name")
    company: str = Field(default="", description="where they work")
    email: str = Field(default="", description="e-mail address")
    source: str = Field(default="", description="where the phone system has it from; default: the office")
    device: str = Field(default="", description="the handset that it is kept at")


class WrittenNumber(Written):
    """A number of the office that can be called from outside."""

    name: str = Field(default="", description="what it is called (DNIS name)")
    route: tuple[WrittenStep, ...] = Field(description="what calls to it do, step by step")


class WhenCalled(Written):
    """What somebody outside does when the office calls."""

    does: FarEndDoes = Field(default=FarEndDoes.ANSWERS, description="answers, busy, no_answer or unreachable")
    after: Seconds = Field(default=3.0, description="seconds from dialling")
    talks: Seconds = Field(default=0.0, description="seconds until it hangs up; 0: never")


class WrittenPerson(Written):
    """Somebody outside."""

    name: str = Field(default="", description="the name that the network tells")
    number: str = Field(default="", description="the number that is told; anonymous, empty or nonsense too")
    when_called: WhenCalled = WhenCalled()
    voice: Voice = ""


class WrittenNetwork(Written):
    """What happens to the packets of audio."""

    loss: Part = Field(default=0.0, description="which part of them is lost")
    duplication: Part = Field(default=0.0, description="which part comes twice")
    reorder: Part = Field(default=0.0, description="which part is overtaken")
    jitter: Part = Field(default=0.0, description="up to how many seconds more each takes")
    drift_ppm: Annotated[float, Field(ge=-1000, le=1000)] = Field(
        default=0.0, description="by how many millionths the senders' clocks are faster"
    )
    ssrc_changes: tuple[Seconds, ...] = Field(default=(), description="seconds at which senders start anew")
    silence_suppression: bool = Field(default=False, description="whether silence is left out")


class WrittenOffice(Written):
    """The phone system itself."""

    passwords: WrittenPasswords = WrittenPasswords()
    pins: WrittenPins = WrittenPins()

    name: str = "Office"
    outside_prefix: Annotated[str, Field(pattern=r"^[0-9]{0,4}$")] = Field(
        default="9", description="dialled for a line"
    )
    lines: tuple[str, ...] = Field(default=(), description="names of the outside lines")
    greeting: Seconds = Field(default=30.0, description="seconds that a voicemail box listens")
    tone: Seconds = Field(default=4.0, description="seconds that a failed call sounds busy")
    digit_time: Seconds = Field(default=4.0, description="seconds that a seized line waits for another digit")
    access_code: Annotated[str, Field(pattern=r"^[0-9*#]{0,16}$")] = Field(
        default="", description="dialled with a user's PIN instead of the outside prefix"
    )
    voicemail: Annotated[str, Field(pattern=r"^[0-9]{0,15}$")] = Field(
        default="", description="the number at which users hear their messages"
    )
    patience: Seconds = Field(default=60.0, description="seconds that the network lets an outside number ring")
    announcement: Seconds = Field(default=3.0, description="seconds that it takes to say that a call is recorded")
    orbits: tuple[Annotated[str, Field(pattern=r"^[0-9]{1,15}$")], ...] = Field(
        default=(), description="where calls can be parked"
    )
    park: Seconds = Field(default=60.0, description="seconds until a parked call rings back")
    recall: Seconds = Field(default=20.0, description="seconds that a call rings which comes back or is handed off")
    intercom_tone: Seconds = Field(default=1.0, description="seconds until an intercom call answers by itself")
    audio_channels: int = Field(default=100, ge=0, le=100_000, description="how many legs' audio can be had at a time")
    network: WrittenNetwork = WrittenNetwork()


Actor = Annotated[str, Field(description="a user or a handset")]


class WrittenDeed(Written):
    """What somebody does in a call, so many seconds after what was before: one word besides `after` and `to`."""

    after: Seconds = 0.0
    answer: Actor = ""
    hold: Actor = ""
    resume: Actor = ""
    decline: Actor = ""
    ignore: Actor = ""
    hang_up: Annotated[str, Field(description="caller, called, a user or a handset")] = ""
    transfer: Actor = ""
    voicemail: Actor = ""
    consult: Actor = ""
    complete: Actor = ""
    cancel: Actor = ""
    conference: Actor = ""
    leave: Actor = ""
    park: Actor = ""
    retrieve: Actor = ""
    pick_up: Actor = ""
    hand_off: Actor = ""
    to: str = Field(default="", description="what is dialled; for voicemail a user, park an orbit, hand_off a handset")


class WrittenEntry(Written):
    """Something that happens at a time of the day: a call (`from` and `to`), or one of `dnd_on`, `dnd_off`, ... ."""

    at: TimeOfDay = Field(description="time of day, as 08:58")
    from_: str = Field(default="", alias="from", description="a user or somebody outside")
    handset: str = Field(default="", description="from which handset a user calls")
    to: str = Field(default="", description="what is dialled; from outside one of the office's numbers")
    then: tuple[WrittenDeed, ...] = Field(default=(), description="what happens in the call")
    dnd_on: str = Field(default="", description="whose do-not-disturb goes on")
    dnd_off: str = Field(default="", description="whose do-not-disturb goes off")
    presence: str = Field(default="", description="who says at the handset where they are, which is what they become")
    becomes: Presence | None = Field(default=None, description="the presence of that user from then on")
    require_change: str = Field(default="", description="who must choose a new password at the next sign-in")
    wipe: str = Field(default="", description="which handset the administrator wipes")
    password: SecretStr = Field(default=SecretStr(""), description="its user's password after that")


class WrittenScenario(Written):
    """A whole scenario file."""

    office: WrittenOffice = WrittenOffice()
    users: dict[str, WrittenUser] = Field(description="by name")
    groups: dict[str, WrittenGroup] = Field(default={}, description="by name")
    queues: dict[str, WrittenQueue] = Field(default={}, description="by name")
    numbers: dict[str, WrittenNumber] = Field(default={}, description="by number")
    people: dict[str, WrittenPerson] = Field(default={}, description="people outside, by name")
    contacts: Annotated[dict[str, WrittenContact], Field(max_length=MOST_CONTACTS)] = Field(
        default={}, description="contacts that everybody has, by name"
    )
    day: tuple[WrittenEntry, ...] = Field(default=(), description="what happens, at which time")
