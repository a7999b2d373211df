"""Reads scenario files: an office and what happens there on a day. Mistakes are told all at once, file:line:column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from hub.checking import problems, shown
from hub.core.phone_contacts import ContactNumber
from hub.errors import Problem, UserError
from hub.rules import yaml_source
from hub.sim.audio.impairments import Impairments
from hub.sim.audio.wav import recorded
from hub.sim.deeds import Act, Deed
from hub.sim.exchange.office import (
    ABILITIES,
    FEATURES,
    Appearance,
    FarEnd,
    Group,
    Handset,
    KnownContact,
    Line,
    Office,
    Queue,
    Reject,
    Ring,
    Route,
    Step,
    ToQueue,
    ToVoicemail,
    User,
    Who,
)
from hub.sim.exchange.password_policy import PasswordPolicy, PinPolicy
from hub.sim.scenario_check import mistakes
from hub.sim.scenario_model import WrittenScenario
from hub.sim.wire_types import LONGEST_NAME, LONGEST_NUMBER, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hub.core.presence import Presence
    from hub.sim.audio.voices import Voice
    from hub.sim.scenario_model import (
        WrittenContact,
        WrittenDeed,
        WrittenEntry,
        WrittenPerson,
        WrittenQueue,
        WrittenStep,
        WrittenUser,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """A call begins `at` so many seconds after midnight: by `person` from outside, or by `user` from a handset."""

    at: int
    to: str
    person: Who | None = None
    user: str = ""
    handset: str = ""
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DndEntry:
    """A user switches do-not-disturb."""

    at: int
    user: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceEntry:
    """A user says at the handset where they are."""

    at: int
    user: str
    presence: Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminEntry:
    """The administrator wipes a handset of a user, who has that password then; without one, requires a new password."""

    at: int
    user: str
    wipes: str = ""
    password: str = field(default="", repr=False)


Entry = CallEntry | DndEntry | PresenceEntry | AdminEntry


@dataclass(frozen=True, slots=True)
class Scenario:
    """An office and its day, in the order of time."""

    office: Office
    day: tuple[Entry, ...]

    @property
    def calls(self) -> int:
        """How many calls the day has."""
        return sum(isinstance(entry, CallEntry) for entry in self.day)


def load(path: Path) -> Scenario:
    """Read a scenario file; raises `UserError` with everything that is wrong with it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError.of(f"cannot be read: {error.strerror}", "name a scenario file", str(path)) from None
    return read(data, str(path))


def read(data: bytes, name: str) -> Scenario:
    """Read what stands in a scenario file; `name` is what errors call it."""
    documents = yaml_source.read(data, name)
    if len(documents) != 1:
        raise UserError(Problem(name, f"one document is expected, {len(documents)} found"))
    document = documents[0]
    try:
        written = WrittenScenario.model_validate(document.tree)
    except ValidationError as error:
        found = problems(error, WrittenScenario, document.place, at_key=document.at_key)
        raise UserError(*found) from None
    found = [Problem(document.place(path), cause, remedy) for path, cause, remedy in mistakes(written)]
    if found:
        raise UserError(*found)
    voices, found = _voices(written, Path(name).parent, document)
    if found:
        raise UserError(*found)
    day = (_entry(written, entry) for entry in written.day)
    return Scenario(replace(_office(written), voices=voices), tuple(sorted(day, key=lambda entry: entry.at)))


def _voices(
    written: WrittenScenario, folder: Path, document: yaml_source.Document
) -> tuple[dict[Who, Voice], list[Problem]]:
    """Return what people say, by how they show up, and which files cannot be had."""
    speakers = [(("users", name), user.voice, _user(name, user).who) for name, user in written.users.items()]
    speakers += [(("people", name), person.voice, _who(person)) for name, person in written.people.items()]
    voices: dict[Who, Voice] = {}
    found = []
    for path, file, who in speakers:
        if file:
            try:
                voices[who] = recorded(folder / file)
            except ValueError as error:
                place = document.place((*path, "voice"))
                found.append(Problem(place, f"the voice {shown(file)}: {error}", "name a WAV file beside the scenario"))
    return voices, found


def _entry(written: WrittenScenario, entry: WrittenEntry) -> Entry:
    if not entry.from_:
        if entry.wipe or entry.require_change:
            owners = (name for name, user in written.users.items() if entry.wipe in user.handsets)
            return AdminEntry(
                at=entry.at,
                user=entry.require_change or next(owners),
                wipes=entry.wipe,
                password=entry.password.get_secret_value(),
            )
        if entry.becomes is not None:
            return PresenceEntry(at=entry.at, user=entry.presence, presence=entry.becomes)
        return DndEntry(at=entry.at, user=entry.dnd_on or entry.dnd_off, on=bool(entry.dnd_on))
    acts = tuple(_act(deed) for deed in entry.then)
    if entry.from_ in written.users:
        return CallEntry(at=entry.at, to=entry.to, user=entry.from_, handset=entry.handset, acts=acts)
    return CallEntry(at=entry.at, to=entry.to, person=_who(written.people[entry.from_]), acts=acts)


def _act(written: WrittenDeed) -> Act:
    deed, who = next((deed, getattr(written, deed)) for deed in Deed if getattr(written, deed))
    return Act(written.after, deed, who, written.to)


def _office(written: WrittenScenario) -> Office:
    office = written.office
    return Office(
        name=office.name,
        outside_prefix=office.outside_prefix,
        greeting=office.greeting,
        tone=office.tone,
        patience=office.patience,
        announcement=office.announcement,
        orbits=office.orbits,
        park=office.park,
        recall=office.recall,
        intercom_tone=office.intercom_tone,
        audio_channels=office.audio_channels,
        network=Impairments(**office.network.model_dump()),
        digit_time=office.digit_time,
        access_code=office.access_code,
        voicemail=office.voicemail,
        passwords=PasswordPolicy(**office.passwords.model_dump()),
        pins=PinPolicy(**office.pins.model_dump()),
        lines=tuple(map(Line, office.lines)),
        users={name: _user(name, user) for name, user in written.users.items()},
        groups={
            name: Group(
                name=name,
                extension=group.extension,
                members=group.members,
                title=_text(group.name, LONGEST_NAME),
                steps=_steps(group.route),
            )
            for name, group in written.groups.items()
        },
        queues={name: _queue(name, queue) for name, queue in written.queues.items()},
        contacts=tuple(_contact(name, contact) for name, contact in written.contacts.items()),
        routes=tuple(
            Route(Who(number, _text(route.name, LONGEST_NAME)), _steps(route.route))
            for number, route in written.numbers.items()
        ),
        far_ends=tuple(
            FarEnd(
                who=_who(person),
                does=person.when_called.does,
                after=person.when_called.after,
                talks=person.when_called.talks,
            )
            for person in written.people.values()
        ),
    )


def _user(name: str, user: WrittenUser) -> User:
    return User(
        name=name,
        extension=user.extension,
        password=user.password.get_secret_value(),
        pin=user.pin.get_secret_value(),
        must_change=user.must_change,
        full_name=_text(user.name, LONGEST_NAME),
        handsets=tuple(
            Handset(
                id=key,
                name=_text(handset.name, LONGEST_NAME),
                capabilities=frozenset(handset.capabilities) & (ABILITIES | FEATURES),
                appearances=tuple(Appearance(key.name, key.kind, key.number) for key in handset.appearances),
                lines=handset.lines,
                conference_size=handset.conference_size,
                model=_text(handset.model, LONGEST_NAME),
                codecs=handset.codecs,
                auto_hold=handset.auto_hold,
                statistics=handset.statistics,
            )
            for key, handset in user.handsets.items()
        ),
        steps=_steps(user.route),
        system_calls=user.system_calls,
        presence=user.presence,
        sees_colleagues=user.sees_colleagues,
        unlisted=user.unlisted,
        numbers=_numbers(user.numbers),
        restricted=user.restricted,
        permissions=frozenset(user.permissions),
    )


def _contact(name: str, contact: WrittenContact) -> KnownContact:
    texts = ("name", "first", "last", "company", "email", "source")
    return KnownContact(
        id=name,
        numbers=_numbers(contact.numbers),
        speed_dial=contact.speed_dial,
        device=contact.device,
        **{field: _text(getattr(contact, field), LONGEST_NAME) for field in texts},
    )


def _numbers(written: Mapping[str, str]) -> tuple[ContactNumber, ...]:
    return tuple(
        ContactNumber(_text(text, LONGEST_NUMBER), _text(label, LONGEST_NAME)) for label, text in written.items()
    )


def _queue(name: str, queue: WrittenQueue) -> Queue:
    return Queue(
        name=name,
        extension=queue.extension,
        agents=queue.agents,
        distribution=queue.distribution,
        description=_text(queue.description, LONGEST_NAME),
        supervisors=queue.supervisors,
        signed_in=queue.signed_in,
        ring=queue.ring,
        wrap_up=queue.wrap_up,
        capacity=queue.capacity,
        steps=_steps(queue.route),
    )


def _steps(written: Iterable[WrittenStep]) -> tuple[Step, ...]:
    return tuple(_step(step) for step in written)


def _step(step: WrittenStep) -> Step:
    if step.ring:
        return Ring(step.ring) if step.for_ is None else Ring(step.ring, step.for_)
    if step.queue:
        return ToQueue(step.queue, step.for_ or 0.0, step.priority)
    if step.voicemail:
        return ToVoicemail(step.voicemail)
    return Reject(step.reject) if step.reject else Reject()


def _who(person: WrittenPerson) -> Who:
    return Who(_text(person.number, LONGEST_NUMBER), _text(person.name, LONGEST_NAME))


def _text(text: str, longest: int) -> str:
    return whole(text[:longest])
