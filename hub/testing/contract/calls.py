"""One call at a handset."""

from __future__ import annotations

from datetime import UTC

import pytest

from hub.core.call import Cause, Direction
from hub.core.presence import Presence
from hub.core.signals import Kind, LegSignal
from hub.phone.adapter import PhoneError
from hub.phone.commands import (
    AnswerLeg,
    ClearCalls,
    DialNumber,
    EndLeg,
    HoldLeg,
    MuteLeg,
    ResumeLeg,
    SendDigits,
    SetDnd,
    SetPresence,
    SilenceLeg,
)
from hub.testing.contract.base import Contract, talking
from hub.testing.contract.phone_system import CALLER, CALLER_NAME, PhoneSystem, given
from hub.testing.listener import Listener


class CallContract(Contract):
    """What every adapter must do with a call."""

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

    async def test_a_presence(self, phone_system: PhoneSystem) -> None:
        """It is told when it was changed, once, and stands in the next snapshot."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("presence")
            before = listener.snapshot.presence
            assert before is not None
            for presence in (*(one for one in Presence if one is not before), before):
                await listener.session.do(SetPresence(presence))
                await listener.session.do(SetPresence(presence))
                assert (await listener.hear_presence()).presence is presence
                async with Listener.opened(phone_system.adapter()) as other:
                    assert other.snapshot.presence is presence

    async def test_a_list_of_past_calls_is_cleared(self, phone_system: PhoneSystem) -> None:
        """Of one handset or of all; a handset that the user does not have is refused."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("clear_calls")
            await listener.session.do(ClearCalls())
            with pytest.raises(PhoneError):
                await listener.session.do(ClearCalls("no-such-handset"))

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

    async def test_what_is_no_number_is_refused(self, phone_system: PhoneSystem) -> None:
        """With the code `invalid_number`."""
        async with Listener.opened(phone_system.adapter()) as listener:
            listener.needs("dial")
            with pytest.raises(PhoneError) as refused:
                await listener.session.do(DialNumber(phone_system.not_a_number))
            assert refused.value.code == "invalid_number"

    async def test_mute(self, phone_system: PhoneSystem) -> None:
        """It is told, when it is switched on and when off; twice is once."""
        async with talking(phone_system, "mute") as (listener, leg):
            for on in (True, False):
                await listener.session.do(MuteLeg(leg.id, on))
                assert (await listener.hear(Kind.UPDATED, leg.id)).leg.muted is on
                await listener.session.do(MuteLeg(leg.id, on))

    async def test_digits(self, phone_system: PhoneSystem) -> None:
        """The far end of a connected call hears them, in order."""
        async with talking(phone_system, "dtmf") as (listener, leg):
            await listener.session.do(SendDigits(leg.id, "12*"))
            await listener.session.do(SendDigits(leg.id, "0#"))
            assert given(await phone_system.digits_heard(), "caller who tells of digits") == "12*0#"
