"""The simulated phone system without its server: what can be asked of it.

Pure: time comes in with each call, and `next_due` tells when to come again. Conversations are sets of legs
(`hub.sim.exchange.switch`); where a call goes next is in `hub.sim.exchange.hunt`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.core.call import CallState, Cause, Direction
from hub.core.signals import Kind
from hub.phone import commands
from hub.sim.exchange.digits import destination, route_for
from hub.sim.exchange.hunt import Hunt
from hub.sim.exchange.permitted import permitted
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.exchange.reporter import view
from hub.sim.exchange.switch import Switch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.journal import EndedView, LegView, Told
    from hub.sim.exchange.office import Handset, Office, User, Who
    from hub.sim.exchange.timers import Timer


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSnapshot:
    """All that is true for a user: legs that live, legs that `ended` since the mark asked for, do-not-disturb."""

    at: datetime
    live: tuple[LegView, ...]
    ended: tuple[EndedView, ...]
    dnd: bool
    mark: str


class Exchange:
    """The calls of an office.

    `epoch` is different for each start, so that conversations are never named alike. `tell` gets what users are told,
    in order, and must not call back; `wake` is called when something new is due. Durations of the office are divided
    by `pace`. `memory` is how many ended legs are remembered for each user. Every method that takes `now` first lets
    happen what is due by then; a time before the last one counts as that.
    """

    def __init__(
        self,
        office: Office,
        *,
        epoch: str,
        tell: Callable[[Told], None],
        wake: Callable[[], None] = lambda: None,
        pace: float = 1.0,
        memory: int = 200,
    ) -> None:
        self.office = office
        self.pace = pace
        self._switch = Switch(office, epoch=epoch, tell=tell, wake=wake, pace=pace, memory=memory)
        self._hunt = Hunt(self._switch)

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
    ) -> str:
        """Do what a user asks; return the leg that it is about. Raises `Refused`, with nothing done.

        Only legs and devices among `handsets` can be named (None: all of the user's). What is done `by_hand` at the
        handset needs no capability of it.
        """
        at = self.advance(now)
        if isinstance(command, commands.DialNumber):
            return self._dial(at, self.office.users[user], command, handsets, by_hand=by_hand)
        if isinstance(command, commands.SetDnd):
            self._set_dnd(at, self.office.users[user], on=command.on, by_hand=by_hand)
            return ""
        if not isinstance(command, commands.LegCommand):
            raise Refused(Code.BAD_REQUEST, f"this phone system knows no {command.name}")
        branch = self._switch.branches.get(command.leg)
        if branch is None or branch.user != user or (handsets is not None and branch.device not in handsets):
            raise Refused(Code.UNKNOWN_CALL, f"there is no call leg {command.leg[:80]!r}")
        self._require(branch.device, command.name, by_hand=by_hand)
        match permitted(branch.direction, branch.state, command.name):
            case Kind.ESTABLISHED:
                self._free_to_talk(branch.device)
                self._switch.connect(branch, at)
            case Kind.HELD:
                self._switch.move(branch, Kind.HELD, at)
            case Kind.RETRIEVED:
                self._free_to_talk(branch.device)
                self._switch.make_room(branch.device, at)
                self._switch.move(branch, Kind.RETRIEVED, at)
            case Kind.UPDATED:
                branch.silenced = True
                self._switch.move(branch, Kind.UPDATED, at)
            case _:
                self._end(branch, at)
        return branch.id

    def dnd(self, user: str) -> bool:
        """Whether a user's handsets do not ring."""
        return user in self._switch.dnd

    # --- what the world outside does ---

    def call_in(self, now: datetime, who: Who, number: str) -> str:
        """Let somebody outside call a number of the office; return their leg. Raises `Refused`."""
        at = self.advance(now)
        route = route_for(self.office, number)
        if route is None:
            raise Refused(Code.UNREACHABLE, f"{number} is not a number of {self.office.name}")
        line = next(self._switch.free_lines(), None)
        if line is None:
            raise Refused(Code.BUSY, "all outside lines are in use")
        talk = self._switch.new_talk(route.who)
        talk.line = line
        caller = self._switch.join(talk, Direction.OUTBOUND, at, who=who, shown=route.who, line=line)
        self._switch.move(caller, Kind.ORIGINATED, at)
        self._hunt.begin(talk, route.steps, at)
        return caller.id

    def hang_up(self, now: datetime, leg: str) -> None:
        """Let the party of a leg hang up, whoever it is; nothing happens if it is gone."""
        at = self.advance(now)
        branch = self._switch.branches.get(leg)
        if branch is not None:
            self._end(branch, at)

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
                ended for ended in journal.ended_since(since) if handsets is None or ended.leg.device in handsets
            ),
            dnd=self.dnd(user),
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

    def when_over(self, conversation: str, run: Callable[[datetime], None]) -> None:
        """Have `run(at)` called once the conversation is over."""
        self._switch.when_over(conversation, run)

    def _end(self, branch: Branch, at: datetime) -> None:
        talk = branch.talk
        if branch.ringing:
            talk.declined.add(branch.device)
            self._switch.clear(branch, at, Cause.REJECTED)
            if talk.waiting and not talk.ringing:
                self._hunt.on(talk, at, Cause.REJECTED)
        elif branch.dialling:
            self._switch.clear(branch, at, Cause.CANCELLED)
            for called in talk.ringing:
                self._switch.clear(called, at, Cause.CANCELLED)
        else:
            self._switch.leave(branch, at)

    def _dial(
        self,
        at: datetime,
        user: User,
        command: commands.DialNumber,
        handsets: frozenset[str] | None,
        *,
        by_hand: bool,
    ) -> str:
        to = destination(self.office, command.number)
        device = self._device(user, command.device, handsets)
        self._require(device.id, command.name, by_hand=by_hand)
        self._free_to_talk(device.id)
        in_use = [leg for leg in self._switch.at_device(device.id) if leg.state is not CallState.FAILED]
        if len(in_use) >= device.appearances:
            raise Refused(Code.WRONG_STATE, f"all {device.appearances} appearances of {device.id} are in use")
        self._switch.make_room(device.id, at)
        talk = self._switch.new_talk(to.who)
        caller = self._switch.join(
            talk, Direction.OUTBOUND, at, who=user.who, shown=to.who, user=user.name, device=device.id
        )
        self._hunt.dial(caller, to, at)
        return caller.id

    def _device(self, user: User, wanted: str, handsets: frozenset[str] | None) -> Handset:
        own = [handset for handset in user.handsets if handsets is None or handset.id in handsets]
        if wanted:
            own = [handset for handset in own if handset.id == wanted]
        else:
            own.sort(key=lambda handset: "dial" not in handset.capabilities)
        if not own:
            raise Refused(Code.UNKNOWN_HANDSET, f"{user.name} has no handset {wanted[:80]!r} here")
        return own[0]

    def _set_dnd(self, at: datetime, user: User, *, on: bool, by_hand: bool) -> None:
        if not by_hand and not any("dnd" in handset.capabilities for handset in user.handsets):
            raise Refused(Code.MISSING_CAPABILITY, f"no handset of {user.name} has the capability dnd")
        if on is self.dnd(user.name):
            return
        (self._switch.dnd.add if on else self._switch.dnd.remove)(user.name)
        self._switch.reporter.dnd(user.name, at, on=on)

    def _require(self, device: str, capability: str, *, by_hand: bool) -> None:
        found = self.office.handset(device)
        if not by_hand and (found is None or capability not in found[1].capabilities):
            raise Refused(Code.MISSING_CAPABILITY, f"{device} lacks the capability {capability}")

    def _free_to_talk(self, device: str) -> None:
        if any(branch.dialling for branch in self._switch.at_device(device)):
            raise Refused(Code.WRONG_STATE, f"{device} is dialling: end that call first")
