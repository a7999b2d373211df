"""Calls of more than one party: sending on, consulting, joining, parking, taking from elsewhere."""

from __future__ import annotations

from hub.core.boards import Messages, Parked
from hub.core.call import Cause, Direction
from hub.core.signals import Kind
from hub.phone import transfer_commands as commands
from hub.phone.commands import AnswerLeg, EndLeg, HoldLeg, ResumeLeg
from hub.testing.contract.base import Contract, listening, refused, talking, with_colleague
from hub.testing.contract.phone_system import CALLER, CALLER_NAME, PhoneSystem, given
from hub.testing.listener import Listener


class PartyContract(Contract):
    """What every adapter must do with calls of more than one party."""

    async def test_a_call_is_sent_outside(self, phone_system: PhoneSystem) -> None:
        """The leg is cleared as transferred, at once."""
        async with talking(phone_system, "transfer") as (listener, leg):
            await listener.session.do(commands.TransferLeg(leg.id, phone_system.answering))
            assert (await listener.hear(Kind.CLEARED, leg.id)).cause is Cause.TRANSFERRED

    async def test_a_consultation_outside_ends_in_a_transfer(self, phone_system: PhoneSystem) -> None:
        """The new leg says for whose sake it was dialled; both are cleared as transferred."""
        async with talking(phone_system, "consult", "complete_transfer") as (listener, leg):
            await listener.session.do(commands.ConsultLeg(leg.id, phone_system.answering))
            assert (await listener.hear(Kind.HELD)).leg.id == leg.id
            consulted = (await listener.hear(Kind.ESTABLISHED)).leg
            assert consulted.consults == leg.id
            await listener.session.do(commands.CompleteTransfer(leg.id, consulted.id))
            await _both_transferred(listener, leg.id, consulted.id)

    async def test_blind_transfer(self, phone_system: PhoneSystem) -> None:
        """The call leaves the user at once, and rings elsewhere as the same conversation."""
        number = given(phone_system.colleague_number, "number of a colleague")
        async with talking(phone_system, "transfer") as (listener, leg), with_colleague(phone_system) as colleague:
            await listener.session.do(commands.TransferLeg(leg.id, number))
            assert (await listener.hear(Kind.CLEARED, leg.id)).cause is Cause.TRANSFERRED
            rung = await colleague.hear(Kind.DELIVERED)
            assert rung.leg.party.number.e164 == CALLER
            assert rung.leg.conversation == leg.conversation
            await phone_system.caller_hangs_up()
            assert (await colleague.hear(Kind.CLEARED)).cause is Cause.CANCELLED

    async def test_attended_transfer(self, phone_system: PhoneSystem) -> None:
        """The consultation names the held leg; completed, both legs go and the older conversation stays."""
        needed = ("consult", "complete_transfer")
        async with talking(phone_system, *needed) as (listener, leg), with_colleague(phone_system) as colleague:
            consulted = await _consult(phone_system, listener, leg.id, colleague)
            await listener.session.do(commands.CompleteTransfer(leg.id, consulted))
            await _both_transferred(listener, leg.id, consulted)
            moved = await colleague.hear(Kind.UPDATED)
            while moved.leg.conversation != leg.conversation:
                moved = await colleague.hear(Kind.UPDATED)
            assert moved.leg.party.number.e164 == CALLER

    async def test_a_consultation_is_given_up(self, phone_system: PhoneSystem) -> None:
        """The target is dropped and the caller taken back."""
        needed = ("consult", "end", "resume")
        async with talking(phone_system, *needed) as (listener, leg), with_colleague(phone_system) as colleague:
            consulted = await _consult(phone_system, listener, leg.id, colleague)
            await listener.session.do(EndLeg(consulted))
            assert (await listener.hear(Kind.CLEARED)).leg.id == consulted
            assert (await colleague.hear(Kind.CLEARED)).cause is Cause.NORMAL
            await listener.session.do(ResumeLeg(leg.id))
            assert (await listener.hear(Kind.RETRIEVED)).leg.id == leg.id

    async def test_voicemail_transfer(self, phone_system: PhoneSystem) -> None:
        """The caller is sent to the user's own voicemail, whose lamp is lit after that."""
        async with talking(phone_system, "transfer_to_voicemail") as (listener, leg):
            await listener.session.do(commands.VoicemailLeg(leg.id))
            assert (await listener.hear(Kind.CLEARED, leg.id)).cause is Cause.TRANSFERRED
            await phone_system.caller_hangs_up()
            assert (await listener.hear_board(Messages)).new == 1

    async def test_a_conference_and_its_end(self, phone_system: PhoneSystem) -> None:
        """Both legs say that they talk together; hold takes one out, joining again brings it back, end ends one."""
        needed = ("consult", "conference", "hold", "end")
        async with talking(phone_system, *needed) as (listener, leg), with_colleague(phone_system) as colleague:
            consulted = await _consult(phone_system, listener, leg.id, colleague)
            await listener.session.do(commands.ConferenceLegs(leg.id, consulted))
            joined = (await listener.hear(Kind.RETRIEVED, leg.id)).leg
            assert joined.conference
            assert joined.conversation == leg.conversation
            await listener.session.do(HoldLeg(leg.id))
            assert (await listener.hear(Kind.HELD, leg.id)).leg.conference == ""
            await listener.session.do(commands.ConferenceLegs(consulted, leg.id))
            assert (await listener.hear(Kind.RETRIEVED, leg.id)).leg.conference
            await listener.session.do(EndLeg(consulted))
            assert (await listener.hear(Kind.CLEARED)).leg.id == consulted
            await colleague.hear(Kind.CLEARED)
            await listener.session.do(EndLeg(leg.id))
            assert (await listener.hear(Kind.CLEARED)).leg.id == leg.id

    async def test_a_conference_goes_on_without_the_user(self, phone_system: PhoneSystem) -> None:
        """Its two other parties become one conversation, as after a transfer."""
        needed = ("consult", "conference", "leave_conference")
        async with talking(phone_system, *needed) as (listener, leg), with_colleague(phone_system) as colleague:
            await refused(listener, commands.LeaveConference(leg.id), "wrong_state")
            consulted = await _consult(phone_system, listener, leg.id, colleague)
            await listener.session.do(commands.ConferenceLegs(leg.id, consulted))
            await listener.session.do(commands.LeaveConference(leg.id))
            await _both_transferred(listener, leg.id, consulted)
            while (await colleague.hear(Kind.UPDATED)).leg.conversation != leg.conversation:
                pass

    async def test_park_and_retrieve(self, phone_system: PhoneSystem) -> None:
        """The leg says the orbit, the board shows who waits there, and the call comes back as the same one."""
        async with talking(phone_system, "park", "retrieve", "end") as (listener, leg):
            await listener.session.do(commands.ParkLeg(leg.id))
            cleared = await listener.hear(Kind.CLEARED, leg.id)
            orbit = cleared.leg.orbit
            assert orbit
            assert cleared.cause is Cause.PARKED
            async with Listener.opened(phone_system.adapter()) as other:
                (board,) = (one for one in other.snapshot.boards if isinstance(one, Parked))
            assert orbit in board.orbits
            assert [(one.orbit, one.party.number.e164) for one in board.calls] == [(orbit, CALLER)]
            await listener.session.do(commands.RetrieveCall(orbit))
            taken = await listener.hear(Kind.ESTABLISHED)
            assert taken.leg.direction is Direction.INBOUND
            assert taken.leg.conversation == leg.conversation
            await refused(listener, commands.RetrieveCall(orbit), "unknown_call")
            await listener.session.do(EndLeg(taken.leg.id))
            await listener.hear(Kind.CLEARED)

    async def test_pick_up(self, phone_system: PhoneSystem) -> None:
        """What rings at a colleague is answered here, and stops there."""
        number = given(phone_system.colleague_number, "number of a colleague")
        async with listening(phone_system, "pick_up") as listener, with_colleague(phone_system) as colleague:
            await refused(listener, commands.PickUp(number), "unknown_call")
            given(await phone_system.ring_colleague(CALLER, CALLER_NAME), "caller for the colleague")
            rung = (await colleague.hear(Kind.DELIVERED)).leg
            await listener.session.do(commands.PickUp(number))
            taken = (await listener.hear(Kind.ESTABLISHED)).leg
            assert (taken.conversation, taken.party.number.e164) == (rung.conversation, CALLER)
            assert (await colleague.hear(Kind.CLEARED)).cause is Cause.ELSEWHERE

    async def test_intercom(self, phone_system: PhoneSystem) -> None:
        """The colleague's handset answers by itself; outside it is an ordinary call."""
        number = given(phone_system.colleague_number, "number of a colleague")
        async with listening(phone_system, "intercom", "end") as listener, with_colleague(phone_system) as colleague:
            await listener.session.do(commands.IntercomNumber(number))
            here, there = (await listener.hear(Kind.ESTABLISHED)).leg, (await colleague.hear(Kind.ESTABLISHED)).leg
            assert (here.intercom, there.intercom) == (True, True)
            assert here.conversation == there.conversation
            await listener.session.do(EndLeg(here.id))
            await listener.hear(Kind.CLEARED)
            await listener.session.do(commands.IntercomNumber(phone_system.answering))
            outside = (await listener.hear(Kind.ORIGINATED)).leg
            assert outside.intercom is False
            await listener.session.do(EndLeg(outside.id))

    async def test_handoff(self, phone_system: PhoneSystem) -> None:
        """Another handset of the user rings while the call goes on; answered there, it has moved and is the same."""
        there = given(phone_system.at_another_handset(), "other handset of the user")
        async with talking(phone_system, "handoff") as (listener, leg), Listener.opened(there) as other:
            (device,) = other.session.about.handsets
            await listener.session.do(commands.HandOffLeg(leg.id, device.id))
            rung = (await other.hear(Kind.DELIVERED)).leg
            await other.session.do(AnswerLeg(rung.id))
            assert (await other.hear(Kind.ESTABLISHED)).leg.conversation == leg.conversation
            assert (await listener.hear(Kind.CLEARED, leg.id)).cause is Cause.ELSEWHERE


async def _consult(phone_system: PhoneSystem, listener: Listener, leg: str, colleague: Listener) -> str:
    """Hold a leg and talk to the colleague; return the leg to the colleague."""
    number = given(phone_system.colleague_number, "number of a colleague")
    await listener.session.do(commands.ConsultLeg(leg, number))
    assert (await listener.hear(Kind.HELD)).leg.id == leg
    begun = (await listener.hear(Kind.ORIGINATED)).leg
    assert begun.consults == leg
    await colleague.session.do(AnswerLeg((await colleague.hear(Kind.DELIVERED)).leg.id))
    return (await listener.hear(Kind.ESTABLISHED, begun.id)).leg.id


async def _both_transferred(listener: Listener, *legs: str) -> None:
    cleared = [await listener.hear(Kind.CLEARED) for _ in legs]
    assert {one.leg.id for one in cleared} == {*legs}
    assert {one.cause for one in cleared} == {Cause.TRANSFERRED}
