"""The contract of phone adapters as tests: subclass `AdapterContract`, say how to make calls happen, run pytest.

    class TestMyAdapter(AdapterContract):
        @pytest_asyncio.fixture
        async def phone_system(self):
            async with MyPhoneSystem() as system:  # a `PhoneSystem`
                yield system

Capabilities that the adapter does not declare are skipped, and so is what the phone system under test cannot be made to
do (its methods return None).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC
from typing import ClassVar

import pytest

from hub.core.call import CallState, Cause, Direction
from hub.core.signals import Kind, LegSignal
from hub.phone.adapter import Adapter, ConnectionLost, PhoneError, SignInRefused
from hub.phone.commands import AnswerLeg, Command, DialNumber, EndLeg, HoldLeg, ResumeLeg, SetDnd, SilenceLeg
from hub.phone.transfer_commands import CompleteTransfer, ConsultLeg, ParkLeg, RetrieveCall, TransferLeg
from hub.testing.listener import Listener

CALLER = "+15855551234"
CALLER_NAME = "Jane \u202e'Quote\" Ünïcode"


class PhoneSystem(ABC):
    """A running phone system, a user of it whose adapter is tested, and the world that calls this user.

    `answering` is a number that answers by itself when the user dials it, `not_a_number` a text that cannot be dialled.
    """

    answering: str
    not_a_number: str = "no number"

    @abstractmethod
    def adapter(self) -> Adapter:
        """Return a new adapter for the user."""

    @abstractmethod
    async def ring(self, number: str, name: str) -> None:
        """Let somebody outside call the user; return when the phone system knows of the call."""

    @abstractmethod
    async def caller_hangs_up(self) -> None:
        """Let that caller hang up; return when the phone system knows."""

    @abstractmethod
    async def cut(self) -> None:
        """Cut the connections of all adapters without a word."""

    def with_wrong_password(self) -> Adapter | None:
        """Return an adapter that signs in with a wrong password."""
        return None

    def with_unknown_user(self) -> Adapter | None:
        """Return an adapter that signs in as somebody who is not there."""
        return None

    def unreachable(self) -> Adapter | None:
        """Return an adapter for an address where nobody answers."""
        return None


class _Impossible(Command):
    name: ClassVar[str] = "stand_on_its_head"


async def _answered(listener: Listener, phone_system: PhoneSystem) -> str:
    """Let somebody call, answer, and return the leg."""
    await phone_system.ring(CALLER, CALLER_NAME)
    leg = (await listener.hear(Kind.DELIVERED)).leg.id
    await listener.session.do(AnswerLeg(leg))
    await listener.hear(Kind.ESTABLISHED)
    return leg


@pytest.mark.asyncio
class AdapterContract:
    """What every adapter must do."""

    @pytest.fixture
    def phone_system(self) -> PhoneSystem:
        """Return the phone system to test with; a subclass must say."""
        raise NotImplementedError("a subclass of AdapterContract provides the fixture phone_system")

    async def test_a_session_begins_with_what_is_true(self, phone_system: PhoneSystem) -> None:
        """Nothing happens: an empty snapshot in UTC, and some capability."""
        async with Listener.opened(phone_system.adapter()) as listener:
            assert listener.snapshot.live == ()
            assert listener.snapshot.at.tzinfo is UTC
            assert listener.capabilities

    async def test_an_inbound_call_rings_and_is_cancelled(self, phone_system: PhoneSystem) -> None:
        """It is delivered and cleared, and says who calls."""
        async with Listener.opened(phone_system.adapter()) as listener:
            await phone_system.ring(CALLER, CALLER_NAME)
            rung = await listener.hear(Kind.DELIVERED)
            assert rung.leg.direction is Direction.INBOUND
            assert rung.leg.party.number.e164 == CALLER
            assert rung.leg.party.name == CALLER_NAME
            await phone_system.caller_hangs_up()
            cleared = await listener.hear(Kind.CLEARED)
            assert cleared.leg.id == rung.leg.id
            assert cleared.cause is Cause.CANCELLED
            assert cleared.leg.started == rung.leg.started
            assert rung.leg.started.tzinfo is UTC

    async def test_answer_hold_resume_end(self, phone_system: PhoneSystem) -> None:
        """Each declared command is carried out, and its effect is told."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("answer")
            await phone_system.ring(CALLER, CALLER_NAME)
            leg = (await listener.hear(Kind.DELIVERED)).leg.id
            await listener.session.do(AnswerLeg(leg))
            assert (await listener.hear(Kind.ESTABLISHED)).leg.id == leg
            if {"hold", "resume"} <= listener.capabilities:
                await listener.session.do(HoldLeg(leg))
                assert (await listener.hear(Kind.HELD)).leg.id == leg
                await listener.session.do(ResumeLeg(leg))
                assert (await listener.hear(Kind.RETRIEVED)).leg.id == leg
            if "end" in listener.capabilities:
                await listener.session.do(EndLeg(leg))
            else:
                await phone_system.caller_hangs_up()
            cleared = await listener.hear(Kind.CLEARED)
            assert (cleared.leg.id, cleared.cause) == (leg, Cause.NORMAL)

    async def test_dial(self, phone_system: PhoneSystem) -> None:
        """An outbound leg begins initiated, and is established when the far end answers."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("dial", "end")
            await listener.session.do(DialNumber(phone_system.answering))
            begun = await listener.hear(Kind.ORIGINATED)
            assert begun.leg.direction is Direction.OUTBOUND
            answered = await listener.hear(Kind.ESTABLISHED)
            assert answered.leg.id == begun.leg.id
            await listener.session.do(EndLeg(begun.leg.id))
            assert (await listener.hear(Kind.CLEARED)).leg.id == begun.leg.id

    async def test_a_dialled_call_can_be_given_up(self, phone_system: PhoneSystem) -> None:
        """Before the answer, too."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("dial", "end")
            await listener.session.do(DialNumber(phone_system.answering))
            begun = await listener.hear(Kind.ORIGINATED)
            await listener.session.do(EndLeg(begun.leg.id))
            assert (await listener.hear(Kind.CLEARED)).leg.id == begun.leg.id

    async def test_a_ringing_call_is_declined(self, phone_system: PhoneSystem) -> None:
        """`end` clears an alerting leg."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("end")
            await phone_system.ring(CALLER, CALLER_NAME)
            leg = (await listener.hear(Kind.DELIVERED)).leg.id
            await listener.session.do(EndLeg(leg))
            cleared = await listener.hear(Kind.CLEARED)
            assert (cleared.leg.id, cleared.cause) == (leg, Cause.REJECTED)

    async def test_an_ignored_call_can_still_be_answered(self, phone_system: PhoneSystem) -> None:
        """`ignore` does not clear the leg."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("ignore", "answer")
            await phone_system.ring(CALLER, CALLER_NAME)
            leg = (await listener.hear(Kind.DELIVERED)).leg.id
            await listener.session.do(SilenceLeg(leg))
            await listener.session.do(AnswerLeg(leg))
            assert (await listener.hear(Kind.ESTABLISHED)).leg.id == leg
            assert Kind.CLEARED not in [one.kind for one in listener.heard if isinstance(one, LegSignal)]

    async def test_do_not_disturb(self, phone_system: PhoneSystem) -> None:
        """It is told when it was switched, and stands in the next snapshot."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("dnd")
            assert listener.snapshot.dnd is False
            await listener.session.do(SetDnd(on=True))
            assert (await listener.hear_dnd()).on is True
            async with Listener.opened(phone_system.adapter()) as other:
                assert other.snapshot.dnd is True
            await listener.session.do(SetDnd(on=False))
            assert (await listener.hear_dnd()).on is False

    async def test_unknown_calls_and_wrong_states_are_refused(self, phone_system: PhoneSystem) -> None:
        """With the code for it, and nothing happens."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("hold")
            await phone_system.ring(CALLER, CALLER_NAME)
            leg = (await listener.hear(Kind.DELIVERED)).leg.id
            for named, code in (("there-is-no-such-leg", "unknown_call"), (leg, "wrong_state")):
                with pytest.raises(PhoneError) as refused:
                    await listener.session.do(HoldLeg(named))
                assert refused.value.code == code
                assert str(refused.value)
            await phone_system.caller_hangs_up()
            await listener.hear(Kind.CLEARED)
            assert Kind.HELD not in [one.kind for one in listener.heard if isinstance(one, LegSignal)]

    async def test_a_call_is_sent_on(self, phone_system: PhoneSystem) -> None:
        """The leg is cleared as transferred, at once."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("answer", "transfer")
            leg = await _answered(listener, phone_system)
            await listener.session.do(TransferLeg(leg, phone_system.answering))
            cleared = await listener.hear(Kind.CLEARED)
            assert (cleared.leg.id, cleared.cause) == (leg, Cause.TRANSFERRED)

    async def test_a_consultation_ends_in_a_transfer(self, phone_system: PhoneSystem) -> None:
        """The new leg says for whose sake it was dialled; both are cleared as transferred."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("answer", "consult", "complete_transfer")
            leg = await _answered(listener, phone_system)
            await listener.session.do(ConsultLeg(leg, phone_system.answering))
            assert (await listener.hear(Kind.HELD)).leg.id == leg
            consulted = await listener.hear(Kind.ESTABLISHED)
            assert consulted.leg.consults == leg
            await listener.session.do(CompleteTransfer(leg, consulted.leg.id))
            cleared = [await listener.hear(Kind.CLEARED), await listener.hear(Kind.CLEARED)]
            assert {one.leg.id for one in cleared} == {leg, consulted.leg.id}
            assert {one.cause for one in cleared} == {Cause.TRANSFERRED}

    async def test_a_call_is_parked_and_retrieved(self, phone_system: PhoneSystem) -> None:
        """The leg is cleared as parked and says where; the one that retrieves it is of the same conversation."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("answer", "park", "retrieve")
            leg = await _answered(listener, phone_system)
            await listener.session.do(ParkLeg(leg))
            parked = await listener.hear(Kind.CLEARED)
            assert (parked.leg.id, parked.cause) == (leg, Cause.PARKED)
            assert parked.leg.orbit
            await listener.session.do(RetrieveCall(parked.leg.orbit))
            assert (await listener.hear(Kind.ESTABLISHED)).leg.conversation == parked.leg.conversation

    async def test_what_is_not_declared_is_refused(self, phone_system: PhoneSystem) -> None:
        """With the code `missing_capability`, naming it."""
        async with Listener.opened(phone_system.adapter()) as listener:
            with pytest.raises(PhoneError, match="stand_on_its_head") as refused:
                await listener.session.do(_Impossible())
            assert refused.value.code == "missing_capability"

    async def test_what_is_no_number_is_refused(self, phone_system: PhoneSystem) -> None:
        """With the code `invalid_number`."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("dial")
            with pytest.raises(PhoneError) as refused:
                await listener.session.do(DialNumber(phone_system.not_a_number))
            assert refused.value.code == "invalid_number"

    async def test_calls_go_on_without_the_adapter(self, phone_system: PhoneSystem) -> None:
        """Closing may be repeated and ends no call; the next snapshot has it, with its true times."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("answer")
            await phone_system.ring(CALLER, CALLER_NAME)
            leg = (await listener.hear(Kind.DELIVERED)).leg
            await listener.session.do(AnswerLeg(leg.id))
            answered = await listener.hear(Kind.ESTABLISHED)
            await listener.session.close()
            await listener.session.close()
            with pytest.raises(PhoneError) as refused:
                await listener.session.do(HoldLeg(leg.id))
            assert refused.value.code in {"not_connected", "missing_capability"}
        async with Listener.opened(phone_system.adapter()) as again:
            (live,) = (one for one in again.snapshot.live if one.leg.id == leg.id)
            assert live.state is CallState.CONNECTED
            assert live.leg.started == leg.started
            assert live.answered == answered.at

    async def test_a_snapshot_equals_what_was_told(self, phone_system: PhoneSystem) -> None:
        """Whoever comes later sees what follows from the signals."""
        async with Listener.opened(phone_system.adapter()) as listener:
            await phone_system.ring(CALLER, CALLER_NAME)
            await listener.hear(Kind.DELIVERED)
            async with Listener.opened(phone_system.adapter()) as other:
                assert other.snapshot.live
                await listener.agree(other.snapshot)

    async def test_a_lost_connection_is_told(self, phone_system: PhoneSystem) -> None:
        """`signals` and `do` raise `ConnectionLost`, and a new session can be opened."""
        async with Listener.opened(phone_system.adapter()) as listener:
            await phone_system.cut()
            assert str(await listener.loss())
            if "dnd" in listener.capabilities:
                with pytest.raises(ConnectionLost):
                    await listener.session.do(SetDnd(on=True))
        async with Listener.opened(phone_system.adapter()) as again:
            assert again.capabilities

    async def test_what_ended_meanwhile_is_told_once(self, phone_system: PhoneSystem) -> None:
        """`open(mark)` tells of legs that ended since; with the mark of that snapshot, of none."""
        async with Listener.opened(phone_system.adapter()) as listener:
            if not listener.snapshot.mark:
                pytest.skip("this phone system has no marks")
            await phone_system.ring(CALLER, CALLER_NAME)
            seen = await listener.hear(Kind.DELIVERED)
            await phone_system.caller_hangs_up()
            mark = (await listener.hear(Kind.CLEARED)).mark
        await phone_system.ring(CALLER, CALLER_NAME)
        await phone_system.caller_hangs_up()
        async with Listener.opened(phone_system.adapter(), mark) as again:
            assert again.snapshot.ended
            assert {one.cause for one in again.snapshot.ended} == {Cause.CANCELLED}
            assert seen.leg.conversation not in {one.leg.conversation for one in again.snapshot.ended}
            mark = again.snapshot.mark
        async with Listener.opened(phone_system.adapter(), mark) as third:
            assert third.snapshot.ended == ()

    async def test_a_mark_from_elsewhere_does_no_harm(self, phone_system: PhoneSystem) -> None:
        """It may be from before the phone system was started."""
        async with Listener.opened(phone_system.adapter(), "no-mark-of-yours:99") as listener:
            assert listener.snapshot.live == ()

    async def test_refusals_are_told_from_failures(self, phone_system: PhoneSystem) -> None:
        """A person must mend a wrong password; a phone system that is away may come back."""
        cases = (
            (phone_system.with_wrong_password(), SignInRefused, "wrong_password"),
            (phone_system.with_unknown_user(), SignInRefused, "unknown_user"),
            (phone_system.unreachable(), ConnectionLost, "not_connected"),
        )
        tried = [(adapter, kind, code) for adapter, kind, code in cases if adapter is not None]
        if not tried:
            pytest.skip("this phone system cannot be made to refuse")
        for adapter, kind, code in tried:
            with pytest.raises(kind) as refused:
                await adapter.open("")
            assert refused.value.code == code
            assert str(refused.value)
