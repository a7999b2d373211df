"""What the parts of the contract have in common."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from hub.core.signals import Kind
from hub.phone.adapter import PhoneError
from hub.phone.commands import AnswerLeg
from hub.testing.contract.phone_system import CALLER, CALLER_NAME, PhoneSystem, given
from hub.testing.listener import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hub.core.call import Leg
    from hub.phone.commands import Command


@pytest.mark.asyncio
class Contract:
    """A part of what every adapter must do."""

    @pytest.fixture
    def phone_system(self) -> PhoneSystem:
        """Return the phone system to test with; a subclass must say."""
        raise NotImplementedError("a subclass of AdapterContract provides the fixture phone_system")


@asynccontextmanager
async def listening(phone_system: PhoneSystem, *capabilities: str) -> AsyncIterator[Listener]:
    """Open a session of the user; skip the test if it does not declare these."""
    async with Listener.opened(phone_system.adapter()) as listener:
        listener.needs(*capabilities)
        yield listener


@asynccontextmanager
async def talking(phone_system: PhoneSystem, *capabilities: str) -> AsyncIterator[tuple[Listener, Leg]]:
    """Open a session of the user, who talks to a caller from outside."""
    async with listening(phone_system, "answer", *capabilities) as listener:
        await phone_system.ring(CALLER, CALLER_NAME)
        leg = (await listener.hear(Kind.DELIVERED)).leg
        await listener.session.do(AnswerLeg(leg.id))
        yield listener, (await listener.hear(Kind.ESTABLISHED, leg.id)).leg


@asynccontextmanager
async def with_colleague(phone_system: PhoneSystem) -> AsyncIterator[Listener]:
    """Open a session of the colleague."""
    async with Listener.opened(given(phone_system.of_a_colleague(), "colleague")) as colleague:
        yield colleague


async def refused(listener: Listener, command: Command, code: str) -> None:
    """Let a command be refused with this code, and words for a person."""
    with pytest.raises(PhoneError) as refusal:
        await listener.session.do(command)
    assert refusal.value.code == code
    assert str(refusal.value)
