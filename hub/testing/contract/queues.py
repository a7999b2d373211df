"""Agents of queues."""

from __future__ import annotations

from hub.core.agent import AgentState
from hub.core.queue_boards import Agent, Queues
from hub.core.signals import Kind
from hub.phone.agent_commands import SetAgentState, SignInAgent, SignOutAgent
from hub.phone.commands import AnswerLeg
from hub.testing.contract.base import Contract, listening, refused
from hub.testing.contract.phone_system import CALLER, CALLER_NAME, PhoneSystem, given


class QueueContract(Contract):
    """What every adapter must do for agents of queues."""

    async def test_an_agent_comes_and_goes(self, phone_system: PhoneSystem) -> None:
        """Signing in wants the PIN, and the boards tell what became of it."""
        queue, pin = given(phone_system.queue, "queue"), given(phone_system.pin, "PIN")
        async with listening(phone_system, "agent_sign_in", "agent_sign_out", "agent_state") as listener:
            (queues,) = (one for one in listener.snapshot.boards if isinstance(one, Queues))
            assert queue in {one.name for one in queues.queues}
            await refused(listener, SignInAgent((queue,), f"{pin}0"), "wrong_pin")
            await refused(listener, SignInAgent(("there-is-no-such-queue",), pin), "unknown_queue")
            await refused(listener, SetAgentState(AgentState.BUSY, "lunch"), "wrong_state")
            assert (await listener.session.do(SignInAgent((), pin)))["queues"] == queue
            signed_in = await listener.hear_board(Agent)
            assert (signed_in.state, signed_in.queues) == (AgentState.IDLE, (queue,))
            await listener.session.do(SetAgentState(AgentState.BUSY, "lunch"))
            busy = await listener.hear_board(Agent)
            assert (busy.state, busy.reason) == (AgentState.BUSY, "lunch")
            await listener.session.do(SignOutAgent((queue,), pin))
            assert (await listener.hear_board(Agent)).state is AgentState.SIGNED_OUT

    async def test_an_agent_is_rung_for_a_queue(self, phone_system: PhoneSystem) -> None:
        """The call says through which one it came, and the board what the agent is doing."""
        queue, pin = given(phone_system.queue, "queue"), given(phone_system.pin, "PIN")
        async with listening(phone_system, "agent_sign_in", "answer") as listener:
            await listener.session.do(SignInAgent((queue,), pin))
            given(await phone_system.call_queue(CALLER, CALLER_NAME), "caller for the queue")
            rung = (await listener.hear(Kind.DELIVERED)).leg
            assert (rung.queue, rung.party.number.e164) == (queue, CALLER)
            await listener.session.do(AnswerLeg(rung.id))
            await listener.hear_board(Agent, lambda board: board.state is AgentState.ON_CALL and board.queue == queue)
            await phone_system.caller_hangs_up()
            await listener.hear(Kind.CLEARED)
