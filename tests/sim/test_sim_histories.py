"""Long days of random users, whose hubs are away at times: the call histories of all must agree in the end."""

from __future__ import annotations

import random
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING

import pytest
from call_histories import Histories
from offices import ANSWERING, BUSY, MAIN, SILENT, SUPPORT, Desk
from test_sim_appearances import SALES, SALES_NUMBER, shared_office
from test_sim_lines import lined_office

from hub.core.call import CallState, Direction, Outcome
from hub.core.dial_plan import DialPlan
from hub.core.switchboard import Switchboard
from hub.phone.commands import AnswerLeg, DialNumber, EndLeg, HoldLeg, ResumeLeg, ResumeShared, SetDnd
from hub.phone.transfer_commands import (
    CompleteTransfer,
    ConferenceLegs,
    ConsultLeg,
    HandOffLeg,
    LeaveConference,
    ParkLeg,
    PickUp,
    RetrieveCall,
    TransferLeg,
    VoicemailLeg,
)
from hub.sim import wire_answers
from hub.sim.exchange.journal import LegTold
from hub.sim.exchange.refusal import Refused
from hub.sim.translate import Translator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.phone.commands import Command
    from hub.sim.exchange.journal import LegView

USERS = ("alice", "bob", "carol")
NUMBERS = ("101", "102", "103", "600", ANSWERING, ANSWERING, BUSY, SILENT, "800", "911", "555")
UP = (CallState.CONNECTED, CallState.HOLD)


class Days:
    """An office where something random happens, again and again."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  the same days for the same seed
        self.desk = Desk(lined_office(shared_office()))
        self.boards = {
            user: Switchboard(user, next_seq=count(1).__next__, find_contacts=lambda _number: ()) for user in USERS
        }
        users = self.desk.exchange.office.users.values()
        self.histories = Histories({user.name: user.extension for user in users if user.name in USERS})
        self.translator = Translator(DialPlan())
        self.marks = {user: self.desk.exchange.snapshot(self.desk.now, user).mark for user in USERS}
        self.away: set[str] = set()
        self.read = 0

    def live(self, steps: int) -> None:
        """Let so many things happen, and then everybody go home."""
        for _ in range(steps):
            if self.random.random() < 0.3:
                self.desk.wait(self.random.choice((1, 3, 8, 25)))
            else:
                self.somebody_does(self.random.choice(list(self.possible())))
            self.hear()
        for _ in range(3):
            for leg in self.desk.exchange.legs():
                self.desk.exchange.hang_up(self.desk.now, leg.id)
        self.desk.wait(3600)
        for user in tuple(self.away):
            self.come_back(user)
        self.hear()
        assert self.desk.exchange.legs() == ()
        assert all(not board.calls for board in self.boards.values())

    def possible(self) -> Iterator[tuple[str, Command | str]]:
        """Yield what can be tried now; what is likelier more often."""
        pick, user = self.random.choice, self.random.choice(USERS)
        yield user, DialNumber(pick(NUMBERS), pick(("alice-desk", "alice-cordless")) if user == "alice" else "")
        yield "", pick((MAIN, SUPPORT, SALES_NUMBER))
        yield user, SetDnd(on=self.random.random() < 0.2)
        yield user, "come back" if user in self.away else "leave"
        yield user, ResumeShared(SALES)
        for board in self.desk.exchange.snapshot(self.desk.now, user).boards:
            if board.board == "parked":
                yield from ((user, RetrieveCall(call.orbit)) for call in board.calls)
        for leg in self.desk.exchange.legs():
            yield leg.user, EndLeg(leg.id)
            if leg.user:
                yield from ((leg.user, command) for command in self.with_leg(leg))

    def with_leg(self, leg: LegView) -> Iterator[Command]:
        pick = self.random.choice
        if leg.direction is Direction.INBOUND and leg.state is CallState.ALERTING:
            yield from [AnswerLeg(leg.id)] * 4
            yield pick((PickUp(leg.user), TransferLeg(leg.id, pick(NUMBERS)), VoicemailLeg(leg.id)))
        if leg.state is CallState.HOLD:
            yield ResumeLeg(leg.id)
        if leg.state in UP:
            yield from [ConsultLeg(leg.id, pick(NUMBERS))] * 2
            yield pick((TransferLeg(leg.id, pick(NUMBERS)), VoicemailLeg(leg.id, pick(USERS))))
            yield pick((ParkLeg(leg.id), HoldLeg(leg.id), HandOffLeg(leg.id, "alice-cordless")))
        if leg.consults:
            yield from [CompleteTransfer(leg.consults, leg.id), ConferenceLegs(leg.consults, leg.id)] * 2
        if leg.conference:
            yield from [LeaveConference(leg.id)] * 2

    def somebody_does(self, what: tuple[str, Command | str]) -> None:
        user, command = what
        try:
            match command:
                case "leave":
                    self.hear()
                    self.away.add(user)
                case "come back":
                    self.come_back(user)
                case str():
                    self.desk.ring(command)
                case EndLeg():
                    self.desk.exchange.hang_up(self.desk.now, command.leg)
                case PickUp():
                    other = self.random.choice([one for one in USERS if one != user])
                    self.desk.exchange.command(self.desk.now, other, command, by_hand=True)
                case _:
                    self.desk.exchange.command(self.desk.now, user, command, by_hand=True)
        except Refused:
            pass

    def hear(self) -> None:
        """Let the hubs that are not away hear what was told."""
        for told in self.desk.told[self.read :]:
            if isinstance(told, LegTold) and told.user in USERS:
                self.histories.follow(told)
                if told.user not in self.away:
                    signal = self.translator.signal(wire_answers.LegEvent.model_validate(told))
                    assert signal is not None
                    self.histories.hear(self.boards[told.user].apply(signal))
                    self.marks[told.user] = told.mark
        self.read = len(self.desk.told)

    def come_back(self, user: str) -> None:
        self.hear()
        snapshot = self.desk.exchange.snapshot(self.desk.now, user, self.marks[user])
        state = wire_answers.WireState.model_validate(snapshot)
        self.histories.hear(self.boards[user].resync(self.translator.snapshot(state)))
        self.marks[user] = snapshot.mark
        self.away.discard(user)


@pytest.mark.feature("CALL-19", "CALL-21", "HIST-01")
def test_the_histories_of_everybody_agree() -> None:
    reached: Counter[str] = Counter()
    for seed in range(10):
        days = Days(seed)
        days.live(400)
        days.histories.check()
        reached.update(days.histories.outcomes())
    assert set(reached) == {*Outcome, "merged", "kept away"}, reached
