"""What a simulated office consists of: everything that does not change while it is open. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from hub.core.boards import AppearanceKind, Permission
from hub.core.call import Cause
from hub.core.phone_contacts import ContactNumber  # noqa: TC001  who reads fields by their types finds it here
from hub.core.presence import Presence
from hub.core.queue_boards import Distribution
from hub.phone import agent_commands, commands, transfer_commands
from hub.phone.account_commands import ACCOUNT
from hub.sim.audio.impairments import UNIMPAIRED, Impairments
from hub.sim.exchange.password_policy import PasswordPolicy, PinPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hub.sim.audio.voices import Voice

COMMANDS: Mapping[str, type[commands.Command]] = MappingProxyType(
    {
        command.name: command
        for command in (
            commands.DialNumber,
            commands.AnswerLeg,
            commands.HoldLeg,
            commands.ResumeLeg,
            commands.EndLeg,
            commands.SilenceLeg,
            commands.MuteLeg,
            commands.SendDigits,
            commands.ChooseAppearance,
            commands.ResumeShared,
            commands.AttachMedia,
            commands.DetachMedia,
            commands.SeizeLine,
            commands.AnswerLine,
            commands.Announce,
            commands.SetDnd,
            commands.SetPresence,
            commands.ClearCalls,
            agent_commands.SignInAgent,
            agent_commands.SignOutAgent,
            agent_commands.SetAgentState,
            transfer_commands.IntercomNumber,
            transfer_commands.ConsultLeg,
            transfer_commands.TransferLeg,
            transfer_commands.CompleteTransfer,
            transfer_commands.VoicemailLeg,
            transfer_commands.ConferenceLegs,
            transfer_commands.LeaveConference,
            transfer_commands.ParkLeg,
            transfer_commands.RetrieveCall,
            transfer_commands.PickUp,
            transfer_commands.HandOffLeg,
        )
    }
)
"""What the exchange can be asked, by its word."""
RECORD_CONFERENCE = "record_conference"
ABILITIES = frozenset({*COMMANDS, RECORD_CONFERENCE})
"""What a handset that can do everything is capable of: every command, and what some handsets cannot do with one."""

FEATURES = frozenset({"record_all"})
"""What holds for the user of a handset beside what it can be asked: `record_all`, that every call must be recorded."""
CODECS = ("PCMU", "PCMA", "G722", "L16", "opus")
"""What a handset can send its audio in, where nothing else is said: RTP encoding names."""
TELLS = frozenset({"colleagues", "contacts"})
"""What the phone system tells of the office, whatever a user's handsets can do."""
PERMISSIONS = frozenset({"park", "retrieve", "pick_up"})
"""What a user needs to be permitted."""

CAPABILITIES = frozenset({*ABILITIES, *FEATURES, *TELLS, *(one.name for one in (*ACCOUNT, commands.MarkContact))})
"""What the phone system can be asked: what handsets can do, and what needs none."""
PREFIX_LENGTH = 3
"""The fewest digits behind the outside prefix that make an outside number."""


@dataclass(frozen=True, slots=True)
class Who:
    """How somebody shows up at the other end of a call: number and name as text, just as the network told them."""

    number: str = ""
    name: str = ""


PRIVATE = Who("", "Private")
"""How somebody outside shows up to those who may not see who it is."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """A line key: it carries one call at a time. A shared one is the same key on every handset that has its name.

    `number` is that of the mobile at a Bluetooth key: who calls it there takes no line of the office.
    """

    name: str
    kind: AppearanceKind = AppearanceKind.LINE
    number: str = ""


def line_keys(count: int) -> tuple[Appearance, ...]:
    """Return so many keys for the handset's own line, named 1, 2, 3 ..."""
    return tuple(Appearance(str(number)) for number in range(1, count + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Handset:
    """A device of a user. `id` is unique in the office; `appearances` are its keys, one for each call it can have.

    `capabilities` is what can be asked of it from afar; by hand it can do everything. `lines` are the outside lines
    that it has keys for, `codecs` those it can send its audio in, `model` is for people. `conference_size` is how many
    parties it can join, its user among them. Without `auto_hold` a call ends when another is dialled or answered. With
    `statistics` it tells after a call how its audio came.
    """

    id: str
    name: str = ""
    model: str = ""
    capabilities: frozenset[str] = ABILITIES
    appearances: tuple[Appearance, ...] = line_keys(4)
    lines: tuple[str, ...] = ()
    codecs: tuple[str, ...] = CODECS
    conference_size: int = 3
    auto_hold: bool = True
    statistics: bool = True


@dataclass(frozen=True, slots=True)
class Ring:
    """A step of a route: ring a user, a group or a shared appearance (by name) or one handset (by id), for seconds.

    What is `urgent` rings also where somebody does not want to be disturbed: a call that comes back.
    """

    target: str
    seconds: float = 20.0
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class ToVoicemail:
    """A step of a route: the voicemail of a user takes the call."""

    user: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A step of a route: the caller is turned away."""

    cause: Cause = Cause.REJECTED


@dataclass(frozen=True, slots=True)
class ToQueue:
    """A step of a route: the caller waits in a queue for so many seconds (0: as long as it takes).

    Of those who wait for the same agents the highest `priority` comes first, then who has waited longest.
    """

    queue: str
    seconds: float = 0.0
    priority: int = 0


Step = Ring | ToVoicemail | Reject | ToQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with an extension. `steps` is what happens to calls for the extension; none: it rings for 20 s.

    `system_calls` is what the user may see of other people's calls, `permissions` which of `PERMISSIONS` they have. A
    `restricted` user reaches numbers outside with the office's access code and the `pin` alone, but for emergency. Who
    `must_change` can do nothing else before. `presence` is where the user is when the office opens. Who
    `sees_colleagues` sees what others are doing, but for those who are `unlisted`. `numbers` are further ones, as
    colleagues have them among their contacts.
    """

    name: str
    extension: str
    password: str = field(repr=False)
    pin: str = field(default="", repr=False)
    full_name: str = ""
    handsets: tuple[Handset, ...] = ()
    steps: tuple[Step, ...] = ()
    system_calls: Permission = Permission.NONE
    restricted: bool = False
    permissions: frozenset[str] = PERMISSIONS
    must_change: bool = False
    presence: Presence = Presence.IN_OFFICE
    sees_colleagues: bool = True
    unlisted: bool = False
    numbers: tuple[ContactNumber, ...] = ()

    @property
    def who(self) -> Who:
        """How the user shows up at the other end."""
        return Who(self.extension, self.full_name or self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A ring group: all handsets of all members ring together. `steps` as in `User`."""

    name: str
    extension: str
    members: tuple[str, ...]
    title: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def who(self) -> Who:
        """How the group shows up at the other end."""
        return Who(self.extension, self.title or self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Callers wait here for one of its `agents`, users in their order; at most `capacity` of them.

    An agent is rung for `ring` seconds before the next one is, and has `wrap_up` seconds after each call. `signed_in`
    are the agents who are so from the start. `steps` as in `User`; without any, callers wait as long as it takes.
    """

    name: str
    extension: str
    agents: tuple[str, ...]
    distribution: Distribution = Distribution.LONGEST_IDLE
    description: str = ""
    supervisors: tuple[str, ...] = ()
    signed_in: tuple[str, ...] = ()
    ring: float = 15.0
    wrap_up: float = 0.0
    capacity: int = 100
    steps: tuple[Step, ...] = ()

    @property
    def who(self) -> Who:
        """How the queue shows up at the other end."""
        return Who(self.extension, self.description or self.name)


@dataclass(frozen=True, slots=True)
class Line:
    """An outside line: it carries one call at a time."""

    name: str


@dataclass(frozen=True, slots=True)
class Route:
    """What happens to calls from outside to a number; `who` is that number and what it is called (DNIS)."""

    who: Who
    steps: tuple[Step, ...]


class FarEndDoes(StrEnum):
    """What somebody outside does when called."""

    ANSWERS = "answers"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEnd:
    """Somebody outside and what happens when the office calls: does it `after` seconds, hangs up after `talks` seconds.

    `talks` of 0 means that the far end never hangs up by itself.
    """

    who: Who
    does: FarEndDoes = FarEndDoes.ANSWERS
    after: float = 3.0
    talks: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownContact:
    """A contact that everybody in the office has; one with a `speed_dial` is public: that reaches its first number."""

    id: str
    name: str
    numbers: tuple[ContactNumber, ...]
    speed_dial: str = ""
    first: str = ""
    last: str = ""
    company: str = ""
    email: str = ""
    source: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A whole office. `users`, `groups`, `queues` are by name; `stranger` answers at numbers not in `far_ends`.

    Times are in seconds: `greeting` is how long a voicemail box listens, `tone` how long a failed call sounds busy,
    `patience` how long the network lets an outside number ring, `announcement` how long it takes to say that a call
    is recorded, `digit_time` how long a seized line waits for another digit, `park` how long a call is parked before it
    rings back, `recall` how long whatever comes back rings, `intercom_tone` how long a called handset sounds before it
    answers by itself. `orbits` are where calls can be parked. `access_code` with a user's PIN stands for the outside
    prefix, `voicemail` is the number of everybody's box. The audio of `audio_channels` legs can be had at a time, as
    `network` lets it through; `voices` are what people say (others have a tone of their own).
    `passwords` and `pins` are the rules for new ones.
    """

    users: Mapping[str, User]
    groups: Mapping[str, Group] = field(default_factory=dict)
    queues: Mapping[str, Queue] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    routes: tuple[Route, ...] = ()
    far_ends: tuple[FarEnd, ...] = ()
    contacts: tuple[KnownContact, ...] = ()
    name: str = "Office"
    outside_prefix: str = "9"
    emergency: tuple[str, ...] = ("911", "112")
    stranger: FarEnd = FarEnd(who=Who())
    greeting: float = 30.0
    tone: float = 4.0
    patience: float = 60.0
    announcement: float = 3.0
    orbits: tuple[str, ...] = ()
    park: float = 60.0
    recall: float = 20.0
    intercom_tone: float = 1.0
    audio_channels: int = 100
    network: Impairments = UNIMPAIRED
    voices: Mapping[Who, Voice] = field(default_factory=dict)
    digit_time: float = 4.0
    access_code: str = ""
    voicemail: str = ""
    passwords: PasswordPolicy = field(default=PasswordPolicy())
    pins: PinPolicy = field(default=PinPolicy())

    def handset(self, device: str) -> tuple[User, Handset] | None:
        """Return the handset of this id, and whose it is."""
        for user in self.users.values():
            for handset in user.handsets:
                if handset.id == device:
                    return user, handset
        return None

    def mobiles(self) -> Iterator[tuple[User, Handset, Appearance]]:
        """Yield the Bluetooth keys that can be called, whose they are and where."""
        for user in self.users.values():
            for handset in user.handsets:
                yield from ((user, handset, key) for key in handset.appearances if key.number)

    def user_called(self, name: str) -> User | None:
        """Return the user of this name or extension."""
        named = (user for user in self.users.values() if name and name in {user.name, user.extension})
        return next(named, None)

    def ringers(self, target: str) -> tuple[tuple[User, Handset], ...]:
        """Return the handsets that ring for a user, a group, a handset or a shared appearance."""
        if target in self.groups:
            members = (self.users[name] for name in self.groups[target].members)
            return tuple((user, handset) for user in members for handset in user.handsets)
        if target in self.users:
            user = self.users[target]
            return tuple((user, handset) for handset in user.handsets)
        if found := self.handset(target):
            return (found,)
        shared = Appearance(target, AppearanceKind.SHARED)
        return tuple(
            (user, handset)
            for user in self.users.values()
            for handset in user.handsets
            if shared in handset.appearances
        )
