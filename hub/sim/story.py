"""One call of a scenario's day, from dialling to the end, with the calls that are made for its sake. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hub.phone import commands
from hub.phone.transfer_commands import ConsultLeg
from hub.sim.deeds import Scene
from hub.sim.exchange.refusal import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from hub.sim.deeds import Act
    from hub.sim.exchange.exchange import Exchange
    from hub.sim.exchange.journal import LegView
    from hub.sim.exchange.timers import Timer
    from hub.sim.scenario import CallEntry

_LONGEST = 600.0
"""So many seconds after its last act a call that still goes on is hung up."""


class Teller(Protocol):
    """Hears how stories go, and that they are over."""

    def told(self, at: datetime, sentence: str) -> None:
        """Tell what happened."""
        ...

    def skipped(self, at: datetime, sentence: str) -> None:
        """Note what could not be done."""
        ...

    def story_over(self, story: Story, at: datetime) -> None:
        """Take note that a call is over."""
        ...


class Story:
    """A call and its acts. It is over when nobody is left in the call nor in those that were made for its sake."""

    def __init__(self, teller: Teller, exchange: Exchange, entry: CallEntry) -> None:
        self._teller = teller
        self._exchange = exchange
        self._entry = entry
        self._left = list(entry.acts)
        self._caller = ""
        self._conversations: set[str] = set()
        self._timer: Timer | None = None
        self._owners = {handset.id: user.name for user in exchange.office.users.values() for handset in user.handsets}

    @property
    def _name(self) -> str:
        person = self._entry.person
        return self._entry.user if person is None else person.name or person.number or "somebody unknown"

    def begin(self, at: datetime) -> None:
        """Dial."""
        entry = self._entry
        self._teller.told(at, f"{self._name} calls {entry.to}")
        try:
            if entry.person is not None:
                self._caller = self._exchange.call_in(at, entry.person, entry.to)
            else:
                dial = commands.DialNumber(entry.to, entry.handset)
                self._caller = self._exchange.command(at, entry.user, dial, by_hand=True).leg
        except Refused as refused:
            self._teller.skipped(at, f"{self._name} gets nowhere: {refused}")
        if self._follow(self._caller):
            self._plan(at)
        else:
            self._exchange.schedule(at, self._end)

    def stop(self) -> None:
        """Do nothing more."""
        self._left.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _follow(self, leg: str) -> str:
        """Follow the conversation that a leg is in, to its end; return it, empty if the leg is gone already."""
        conversation = self._exchange.conversation_of(leg)
        if conversation:
            self._conversations.add(conversation)

            def over(at: datetime) -> None:
                self._conversations.discard(conversation)
                self._plan_the_end(at)

            self._exchange.when_over(conversation, over)
        return conversation

    def _legs(self) -> tuple[LegView, ...]:
        return tuple(leg for leg in self._exchange.legs() if leg.conversation in self._conversations)

    def _plan(self, at: datetime) -> None:
        if self._left:
            self._timer = self._exchange.after(at, self._left[0].after, self._act)
        else:
            self._timer = self._exchange.after(at, _LONGEST, self._hang_up)

    def _plan_the_end(self, at: datetime) -> None:
        """End with the last call, or when nobody does anything in those that are left."""
        if not self._conversations:
            self._end(at)
        elif not self._left:
            self._hang_up(at)

    def _hang_up(self, at: datetime) -> None:
        for leg in self._legs():
            self._exchange.hang_up(at, leg.id)

    def _act(self, at: datetime) -> None:
        act = self._left.pop(0)
        self._do(act, at)
        self._plan(at)

    def _do(self, act: Act, at: datetime) -> None:
        asked = Scene(self._legs(), self._caller, self._name, self._owners).asked(act)
        if asked is None:
            self._teller.skipped(at, f"{act.who} cannot {act.words}: the call has gone another way")
            return
        self._teller.told(at, asked.sentence)
        if not asked.user:
            self._exchange.hang_up(at, asked.leg)
            return
        try:
            for command in asked.asks:
                leg = self._exchange.command(at, asked.user, command, by_hand=True).leg
                if isinstance(command, ConsultLeg):
                    self._follow(leg)
        except Refused as refused:
            self._teller.skipped(at, f"{asked.user} cannot {act.words}: {refused}")

    def _end(self, at: datetime) -> None:
        for act in self._left:
            self._teller.skipped(at, f"{act.who} cannot {act.words}: the call is over")
        self.stop()
        self._teller.story_over(self, at)
