"""The line keys of handsets: choosing one, taking over what a shared one holds, and what the keys show. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.boards import AppearanceKind, LineState
from hub.core.call import CallState, Cause, Direction, HoldKind
from hub.core.signals import Kind
from hub.phone import commands
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.wire_boards import WireAppearance, WireAppearances

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.office import Handset, User
    from hub.sim.exchange.reach import Asking, Deeds, Reach
    from hub.sim.exchange.switch import Switch


class Appearances:
    """Presses line keys, and tells users how theirs stand."""

    def __init__(self, switch: Switch, reach: Reach) -> None:
        self._switch = switch
        self._reach = reach
        self._dirty: set[str] = set()
        self._with: dict[str, set[str]] = {}
        for user in switch.office.users.values():
            for handset in user.handsets:
                for key in handset.appearances:
                    if key.kind is AppearanceKind.SHARED:
                        self._with.setdefault(key.name, set()).add(user.name)
            switch.reporter.set_board_up(user.name, self._board(user))
        switch.watchers.append(self)

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {commands.ChooseAppearance: self._choose, commands.ResumeShared: self._resume}

    def moved(self, branch: Branch, _kind: Kind, _at: datetime) -> None:
        """Note that a shared key may look different."""
        if self._switch.keys.is_a(branch, AppearanceKind.SHARED):
            self._dirty |= self._with[branch.appearance]

    def settle(self, at: datetime) -> None:
        """Tell everybody whose keys look different."""
        dirty, self._dirty = self._dirty, set()
        for user in sorted(dirty):
            self._switch.reporter.board(user, at, self._board(self._switch.office.users[user]))

    def _choose(self, _at: datetime, asking: Asking, command: commands.ChooseAppearance) -> Accepted:
        keys = self._switch.keys
        handset = self._reach.handset(asking, command.device, command.name)
        if command.appearance:
            keys.chosen[handset.id] = keys.known(handset, command.appearance).name
        else:
            keys.chosen.pop(handset.id, None)
        self._dirty.add(asking.user.name)
        return Accepted()

    def _resume(self, at: datetime, asking: Asking, command: commands.ResumeShared) -> Accepted:
        switch, name = self._switch, command.appearance
        handset = self._with_key(asking, command)
        held = next((leg for leg in switch.keys.on(name) if leg.state is CallState.HOLD), None)
        if held is None:
            raise Refused(Code.WRONG_STATE, f"nothing is on hold at {name}")
        if held.held is not HoldKind.SHARED and held.device != handset.id:
            raise Refused(Code.WRONG_STATE, f"{name} is on private hold: only {held.device} can resume it")
        if any(leg.user == asking.user.name for leg in held.talk.joined if not leg.is_same_party(held)):
            raise Refused(Code.WRONG_STATE, f"{asking.user.name} is the other side of the call at {name}")
        self._reach.free_to_talk(handset.id)
        switch.make_room(handset.id, at)
        if held.device == handset.id:
            held.held = None
            switch.move(held, Kind.RETRIEVED, at)
            return Accepted(held.id)
        return Accepted(self._take_over(held, asking.user, handset, at).id)

    def _with_key(self, asking: Asking, command: commands.ResumeShared) -> Handset:
        """Return the handset of that name, or the user's first that can and has the shared appearance."""
        able = [
            handset
            for handset in self._reach.able(asking, command.device, command.name)
            if self._switch.keys.is_shared(handset.id, command.appearance)
        ]
        if not able:
            where = command.device or f"no handset of {asking.user.name}"
            cause = f"{where} has {'no' if command.device else 'the'} shared appearance {command.appearance[:80]!r}"
            raise Refused(Code.BAD_REQUEST, cause)
        return able[0]

    def _take_over(self, held: Branch, user: User, handset: Handset, at: datetime) -> Branch:
        """Give what a handset holds to another: for a user who has both, it stays one call."""
        switch, talk = self._switch, held.talk
        leg = switch.join(
            talk,
            held.direction,
            at,
            who=user.who,
            shown=held.shown,
            user=user.name,
            device=handset.id,
            appearance=held.appearance,
        )
        held.leaving = True
        before = {branch.id: branch.shown for branch in talk.joined}
        switch.move(leg, Kind.DELIVERED if leg.direction is Direction.INBOUND else Kind.ORIGINATED, at)
        switch.move(leg, Kind.ESTABLISHED, at)
        for branch in talk.joined:
            if branch.shown != before.get(branch.id, branch.shown):
                switch.move(branch, Kind.UPDATED, at)
        switch.clear(held, at, Cause.ELSEWHERE)
        return leg

    # --- what the keys show ---

    def _board(self, user: User) -> WireAppearances:
        return WireAppearances(
            appearances=tuple(
                self._shown(handset, key.name, key.kind) for handset in user.handsets for key in handset.appearances
            )
        )

    def _shown(self, handset: Handset, name: str, kind: AppearanceKind) -> WireAppearance:
        keys = self._switch.keys
        shared = kind is AppearanceKind.SHARED
        legs = keys.on(name) if shared else []
        user = next((leg.user for leg in legs if not leg.ringing), "")
        return WireAppearance(
            device=handset.id,
            name=name,
            kind=kind,
            chosen=keys.chosen.get(handset.id) == name,
            state=_state(legs) if shared else None,
            by=self._switch.office.users[user].who.name if user else "",
        )


def _state(legs: list[Branch]) -> LineState:
    if not legs:
        return LineState.IDLE
    if all(leg.ringing for leg in legs):
        return LineState.RINGING
    return LineState.HELD if any(leg.held is HoldKind.SHARED for leg in legs) else LineState.IN_USE
