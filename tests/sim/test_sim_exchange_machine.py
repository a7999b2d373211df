from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Any

from call_histories import Histories
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from offices import ANSWERING, BUSY, MAIN, SILENT, SUPPORT, Desk
from test_sim_appearances import SALES, SALES_NUMBER, shared_office
from test_sim_lines import LINES, PIN, lined_office

from hub.core.boards import LineState
from hub.core.call import CallState, Direction
from hub.core.dial_plan import DialPlan
from hub.core.switchboard import Switchboard
from hub.core.transitions import next_state
from hub.phone.commands import (
    AnswerLeg,
    AnswerLine,
    ChooseAppearance,
    DialNumber,
    EndLeg,
    HoldLeg,
    LegCommand,
    ResumeLeg,
    ResumeShared,
    SeizeLine,
    SendDigits,
    SetDnd,
    SilenceLeg,
)
from hub.phone.transfer_commands import (
    CompleteTransfer,
    ConferenceLegs,
    ConsultLeg,
    HandOffLeg,
    IntercomNumber,
    LeaveConference,
    ParkLeg,
    PickUp,
    RetrieveCall,
    TransferLeg,
    VoicemailLeg,
)
from hub.sim import wire, wire_answers
from hub.sim.exchange.conversation import JOINED
from hub.sim.exchange.journal import BoardTold, EndedView, LegTold, LegView
from hub.sim.exchange.refusal import Refused
from hub.sim.translate import Translator
from hub.sim.wire_boards import WireLines, WireSystemCalls

USERS = ("alice", "bob", "carol")
RINGS = (Direction.INBOUND, CallState.ALERTING)
COMMANDS: tuple[type[LegCommand], ...] = (AnswerLeg, HoldLeg, ResumeLeg, EndLeg, SilenceLeg)
NUMBERS = ("101", "102", "103", "600", "555", "800", "9#", f"*71{PIN}", ANSWERING, BUSY, SILENT, "911", "nonsense")


class RandomOffice(RuleBasedStateMachine):
    """Random users at an exchange; beside it what each of them would believe from what they were told."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(lined_office(shared_office()))
        self.read = 0
        self.believed: dict[str, LegView] = {}
        self.ended: dict[str, list[tuple[str, EndedView]]] = {user: [] for user in USERS}
        self.marks: dict[str, list[str]] = {user: [self.snapshot(user).mark] for user in USERS}
        self.outside: list[str] = []
        self.translator = Translator(DialPlan())
        self.boards = {user: self.board(user) for user in USERS}
        users = self.desk.exchange.office.users.values()
        self.histories = Histories({user.name: user.extension for user in users if user.name in USERS})

    def board(self, user: str) -> Switchboard:
        return Switchboard(user, next_seq=count(1).__next__, find_contacts=lambda _number: ())

    def snapshot(self, user: str, since: str = "") -> Any:
        return self.desk.exchange.snapshot(self.desk.now, user, since)

    # --- what happens ---

    @rule(user=st.sampled_from(USERS), number=st.sampled_from(NUMBERS), second=st.booleans())
    def dial(self, user: str, number: str, *, second: bool) -> None:
        device = "alice-cordless" if second and user == "alice" else ""
        self.attempt(lambda: self.desk.do(user, DialNumber(number, device)))

    @rule(number=st.sampled_from((MAIN, SUPPORT, SALES_NUMBER)))
    def call_from_outside(self, number: str) -> None:
        self.attempt(lambda: self.outside.append(self.desk.ring(number)))

    @precondition(lambda self: self.outside)
    @rule(data=st.data())
    def outside_hangs_up(self, data: st.DataObject) -> None:
        self.desk.exchange.hang_up(self.desk.now, data.draw(st.sampled_from(self.outside)))

    @precondition(lambda self: self.desk.exchange.legs())
    @rule(data=st.data(), command=st.sampled_from(COMMANDS), by_hand=st.booleans())
    def command(self, data: st.DataObject, command: type[LegCommand], *, by_hand: bool) -> None:
        leg = data.draw(st.sampled_from(self.desk.exchange.legs()))
        user = leg.user or "alice"
        self.attempt(lambda: self.desk.exchange.command(self.desk.now, user, command(leg.id), by_hand=by_hand))

    @rule(user=st.sampled_from(USERS), key=st.sampled_from(("", "1", SALES, "Mobile", "Door")))
    def choose(self, user: str, key: str) -> None:
        self.attempt(lambda: self.desk.do(user, ChooseAppearance(key)))

    @rule(user=st.sampled_from(USERS), line=st.sampled_from((*LINES, "")))
    def seize(self, user: str, line: str) -> None:
        self.attempt(lambda: self.desk.do(user, SeizeLine(line)))

    @rule(user=st.sampled_from(USERS), line=st.sampled_from(LINES))
    def answer_line(self, user: str, line: str) -> None:
        self.attempt(lambda: self.desk.do(user, AnswerLine(line)))

    @precondition(lambda self: self.desk.exchange.legs())
    @rule(data=st.data(), digits=st.sampled_from((ANSWERING, "911", "1", "#", "7##")))
    def digits(self, data: st.DataObject, digits: str) -> None:
        leg = data.draw(st.sampled_from(self.desk.exchange.legs()))
        user = leg.user or "alice"
        self.attempt(lambda: self.desk.exchange.command(self.desk.now, user, SendDigits(leg.id, digits), by_hand=True))

    @rule(user=st.sampled_from(USERS))
    def resume_shared(self, user: str) -> None:
        self.attempt(lambda: self.desk.do(user, ResumeShared(SALES)))

    @rule(user=st.sampled_from(USERS), number=st.sampled_from(NUMBERS))
    def intercom(self, user: str, number: str) -> None:
        self.attempt(lambda: self.desk.exchange.command(self.desk.now, user, IntercomNumber(number), by_hand=True))

    @precondition(lambda self: self.desk.exchange.legs())
    @rule(
        data=st.data(),
        command=st.sampled_from((ConsultLeg, TransferLeg, VoicemailLeg, ParkLeg, HandOffLeg, LeaveConference)),
        to=st.sampled_from(NUMBERS),
    )
    def send_on(self, data: st.DataObject, command: type[LegCommand], to: str) -> None:
        leg = self.pick(data)
        more = {
            ParkLeg: ("",),
            LeaveConference: (),
            HandOffLeg: ("alice-desk" if leg.device == "alice-cordless" else "alice-cordless",),
        }.get(command, (to,))
        self.by_hand(leg, command(leg.id, *more))

    @precondition(lambda self: self.desk.exchange.legs())
    @rule(data=st.data(), command=st.sampled_from((CompleteTransfer, ConferenceLegs)))
    def two_legs(self, data: st.DataObject, command: type[LegCommand]) -> None:
        leg = self.pick(data)
        mine = [one for one in self.desk.exchange.legs(leg.user) if one.id != leg.id] or [leg]
        self.by_hand(leg, command(leg.id, data.draw(st.sampled_from(mine)).id))

    @precondition(lambda self: self.ringing())
    @rule(data=st.data())
    def somebody_answers(self, data: st.DataObject) -> None:
        leg = data.draw(st.sampled_from(self.ringing()))
        self.by_hand(leg, AnswerLeg(leg.id))

    def ringing(self) -> list[LegView]:
        return [leg for leg in self.desk.exchange.legs() if (leg.direction, leg.state) == RINGS and leg.user]

    @precondition(lambda self: self.consulting())
    @rule(data=st.data(), command=st.sampled_from((CompleteTransfer, ConferenceLegs)))
    def go_on_from_a_consultation(self, data: st.DataObject, command: type[LegCommand]) -> None:
        leg = data.draw(st.sampled_from(self.consulting()))
        self.by_hand(leg, command(leg.consults, leg.id))

    def consulting(self) -> list[LegView]:
        return [leg for leg in self.desk.exchange.legs() if leg.consults]

    @rule(user=st.sampled_from(USERS), orbit=st.sampled_from(("701", "702")), second=st.booleans())
    def retrieve(self, user: str, orbit: str, *, second: bool) -> None:
        device = "alice-cordless" if second and user == "alice" else ""
        what = RetrieveCall(orbit, device)
        self.attempt(lambda: self.desk.exchange.command(self.desk.now, user, what, by_hand=True))

    @rule(user=st.sampled_from(USERS), whom=st.sampled_from((*USERS, "600", "")))
    def pick_up(self, user: str, whom: str) -> None:
        self.attempt(lambda: self.desk.exchange.command(self.desk.now, user, PickUp(whom), by_hand=True))

    def pick(self, data: st.DataObject) -> LegView:
        legs = [leg for leg in self.desk.exchange.legs() if leg.user]
        return data.draw(st.sampled_from(legs or self.desk.exchange.legs()))

    def by_hand(self, leg: LegView, what: LegCommand) -> None:
        self.attempt(lambda: self.desk.exchange.command(self.desk.now, leg.user or "alice", what, by_hand=True))

    @rule(user=st.sampled_from(USERS), on=st.booleans())
    def dnd(self, user: str, *, on: bool) -> None:
        self.attempt(lambda: self.desk.do(user, SetDnd(on)))

    @rule(seconds=st.floats(0, 90))
    def time_passes(self, seconds: float) -> None:
        self.desk.wait(seconds)

    @rule(user=st.sampled_from(USERS), data=st.data())
    def reconnect(self, user: str, data: st.DataObject) -> None:
        mark = data.draw(st.sampled_from(self.marks[user]))
        snapshot = self.snapshot(user, mark)
        number = int(mark.rpartition(":")[2])
        expected = [ended for told, ended in self.ended[user] if int(told.rpartition(":")[2]) > number]
        assert list(snapshot.ended) == expected

    def attempt(self, what: Any) -> None:
        told = len(self.desk.told)
        try:
            what()
        except Refused:
            assert len(self.desk.told) == told, "a refused command changes nothing"

    # --- what must hold ---

    @invariant()
    def what_was_told_can_be_believed(self) -> None:
        for told in self.desk.told[self.read :]:
            if told.user not in USERS:
                assert isinstance(told, BoardTold), "nobody calls the others"
                continue
            self.marks[told.user].append(told.mark)
            if isinstance(told, BoardTold):
                event = wire_answers.BoardEvent.model_validate(told)
                self.boards[told.user].apply(self.translator.signal(wire.read_answer(wire.encode(event))))  # type: ignore[arg-type]  a board again
            if not isinstance(told, LegTold):
                continue
            before = self.believed.pop(told.leg.id, None)
            assert not any(told.leg.id == ended.leg.id for _, ended in self.ended[told.user])
            state = next_state(before.state if before else CallState.NULL, told.kind)
            assert state is told.leg.state
            if state is CallState.NULL:
                over = EndedView(leg=told.leg, ended=told.at, cause=told.cause, kind=told.kind)
                self.ended[told.user].append((told.mark, over))
            else:
                self.believed[told.leg.id] = told.leg
            event = wire_answers.LegEvent.model_validate(told)
            signal = self.translator.signal(wire.read_answer(wire.encode(event)))  # type: ignore[arg-type]  a leg event again
            self.histories.follow(told)
            self.histories.hear(self.boards[told.user].apply(signal))  # type: ignore[arg-type]  as above
        times = [told.at for told in self.desk.told[max(0, self.read - 1) :]]
        assert times == sorted(times)
        self.read = len(self.desk.told)

    @invariant()
    def a_snapshot_is_the_sum_of_what_was_told(self) -> None:
        self.what_was_told_can_be_believed()
        for user in USERS:
            snapshot = self.snapshot(user)
            believed = {leg.id: leg for leg in self.believed.values() if leg.user == user}
            assert {leg.id: leg for leg in snapshot.live} == believed
            calls = self.boards[user].calls.values()
            assert {call.conversation for call in calls} == {leg.conversation for leg in believed.values()}
            told = {board.name: board for board in self.boards[user].boards.values()}
            for board in snapshot.boards:
                now = self.translator.snapshot(
                    wire_answers.WireState.model_validate({"at": self.desk.now, "mark": "x", "boards": [board]})
                ).boards[0]
                assert told.get(now.name, now) == now

    @invariant()
    def nobody_is_alone_in_a_call(self) -> None:
        legs = self.desk.exchange.legs()
        together = Counter(leg.conversation for leg in legs)
        parked = {leg.conversation for leg in legs if leg.orbit} | self.in_orbits()
        for leg in legs:
            dials = leg.state is CallState.INITIATED and leg.line and not leg.party.number
            alone = leg.state is CallState.FAILED or leg.conversation in parked or dials
            assert together[leg.conversation] > 1 or alone
        for conversation in together:
            joined = [
                leg
                for leg in legs
                if leg.conversation == conversation and leg.state in {CallState.CONNECTED, CallState.HOLD}
            ]
            waits = any(leg.state in {CallState.INITIATED, CallState.ALERTING} for leg in legs if leg not in joined)
            assert len(joined) != 1 or waits or conversation in parked

    def in_orbits(self) -> set[str]:
        """The conversations of those who are parked, outside parties among them, as the exchange has them."""
        return {branch.talk.id for branch in self.desk.exchange._switch.branches.values() if branch.talk.orbit}

    @invariant()
    def an_orbit_holds_one_call_that_everybody_sees(self) -> None:
        shown = self.desk.exchange._switch.reporter.boards
        boards = [board for user in USERS for board in shown(user) if board.board == "parked"]
        assert all(board == boards[0] for board in boards)
        assert len(boards[0].calls) == len(self.in_orbits())

    @invariant()
    def no_handset_talks_twice(self) -> None:
        legs = self.desk.exchange.legs()
        talking = {
            (leg.device, leg.conference or leg.id) for leg in legs if leg.device and leg.state is CallState.CONNECTED
        }
        assert all(times == 1 for times in Counter(device for device, _ in talking).values())
        conferences = Counter(leg.conference for leg in legs if leg.conference)
        assert all(times > 1 for times in conferences.values())
        assert all(leg.state is CallState.CONNECTED for leg in legs if leg.conference)
        mine = Counter((leg.user, leg.conversation) for leg in legs if leg.user and leg.state in JOINED)
        assert all(times == 1 for times in mine.values()), "nobody is twice in a call"
        office = self.desk.exchange.office
        for device, legs_there in Counter(leg.device for leg in legs if leg.device).items():
            found = office.handset(device)
            assert found
            assert legs_there <= len(found[1].appearances)

    @invariant()
    def no_key_carries_two_calls(self) -> None:
        legs = [leg for leg in self.desk.exchange.legs() if leg.user]
        assert all(leg.appearance for leg in legs)
        assert all(times == 1 for times in Counter((leg.device, leg.appearance) for leg in legs).values())
        shared = [leg for leg in legs if leg.appearance == SALES]
        assert len({leg.conversation for leg in shared}) <= 1
        assert sum(leg.state in {CallState.CONNECTED, CallState.HOLD} for leg in shared) <= 1

    @invariant()
    def no_line_carries_two_calls(self) -> None:
        lines = Counter(branch.line for branch in self.desk.exchange._switch.branches.values() if branch.line)
        assert all(times == 1 for times in lines.values())
        busy = {leg.line for leg in self.desk.exchange.legs() if leg.line and leg.state is not CallState.FAILED}
        assert busy <= set(lines)
        for told in self.snapshot("alice").boards:
            if isinstance(told, WireLines):
                assert {line.name for line in told.lines if line.state is LineState.IDLE} == set(LINES) - set(lines)

    @invariant()
    def the_pin_is_told_nobody(self) -> None:
        assert PIN not in str(self.desk.exchange.legs())
        assert PIN not in str(self.snapshot("alice"))

    @invariant()
    def all_calls_are_seen(self) -> None:
        for told in self.snapshot("alice").boards:
            if isinstance(told, WireSystemCalls):
                assert {call.id for call in told.calls} == {leg.conversation for leg in self.desk.exchange.legs()}

    def teardown(self) -> None:
        """Left alone, with everybody hanging up, the office comes to rest."""
        for leg in self.desk.exchange.legs():
            self.desk.exchange.hang_up(self.desk.now, leg.id)
        for _ in range(3):
            for leg in self.desk.exchange.legs():
                self.desk.exchange.hang_up(self.desk.now, leg.id)
        self.desk.now += timedelta(hours=1)
        self.desk.exchange.advance(self.desk.now)
        assert self.desk.exchange.legs() == ()
        self.what_was_told_can_be_believed()
        assert self.believed == {}
        assert all(not board.calls for board in self.boards.values())
        self.histories.check()


RandomOffice.TestCase.settings = settings(
    max_examples=45,
    stateful_step_count=50,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining traces each line, which is slow
)
TestRandomOffice = RandomOffice.TestCase
