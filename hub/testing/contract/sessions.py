"""Sessions: what is true at their begin, how they are lost, what they declare."""

from __future__ import annotations

from datetime import UTC
from typing import ClassVar

import pytest

from hub.core.call import CallState, Cause
from hub.core.signals import Kind
from hub.phone.about import WITHOUT_HANDSET
from hub.phone.adapter import ConnectionLost, PhoneError, SignInRefused
from hub.phone.commands import AnswerLeg, Command, HoldLeg, SetDnd
from hub.testing.contract.base import Contract, listening
from hub.testing.contract.phone_system import CALLER, CALLER_NAME, PhoneSystem
from hub.testing.listener import Listener


class _Impossible(Command):
    name: ClassVar[str] = "stand_on_its_head"


class SessionContract(Contract):
    """What every adapter must do with sessions."""

    async def test_a_session_begins_with_what_is_true(self, phone_system: PhoneSystem) -> None:
        """Nothing happens: an empty snapshot in UTC, and some capability."""
        async with Listener.opened(phone_system.adapter()) as listener:
            assert listener.snapshot.live == ()
            assert listener.snapshot.at.tzinfo is UTC
            assert listener.capabilities

    async def test_what_is_not_declared_is_refused(self, phone_system: PhoneSystem) -> None:
        """With the code `missing_capability`, naming it, and who lacks it."""
        async with listening(phone_system) as listener:
            with pytest.raises(PhoneError, match="stand_on_its_head") as refusal:
                await listener.session.do(_Impossible())
            assert refusal.value.code == "missing_capability"
            assert str(refusal.value) == listener.session.about.lacking("stand_on_its_head")

    async def test_a_session_declares_who_can_what(self, phone_system: PhoneSystem) -> None:
        """The phone system knows all that can be asked; one of its handsets can do it, if it needs one."""
        async with listening(phone_system) as listener:
            about = listener.session.about
            if about.capabilities:
                assert listener.capabilities <= about.capabilities
            if about.handsets:
                able = {word for handset in about.handsets for word in handset.capabilities}
                assert listener.capabilities - WITHOUT_HANDSET <= able
                assert all(handset.id for handset in about.handsets)

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
