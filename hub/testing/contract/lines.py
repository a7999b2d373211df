"""Line keys, outside lines, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.boards import AppearanceKind, Appearances, Lines, LineState, Messages
from hub.core.call import Cause, HoldKind
from hub.core.signals import Kind
from hub.phone.commands import (
    AnswerLine,
    ChooseAppearance,
    DialNumber,
    EndLeg,
    HoldLeg,
    ResumeShared,
    SeizeLine,
    SendDigits,
)
from hub.testing.contract.base import Contract, listening, refused, with_colleague
from hub.testing.contract.phone_system import CALLER, CALLER_NAME, PhoneSystem, given

if TYPE_CHECKING:
    from hub.testing.listener import Listener


class LineContract(Contract):
    """What every adapter must do with line keys and outside lines."""

    async def test_a_chosen_appearance_takes_the_next_call(self, phone_system: PhoneSystem) -> None:
        """The keys stand on a board, the choice is told there, and stays until it is changed."""
        async with listening(phone_system, "appearance", "dial", "end") as listener:
            board = next((one for one in listener.snapshot.boards if isinstance(one, Appearances)), None)
            keys = [] if board is None else [one for one in board.appearances if one.kind is AppearanceKind.LINE]
            last = given(keys, "line key")[-1]
            assert last.name in {name for one in listener.session.about.handsets for name in one.appearances}
            await listener.session.do(ChooseAppearance(last.name))
            assert await _chosen(listener) == {last.name}
            for _ in range(2):
                await listener.session.do(DialNumber(phone_system.answering))
                begun = (await listener.hear(Kind.ORIGINATED)).leg
                assert begun.appearance == last.name
                await listener.session.do(EndLeg(begun.id))
                await listener.hear(Kind.CLEARED)
            await listener.session.do(ChooseAppearance(""))
            assert await _chosen(listener) == set()

    async def test_what_is_on_shared_hold_is_resumed_by_a_colleague(self, phone_system: PhoneSystem) -> None:
        """Shared hold is the default there; private hold is for this handset alone."""
        name = given(phone_system.shared_appearance, "shared appearance")
        needed = ("dial", "hold", "resume_shared")
        async with listening(phone_system, *needed) as listener, with_colleague(phone_system) as colleague:
            await listener.session.do(DialNumber(phone_system.answering, appearance=name))
            leg = (await listener.hear(Kind.ESTABLISHED)).leg
            assert leg.appearance == name
            await listener.session.do(HoldLeg(leg.id, HoldKind.PRIVATE))
            assert (await listener.hear(Kind.HELD)).leg.held is HoldKind.PRIVATE
            await refused(colleague, ResumeShared(name), "wrong_state")
            await listener.session.do(ResumeShared(name))
            await listener.hear(Kind.RETRIEVED)
            await listener.session.do(HoldLeg(leg.id))
            assert (await listener.hear(Kind.HELD)).leg.held is HoldKind.SHARED
            await colleague.session.do(ResumeShared(name))
            assert (await colleague.hear(Kind.ESTABLISHED)).leg.conversation == leg.conversation
            assert (await listener.hear(Kind.CLEARED, leg.id)).cause is Cause.ELSEWHERE

    async def test_a_line_is_seized_and_dialled_over(self, phone_system: PhoneSystem) -> None:
        """The leg says its line, the board that it is in use, and the digits call somebody."""
        digits = given(phone_system.over_a_line, "number to reach over a line")
        async with listening(phone_system, "seize", "dtmf") as listener:
            await listener.session.do(SeizeLine())
            begun = (await listener.hear(Kind.ORIGINATED)).leg
            assert begun.line
            await listener.hear_board(Lines, lambda board: (begun.line, LineState.IN_USE) in _states(board))
            await refused(listener, SeizeLine("there-is-no-such-line"), "bad_request")
            await listener.session.do(SendDigits(begun.id, digits))
            assert (await listener.hear(Kind.ESTABLISHED)).leg.id == begun.id

    async def test_a_ringing_line_is_answered(self, phone_system: PhoneSystem) -> None:
        """By the line's name."""
        async with listening(phone_system, "answer_line") as listener:
            await phone_system.ring(CALLER, CALLER_NAME)
            rung = (await listener.hear(Kind.DELIVERED)).leg
            line = given(rung.line, "outside line for this call")
            await listener.session.do(AnswerLine(line))
            assert (await listener.hear(Kind.ESTABLISHED)).leg.id == rung.id
            await refused(listener, AnswerLine(line), "wrong_state")

    async def test_a_message_lights_the_lamp_until_it_is_heard(self, phone_system: PhoneSystem) -> None:
        """The board counts new and old ones, and says what to dial to hear them."""
        async with listening(phone_system, "dial") as listener:
            before = next((one for one in listener.snapshot.boards if isinstance(one, Messages)), None)
            given(before, "message-waiting lamp")
            given(await phone_system.leave_message(), "caller who leaves a message")
            waiting = await listener.hear_board(Messages)
            assert (waiting.new, waiting.old) == (1, 0)
            await listener.session.do(DialNumber(given(waiting.number, "number to hear messages at")))
            heard = await listener.hear_board(Messages)
            assert (heard.new, heard.old) == (0, 1)


async def _chosen(listener: Listener) -> set[str]:
    board = await listener.hear_board(Appearances)
    return {one.name for one in board.appearances if one.chosen}


def _states(board: Lines) -> set[tuple[str, LineState]]:
    return {(one.name, one.state) for one in board.lines}
