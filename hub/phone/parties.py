"""What can be asked of a phone about more than one party: transfer, conference, orbits, pick-up, handoff, intercom."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from hub.core.call import CallState, Direction
from hub.core.numbers import NumberKind
from hub.phone import commands
from hub.phone import transfer_commands as party_commands
from hub.phone.adapter import PhoneError
from hub.phone.effects import Consulted, Dialled
from hub.phone.second_call import check_second_call

if TYPE_CHECKING:
    from hub.core.call import Call
    from hub.core.dial_plan import DialPlan
    from hub.core.numbers import Number
    from hub.phone.about import PhoneInfo
    from hub.phone.commands import Command
    from hub.phone.connection import Connection
    from hub.phone.effects import Effects

    _Beginning = (
        commands.DialNumber
        | commands.SeizeLine
        | commands.AnswerLine
        | commands.ResumeShared
        | party_commands.IntercomNumber
        | party_commands.RetrieveCall
        | party_commands.PickUp
    )

_UP = (CallState.CONNECTED, CallState.HOLD)


class Parties(ABC):
    """A part of `hub.phone.phone.Phone`; its commands are as those."""

    connection: Connection
    effects: Effects
    plan: DialPlan

    @property
    @abstractmethod
    def about(self) -> PhoneInfo:
        """What the phone system and the handsets declare."""

    @property
    @abstractmethod
    def calls(self) -> tuple[Call, ...]:
        """The calls that live, oldest first."""

    def number_to_dial(self, text: str) -> Number:
        """Return a number as understood; raises `PhoneError` if it cannot be dialled."""
        try:
            return self.plan.to_dial(text)
        except ValueError as error:
            raise PhoneError(str(error), "invalid_number") from None

    async def redial(self, device: str = "", *, may_end: bool = False) -> Dialled:
        """Call the number that was dialled last, whichever device that was."""
        last = await self.last_dialled()
        if not last:
            raise PhoneError("nothing was dialled yet", "wrong_state")
        wanted = self.number_to_dial(last)
        return await self._dial(wanted, commands.DialNumber(self.plan.dialled(wanted), device), may_end=may_end)

    async def intercom(self, number: str, device: str = "", *, may_end: bool = False) -> Dialled:
        """Call a colleague so that their handset answers by itself; a number outside is called as by `dial`."""
        wanted = self.number_to_dial(number)
        asked = party_commands.IntercomNumber(self.plan.dialled(wanted), device)
        return await self._dial(wanted, asked, may_end=may_end)

    async def transfer(self, number: str, call: str = "") -> Call:
        """Send a call on to a number at once; a ringing one is deflected."""
        wanted = self.plan.dialled(self.number_to_dial(number))
        found = self._active(call, "transfer", CallState.ALERTING)
        return await self._send(found, party_commands.TransferLeg(_leg(found), wanted))

    async def to_voicemail(self, user: str = "", call: str = "") -> Call:
        """Send a call to the voicemail of a user (a name or an extension; empty: one's own)."""
        found = self._active(call, "send to voicemail", CallState.ALERTING)
        return await self._send(found, party_commands.VoicemailLeg(_leg(found), user))

    async def consult(self, number: str, call: str = "") -> Consulted:
        """Hold a call and call a number for its sake; one that is consulted for it already is dropped first."""
        wanted = self.number_to_dial(number)
        consulted = self._consulted(call)
        if consulted is None:
            found = self._active(call, "consult somebody about")
        else:
            found = self._named(consulted.consults)
            await self._drop(consulted)
        asked = party_commands.ConsultLeg(_leg(found), self.plan.dialled(wanted))
        begun = await self.effects.begun(self.connection.do(asked))
        held = next((one for one in self.calls if one.id == found.id), found)
        return Consulted(wanted, begun, held)

    async def complete(self, call: str = "") -> Call:
        """Put the held caller and whoever was called for their sake through to each other."""
        consulted = self._consulted(call)
        if consulted is not None:
            held = self._named(consulted.consults)
        else:
            held = self._the(call, "put through", CallState.HOLD)
            consulted = self._the("", "put through to", CallState.CONNECTED)
        doing = self.connection.do(party_commands.CompleteTransfer(_leg(held), _leg(consulted)))
        return await self.effects.over((held, consulted), doing)

    async def cancel(self, call: str = "") -> Call:
        """Drop whoever was called for the sake of a held caller, and take the caller back."""
        consulted = self._consulted(call)
        if consulted is None:
            raise PhoneError("nobody is being consulted", "wrong_state")
        held = self._named(consulted.consults)
        await self._drop(consulted)
        doing = self.connection.do(commands.ResumeLeg(_leg(held)))
        (held,) = await self.effects.until((held,), lambda now: now.state is CallState.CONNECTED, doing)
        return held

    async def conference(self, call: str = "") -> Call:
        """Let the held call (a named one, where there are several) and the active one talk together."""
        active = next((one for one in self.calls if one.state is CallState.CONNECTED and one.id != call), None)
        one = self._the(call, "join to the conference", *(_UP if call else (CallState.HOLD,)))
        if active is None:
            held = [other for other in self.calls if other.state is CallState.HOLD and other.id != one.id]
            if len(held) != 1:
                raise PhoneError("there is no other call to join", "wrong_state")
            active = held[0]
        doing = self.connection.do(party_commands.ConferenceLegs(_leg(one), _leg(active)))
        joined, _ = await self.effects.until((one, active), lambda now: bool(now.conference), doing)
        return joined

    async def leave(self, call: str = "") -> Call:
        """Leave a conference and let the others go on."""
        found = self._in_conference(call)
        return await self.effects.over(
            self._joined_with(found), self.connection.do(party_commands.LeaveConference(_leg(found)))
        )

    async def end_conference(self, call: str = "") -> Call:
        """Hang up on everybody in a conference."""
        found = self._in_conference(call)
        joined = self._joined_with(found)
        return await self.effects.over(joined, self._drop(*joined))

    async def park(self, call: str = "", orbit: str = "") -> tuple[Call, str]:
        """Park a call in an orbit (empty: the first that is free); return it, over now, and the orbit."""
        found = self._active(call, "park")
        told: dict[str, str] = {}

        async def parking() -> None:
            told.update(await self.connection.do(party_commands.ParkLeg(_leg(found), orbit)))

        parked = await self.effects.over((found,), parking())
        return parked, told.get("orbit", orbit)

    async def retrieve(self, orbit: str, device: str = "", *, may_end: bool = False) -> Call | None:
        """Take the call that is parked in an orbit to a device (empty: the default); return it, if it is told."""
        return await self._begin(party_commands.RetrieveCall(orbit, device), may_end=may_end)

    async def pick_up(self, whom: str = "", device: str = "", *, may_end: bool = False) -> Call | None:
        """Answer what rings at a user or group, by name or extension (empty: at any colleague of the own groups).

        Returns the call, if it is told.
        """
        return await self._begin(party_commands.PickUp(whom, device), may_end=may_end)

    async def hand_off(self, device: str, call: str = "") -> Call:
        """Let another device of the user ring for a call that goes on; answered there, it has moved."""
        found = self._the(call, "hand off", CallState.CONNECTED)
        doing = self.connection.do(party_commands.HandOffLeg(_leg(found), device))
        watched = any(handset.id == device for handset in self.about.handsets)

        def rings(now: Call) -> bool:
            return not watched or any(leg.leg.device == device for leg in now.legs)

        (found,) = await self.effects.until((found,), rings, doing)
        return found

    @abstractmethod
    async def last_dialled(self) -> str:
        """Return the number that was dialled last, empty if none was."""

    @abstractmethod
    def _the(self, name: str, what: str, *states: CallState, direction: Direction | None = None) -> Call:
        """Return the named call, or the only one in such a state; raises `PhoneError`."""

    def _named(self, name: str) -> Call:
        return self._the(name, "use", *_UP)

    def _active(self, name: str, what: str, *more: CallState) -> Call:
        """Return the named call; else the one that is connected, else the only one that can be meant."""
        if not name and any(call.state is CallState.CONNECTED for call in self.calls):
            return self._the("", what, CallState.CONNECTED)
        found = self._the(name, what, *_UP, *more)
        if found.state is CallState.ALERTING and found.direction is Direction.OUTBOUND:
            raise PhoneError(f"cannot {what} call {found.id}: it is not answered yet", "wrong_state")
        return found

    def _consulted(self, name: str) -> Call | None:
        """Return the call that was made for the sake of another, of which either may be named."""
        made = [call for call in self.calls if call.consults and (not name or name in {call.id, call.consults})]
        held = {call.id for call in self.calls if call.state in _UP}
        return next((call for call in reversed(made) if call.consults in held), None)

    def _in_conference(self, name: str) -> Call:
        joined = [call for call in self.calls if call.conference and name in {"", call.id}]
        if not joined:
            cause = f"call {name} is in no conference" if name else "there is no conference"
            raise PhoneError(f"{cause}: `conference` makes one of a held call and the active one", "wrong_state")
        return joined[0]

    def _joined_with(self, found: Call) -> list[Call]:
        """Return a call of a conference, and then the others in it."""
        return [found, *(call for call in self.calls if call.conference == found.conference and call.id != found.id)]

    async def _dial(self, wanted: Number, command: _Beginning, *, may_end: bool) -> Dialled:
        """Begin a call to a number; nothing may be in the way of an emergency call."""
        may_end = may_end or wanted.kind is NumberKind.EMERGENCY
        return Dialled(wanted, await self._begin(command, may_end=may_end))

    async def _begin(self, command: _Beginning, *, may_end: bool) -> Call | None:
        """Return the call that a command begins, once it is told; None where the phone system does not tell it."""
        if not may_end:
            check_second_call(self.about, self.calls, command.device, command.name)
        return await self.effects.begun(self.connection.do(command))

    async def _send(self, call: Call, command: Command) -> Call:
        """Have a call leave the user, return it when it is over."""
        return await self.effects.over((call,), self.connection.do(command))

    async def _drop(self, *calls: Call) -> None:
        """Hang up; who has gone already is no matter."""
        for call in calls:
            try:
                await self.connection.do(commands.EndLeg(_leg(call)))
            except PhoneError as error:
                if error.code != "unknown_call":
                    raise


def _leg(call: Call) -> str:
    """Return the leg that gives a call its state."""
    return next(leg.leg.id for leg in call.legs if leg.state is call.state)
