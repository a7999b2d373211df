"""The simulated phone system without its server: what can be asked of it.

Pure: time comes in with each call, and `next_due` tells when to come again. Conversations are sets of legs
(`hub.sim.exchange.switch`); where a call goes next is in `hub.sim.exchange.hunt`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.core.call import Direction
from hub.core.signals import Kind
from hub.phone import commands
from hub.sim.exchange.accounts import Accounts
from hub.sim.exchange.agents import Agents
from hub.sim.exchange.appearances import Appearances
from hub.sim.exchange.audio import Audio
from hub.sim.exchange.colleagues import Colleagues
from hub.sim.exchange.conferencing import Conferencing
from hub.sim.exchange.dialling import Dialling
from hub.sim.exchange.digits import route_for, same
from hub.sim.exchange.handling import Handling
from hub.sim.exchange.hunt import Hunt
from hub.sim.exchange.journal import WipeTold
from hub.sim.exchange.lines import Lines
from hub.sim.exchange.mobiles import Mobiles
from hub.sim.exchange.parking import Parking
from hub.sim.exchange.phone_book import PhoneBook
from hub.sim.exchange.picking_up import PickingUp
from hub.sim.exchange.queues import Queues
from hub.sim.exchange.reach import Accepted, Asking, Reach
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.exchange.reporter import view
from hub.sim.exchange.switch import Switch
from hub.sim.exchange.system_calls import SystemCalls
from hub.sim.exchange.transferring import Transferring
from hub.sim.exchange.voicemail import Voicemail

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hub.core.presence import Presence
    from hub.sim.exchange.journal import ColleaguesTold, EndedView, LegView, Told
    from hub.sim.exchange.office import KnownContact, Office, Who
    from hub.sim.exchange.reach import Deeds
    from hub.sim.exchange.timers import Timer
    from hub.sim.wire_boards import WireBoard
    from hub.sim.wire_colleagues import WireColleague, WireContact


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSnapshot:
    """All that is true for a user: legs that live, those `ended` since the mark, what the phone shows, who is known."""

    at: datetime
    live: tuple[LegView, ...]
    ended: tuple[EndedView, ...]
    dnd: bool
    presence: Presence
    boards: tuple[WireBoard, ...]
    colleagues: tuple[WireColleague, ...] | None
    contacts: tuple[WireContact, ...]
    mark: str


class Exchange:
    """The calls of an office.

    `epoch` is different for each start, so that conversations are never named alike. `tell` gets what users are told,
    in order, and must not call back, `tell_all` what is told to all whom it concerns; `wake` is called when something
    new is due. Durations of the office are divided by `pace`. `memory` is how many ended legs are remembered for each
    user. Every method that takes `now` first lets happen what is due by then; a time before the last one counts as
    that.
    """

    def __init__(
        self,
        office: Office,
        *,
        epoch: str,
        tell: Callable[[Told], None],
        tell_all: Callable[[ColleaguesTold], None] = lambda _told: None,
        wake: Callable[[], None] = lambda: None,
        pace: float = 1.0,
        memory: int = 200,
    ) -> None:
        self.office = office
        self.pace = pace
        self._switch = Switch(office, epoch=epoch, tell=tell, wake=wake, pace=pace, memory=memory)
        self._reach = Reach(self._switch)
        self.accounts = Accounts(office, pace=pace)
        agents = Agents(self._switch, self._reach, self.accounts.has_pin)
        queues = Queues(self._switch, agents)
        self._switch.watchers.insert(0, queues)
        self._hunt = Hunt(self._switch, queues)
        parts = (self._switch, self._hunt, self._reach)
        self._mobiles = Mobiles(self._switch, self._hunt)
        self._handling = Handling(*parts)
        self.audio = Audio(self._switch, self._reach)
        SystemCalls(self._switch)
        self.colleagues = Colleagues(self._switch, tell_all)
        self._phone_book = PhoneBook(office, tell)
        dialling = Dialling(*parts, Voicemail(self._switch), self._handling.end, self.accounts.has_pin)
        self._tell = tell
        self._deeds: Deeds = {
            **self.accounts.deeds,
            **self._phone_book.deeds,
            commands.SetDnd: self._set_dnd,
            commands.SetPresence: self._set_presence,
            commands.ClearCalls: self._clear_calls,
            **self._handling.deeds,
            **Appearances(self._switch, self._reach).deeds,
            **self.audio.deeds,
            **agents.deeds,
            **Lines(self._switch, self._reach).deeds,
            **dialling.deeds,
            **Transferring(*parts, dialling).deeds,
            **Conferencing(*parts).deeds,
            **Parking(*parts).deeds,
            **PickingUp(*parts).deeds,
        }

    # --- time ---

    @property
    def next_due(self) -> datetime | None:
        """When `advance` must be called again, if nothing else is before."""
        return self._switch.next_due

    def advance(self, now: datetime) -> datetime:
        """Let happen what is due, each thing at its own time; return what time it is."""
        return self._switch.advance(now)

    def schedule(self, due: datetime, run: Callable[[datetime], None]) -> Timer:
        """Have `run(at)` called when it is due; it may use the exchange."""
        return self._switch.schedule(due, run)

    def after(self, at: datetime, seconds: float, run: Callable[[datetime], None]) -> Timer:
        """Have `run(at)` called after so many seconds of the office; it may use the exchange."""
        return self._switch.after(at, seconds, run)

    # --- what users do ---

    def command(
        self,
        now: datetime,
        user: str,
        command: commands.Command,
        *,
        handsets: frozenset[str] | None = None,
        by_hand: bool = False,
        session: object = None,
    ) -> Accepted:
        """Do what a user asks. Raises `Refused`, with nothing done.

        Only legs and devices among `handsets` can be named (None: all of the user's). What is done `by_hand` at the
        handset needs no capability of it. `session` is anything that tells one client from the others.
        """
        at = self.advance(now)
        deed = self._deeds.get(type(command))
        if deed is None:
            raise Refused(Code.BAD_REQUEST, f"this phone system knows no {command.name}")
        accepted = deed(at, Asking(self.accounts.user(user), handsets, by_hand, session), command)
        self._switch.settle(at)
        return accepted

    def dnd(self, user: str) -> bool:
        """Whether a user's handsets do not ring."""
        return user in self._switch.dnd

    def call_list(self, device: str) -> tuple[LegView, ...]:
        """Return the past calls that a handset shows, the newest first."""
        return self._switch.reporter.lists.at(device)

    def presence(self, user: str) -> Presence:
        """Where colleagues are told that a user is."""
        return self._switch.presences[user]

    # --- what the world outside does ---

    def call_in(self, now: datetime, who: Who, number: str) -> str:
        """Let somebody outside call a number of the office; return their leg. Raises `Refused`."""
        at = self.advance(now)
        route = route_for(self.office, number)
        if route is None:
            mobiles = (mobile for mobile in self.office.mobiles() if same(mobile[2].number, number))
            if mobile := next(mobiles, None):
                return self._mobiles.call(at, who, *mobile).id
            raise Refused(Code.UNREACHABLE, f"{number} is not a number of {self.office.name}")
        line = next(self._switch.free_lines(), None)
        if line is None:
            raise Refused(Code.BUSY, "all outside lines are in use")
        talk = self._switch.new_talk(route.who)
        talk.line = line
        caller = self._switch.join(talk, Direction.OUTBOUND, at, who=who, shown=route.who)
        caller.line = line
        self._switch.move(caller, Kind.ORIGINATED, at)
        self._hunt.begin(talk, route.steps, at)
        self._switch.settle(at)
        return caller.id

    def hang_up(self, now: datetime, leg: str) -> None:
        """Let the party of a leg hang up, whoever it is; nothing happens if it is gone."""
        at = self.advance(now)
        branch = self._switch.branches.get(leg)
        if branch is not None:
            self._handling.end(branch, at)
            self._switch.settle(at)

    # --- what the administrator does ---

    def wipe(self, now: datetime, user: str, device: str, password: str) -> None:
        """Wipe a device of a user, who has this password from now on; calls at that device end. Raises `Refused`.

        Who watches it is told to forget the user.
        """
        at = self.advance(now)
        if user not in self.office.users:
            raise Refused(Code.UNKNOWN_USER, f"there is no user {user[:80]!r}")
        if device not in {handset.id for handset in self.office.users[user].handsets}:
            raise Refused(Code.UNKNOWN_HANDSET, f"{user} has no handset {device[:80]!r}")
        self.accounts.wipe(user, device, password)
        for branch in self._switch.at_device(device):
            self.hang_up(at, branch.id)
        self._tell(WipeTold(user=user, at=at, handset=device))

    def require_change(self, user: str) -> None:
        """Let a user sign in only with a new password, the next time. Raises `Refused`."""
        if user not in self.office.users:
            raise Refused(Code.UNKNOWN_USER, f"there is no user {user[:80]!r}")
        self.accounts.require_change(user)

    def change_presence(self, now: datetime, user: str, presence: Presence) -> None:
        """Say for a user where that user is. Raises `Refused`."""
        at = self.advance(now)
        if user not in self.office.users:
            raise Refused(Code.UNKNOWN_USER, f"there is no user {user[:80]!r}")
        self._be(user, presence, at)
        self._switch.settle(at)

    def put_contact(self, now: datetime, contact: KnownContact) -> None:
        """Add a contact for everybody, or put it in the place of the one of its id. Raises `Refused`."""
        self._phone_book.put(self.advance(now), contact, self.office)

    def remove_contact(self, now: datetime, contact: str) -> None:
        """Remove a contact that the administrator keeps. Raises `Refused`."""
        self._phone_book.remove(self.advance(now), contact)

    # --- questions ---

    def snapshot(
        self, now: datetime, user: str, since: str = "", handsets: frozenset[str] | None = None
    ) -> UserSnapshot:
        """Say all that is true for a user at these handsets (None: all), and what ended since a mark."""
        at = self.advance(now)
        journal = self._switch.reporter.journal(user)
        return UserSnapshot(
            at=at,
            live=tuple(leg for leg in self.legs(user) if handsets is None or leg.device in handsets),
            ended=tuple(
                ended for ended in journal.ended_since(since) if handsets is None or ended.leg.device in {"", *handsets}
            ),
            dnd=self.dnd(user),
            presence=self.presence(user),
            boards=self._switch.reporter.boards(user),
            colleagues=self.colleagues.seen_by(user),
            contacts=self._phone_book.seen_by(user),
            mark=journal.mark,
        )

    def legs(self, user: str = "", conversation: str = "") -> tuple[LegView, ...]:
        """Return the legs that live, oldest first: a user's, a conversation's, or all."""
        return tuple(
            view(branch)
            for branch in self._switch.branches.values()
            if user in {"", branch.user} and conversation in {"", branch.talk.id}
        )

    def conversation_of(self, leg: str) -> str:
        """Return the conversation that a leg is in, empty if the leg is gone."""
        branch = self._switch.branches.get(leg)
        return branch.talk.id if branch else ""

    def digits(self, conversation: str) -> str:
        """Return the digits that were sent in a conversation so far, empty if it is over."""
        talks = (branch.talk for branch in self._switch.branches.values() if branch.talk.id == conversation)
        return next((talk.digits for talk in talks), "")

    def when_over(self, conversation: str, run: Callable[[datetime], None]) -> None:
        """Have `run(at)` called once the conversation is over."""
        self._switch.when_over(conversation, run)

    def _set_dnd(self, at: datetime, asking: Asking, command: commands.SetDnd) -> Accepted:
        user = asking.user.name
        self._reach.any_handset(asking, command.name)
        if command.on is not self.dnd(user):
            (self._switch.dnd.add if command.on else self._switch.dnd.remove)(user)
            self._switch.reporter.dnd(user, at, on=command.on)
            self.colleagues.changed(user)
        return Accepted()

    def _set_presence(self, at: datetime, asking: Asking, command: commands.SetPresence) -> Accepted:
        self._reach.any_handset(asking, command.name)
        self._be(asking.user.name, command.presence, at)
        return Accepted()

    def _clear_calls(self, _at: datetime, asking: Asking, command: commands.ClearCalls) -> Accepted:
        able = self._reach.able(asking, command.device, command.name)
        self._switch.reporter.lists.clear(handset.id for handset in able)
        return Accepted()

    def _be(self, user: str, presence: Presence, at: datetime) -> None:
        if presence is not self.presence(user):
            self._switch.presences[user] = presence
            self._switch.reporter.presence(user, at, presence)
            self.colleagues.changed(user)
