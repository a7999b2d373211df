from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Self

import pytest

from hub import events
from hub.core.call import CallState, Direction, Leg, LegState, Party
from hub.core.dial_plan import DialPlan
from hub.core.signals import EndedLeg, Kind, LegSignal, Snapshot
from hub.core.switchboard import Switchboard
from hub.phone import commands
from hub.phone.about import HandsetInfo, PhoneInfo
from hub.phone.adapter import PhoneError
from hub.phone.connection import ConnectionState
from hub.phone.effects import Effects
from hub.phone.phone import Phone
from hub.phone.second_call import WouldEndCall

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLAN = DialPlan(area_code="585")
ALL = frozenset({"dial", "mute", "answer", "hold", "resume", "end", "ignore", "dnd"})
MORE = ALL | {"intercom", "retrieve", "pick_up", "seize", "answer_line", "resume_shared"}
ENDING = PhoneInfo(
    capabilities=MORE,
    handsets=(
        HandsetInfo(id="desk", capabilities=MORE, auto_hold=False),
        HandsetInfo(id="mobile", capabilities=MORE, auto_hold=False),
    ),
)


class StillClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, _seconds: float) -> None:
        await asyncio.sleep(0)


EFFECTS = {
    commands.AnswerLeg: Kind.ESTABLISHED,
    commands.HoldLeg: Kind.HELD,
    commands.ResumeLeg: Kind.RETRIEVED,
    commands.EndLeg: Kind.CLEARED,
}


class Desk:
    """A phone system at the other end of a phone: does every command, and tells what else the test says."""

    capabilities = ALL
    about = PhoneInfo()

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.done: list[commands.Command] = []
        self.legs: dict[str, Leg] = {}
        self.gone: set[str] = set()
        self.accepted = asyncio.Event()
        self.says: dict[str, str] = {}
        self.at_once: list[tuple[Kind, Leg]] = []
        self.told: list[events.Event] = []
        self.marks: list[str] = []
        self.up = asyncio.Event()
        seq = count(1).__next__
        board = Switchboard("alice", next_seq=seq, find_contacts=lambda _number: ())
        self.phone = Phone(board, self, PLAN, StillClock(), emit=self.hear, next_seq=seq)

    def hear(self, event: events.Event) -> None:
        self.told.append(event)
        self.marks.append(self.phone.mark)
        if isinstance(event, events.PhoneChanged) and event.state == "connected":
            self.up.set()

    async def open(self, _mark: str) -> Desk:
        return self

    async def signals(self) -> object:
        await asyncio.Event().wait()
        yield

    async def do(self, command: commands.Command) -> dict[str, str]:
        if isinstance(command, commands.LegCommand) and command.leg in self.gone:
            if isinstance(command, commands.EndLeg):
                self.signal(Kind.CLEARED, self.legs[command.leg])
            raise PhoneError(f"there is no call {command.leg}", "unknown_call")
        self.done.append(command)
        if type(command) in EFFECTS:
            self.signal(EFFECTS[type(command)], self.legs[command.leg])
        for kind, what in self.at_once:
            self.signal(kind, what)
        self.accepted.set()
        return self.says

    async def close(self) -> None:
        pass

    def signal(self, kind: Kind, what: Leg, mark: str = "") -> None:
        self.legs[what.id] = what
        self.phone.on_signal(LegSignal(kind=kind, leg=what, at=NOW, mark=mark))

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.phone.connection.run())
        await self.up.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def leg(name: str, talk: str, direction: Direction = Direction.INBOUND, device: str = "desk") -> Leg:
    party = Party(PLAN.number("5855551234"), "Ada")
    return Leg(id=name, conversation=talk, device=device, direction=direction, party=party, started=NOW)


async def test_commands_go_to_the_leg_that_is_meant() -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        desk.signal(Kind.DELIVERED, leg("a1", "a", device="desk"))
        desk.signal(Kind.DELIVERED, leg("a2", "a", device="mobile"))
        await desk.phone.ignore()
        assert desk.phone.calls[0].ignored
        assert (await desk.phone.answer()).state is CallState.CONNECTED
        desk.signal(Kind.CLEARED, leg("a2", "a"))
        assert (await desk.phone.hold()).state is CallState.HOLD
        assert (await desk.phone.resume("a.alice")).state is CallState.CONNECTED
        assert (await desk.phone.end()).ended == NOW
        await desk.phone.set_dnd(True)
        await desk.phone.dial("(585) 555-9876", "desk")
        assert desk.done == [
            commands.SilenceLeg("a1"),
            commands.SilenceLeg("a2"),
            commands.AnswerLeg("a1"),
            commands.HoldLeg("a1"),
            commands.ResumeLeg("a1"),
            commands.EndLeg("a1"),
            commands.SetDnd(on=True),
            commands.DialNumber(PLAN.dialled(PLAN.to_dial("585-555-9876")), "desk"),
        ]


async def test_who_dials_is_told_which_call_began() -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        desk.says = {"leg": "b1"}
        dialling = asyncio.create_task(desk.phone.dial("585-555-9876"))
        await desk.accepted.wait()
        desk.signal(Kind.DELIVERED, leg("a1", "a"))
        await asyncio.sleep(0)
        assert not dialling.done()
        desk.signal(Kind.ORIGINATED, leg("b1", "b", Direction.OUTBOUND))
        dialled = await dialling
        assert dialled.number.e164 == "+15855559876"
        assert dialled.call == desk.phone.calls[1]


async def test_a_call_that_failed_before_the_command_was_accepted_is_told_too() -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        desk.says = {"leg": "b1"}
        desk.at_once = [(kind, leg("b1", "b", Direction.OUTBOUND)) for kind in (Kind.ORIGINATED, Kind.CLEARED)]
        call = (await desk.phone.dial("585-555-9876")).call
        assert call is not None
        assert (call.id, call.ended) == ("b.alice", NOW)


@pytest.mark.parametrize("says", [{}, {"leg": "b1"}])
async def test_a_call_that_is_not_told_is_not_waited_for_long(says: dict[str, str]) -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        desk.phone.effects = Effects(0.05)
        desk.says = says
        assert (await desk.phone.dial("585-555-9876")).call is None


async def test_a_call_is_returned_as_it_is_when_what_was_asked_is_told() -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        one = leg("a1", "a")
        desk.signal(Kind.DELIVERED, one)
        desk.signal(Kind.ESTABLISHED, one)
        muting = asyncio.create_task(desk.phone.mute(on=True))
        await desk.accepted.wait()
        desk.signal(Kind.UPDATED, replace(one, party=Party(PLAN.number("101"), "Bob")))
        await asyncio.sleep(0)
        assert not muting.done()
        desk.signal(Kind.UPDATED, replace(one, muted=True))
        assert (await muting).muted
        assert (await desk.phone.mute(on=True)).muted


async def test_a_call_that_ends_meanwhile_is_returned_as_ended() -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        for kind in (Kind.DELIVERED, Kind.ESTABLISHED):
            desk.signal(kind, leg("a1", "a"))
        desk.at_once = [(Kind.CLEARED, leg("a1", "a"))]
        assert (await desk.phone.mute(on=True)).ended == NOW


async def test_an_effect_that_is_not_told_is_not_waited_for_long() -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        for kind in (Kind.DELIVERED, Kind.ESTABLISHED):
            desk.signal(kind, leg("a1", "a"))
        desk.phone.effects = Effects(0.05)
        assert not (await desk.phone.mute(on=True)).muted


SECOND = {
    "dial": ["102"],
    "redial": [],
    "intercom": ["102"],
    "answer": [],
    "resume": ["h.alice"],
    "retrieve": ["701"],
    "pick_up": [],
    "seize_line": [],
    "answer_line": ["L1"],
    "resume_shared": ["Sales"],
}


@pytest.mark.feature("CALL-16")
@pytest.mark.parametrize("what", SECOND)
@pytest.mark.parametrize("case", ["nobody talks there", "it holds", "it may", "it may not"])
async def test_what_would_end_a_call_is_done_only_if_it_may(what: str, case: str) -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        desk.capabilities = ENDING.capabilities
        desk.phone.effects = Effects(0.05)
        await desk.phone.dial("103")
        for kind in (Kind.ORIGINATED, Kind.CLEARED):
            desk.signal(kind, leg("x1", "x", Direction.OUTBOUND))
        for kind in (Kind.DELIVERED, Kind.ESTABLISHED, Kind.HELD):
            desk.signal(kind, leg("h1", "h"))
        for kind in (Kind.DELIVERED, Kind.ESTABLISHED):
            desk.signal(kind, leg("a1", "a", device="mobile" if case == "nobody talks there" else "desk"))
        desk.signal(Kind.DELIVERED, leg("r1", "r"))
        desk.about = (
            PhoneInfo(handsets=(replace(ENDING.handsets[0], auto_hold=True),)) if case == "it holds" else ENDING
        )
        desk.done.clear()
        asked = getattr(desk.phone, what)
        if case != "it may not":
            await asked(*SECOND[what], may_end=case == "it may")
            assert len(desk.done) == 1
            return
        with pytest.raises(WouldEndCall, match=r"desk puts no call on hold: this ends call a\.alice with Ada") as error:
            await asked(*SECOND[what])
        assert (error.value.call, error.value.code) == ("a.alice", "would_end_call")
        assert desk.done == []


@pytest.mark.feature("CALL-16", "CALL-22")
async def test_nothing_is_asked_before_an_emergency_call() -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        desk.capabilities = ENDING.capabilities
        desk.phone.effects = Effects(0.05)
        desk.about = ENDING
        for kind in (Kind.DELIVERED, Kind.ESTABLISHED):
            desk.signal(kind, leg("a1", "a"))
        await desk.phone.dial("911", "desk")
        await desk.phone.intercom("112")
        assert [command.name for command in desk.done] == ["dial", "intercom"]


async def test_declining_a_ringing_call_declines_it_at_every_device() -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        desk.signal(Kind.DELIVERED, leg("a1", "a"))
        desk.signal(Kind.DELIVERED, leg("a2", "a", device="mobile"))
        await desk.phone.end()
        assert desk.done == [commands.EndLeg("a1"), commands.EndLeg("a2")]


@pytest.mark.feature("CALL-03", "CALL-04")
@pytest.mark.parametrize("gone", ["a1", "a2"])
async def test_a_device_that_stopped_ringing_meanwhile_is_no_matter(gone: str) -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        desk.signal(Kind.DELIVERED, leg("a1", "a"))
        desk.signal(Kind.DELIVERED, leg("a2", "a", device="mobile"))
        desk.gone = {gone}
        (left,) = {"a1", "a2"} - desk.gone
        assert (await desk.phone.ignore()).ignored
        await desk.phone.end()
        assert desk.done == [commands.SilenceLeg(left), commands.EndLeg(left)]
        desk.signal(Kind.DELIVERED, leg("b1", "b"))
        desk.signal(Kind.DELIVERED, leg("b2", "b", device="mobile"))
        desk.gone = {"b1", "b2"}
        for command in (desk.phone.ignore, desk.phone.end):
            with pytest.raises(PhoneError, match="there is no call b2"):
                await command()


async def test_what_cannot_be_done_is_told() -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        codes = {}
        for what in ("answer", "hold", "resume", "end", "ignore"):
            with pytest.raises(PhoneError, match=f"there is no call to {what}") as error:
                await getattr(desk.phone, what)()
            codes[what] = error.value.code
        assert set(codes.values()) == {"wrong_state"}
        desk.signal(Kind.ORIGINATED, leg("a1", "a", Direction.OUTBOUND))
        desk.signal(Kind.DELIVERED, leg("a1", "a", Direction.OUTBOUND))
        with pytest.raises(PhoneError, match=r"cannot answer call a\.alice: it is outbound and alerting"):
            await desk.phone.answer("a.alice")
        with pytest.raises(PhoneError, match="there is no call b"):
            await desk.phone.end("b")
        desk.signal(Kind.DELIVERED, leg("b1", "b"))
        with pytest.raises(PhoneError, match=r"several calls could be meant, name one: a\.alice, b\.alice"):
            await desk.phone.end()
        with pytest.raises(PhoneError) as error:
            await desk.phone.dial("not a number")
        assert error.value.code == "invalid_number"
        assert desk.done == []


@pytest.mark.feature("ACC-01")
async def test_whoever_reads_the_log_learns_how_the_connection_stands(caplog: pytest.LogCaptureFixture) -> None:
    async with Desk(Snapshot(at=NOW)) as desk:
        desk.phone.on_state(ConnectionState.LOST, "cable pulled", frozenset())
        desk.phone.on_state(ConnectionState.REFUSED, "wrong password\x1b[2J", frozenset())
    logged = [(each.levelname, each.message) for each in caplog.records if each.name == "hub.phone.phone"]
    assert logged == [
        ("WARNING", "phone of alice lost: cable pulled"),
        ("ERROR", "phone of alice refused: wrong password\\x1b[2J"),
    ]


async def test_the_mark_moves_on_with_the_last_missed_event() -> None:
    live = LegState(leg=leg("a1", "a"), state=CallState.HOLD, answered=NOW)
    gone = EndedLeg(leg=leg("b1", "b"), ended=NOW)
    async with Desk(Snapshot(at=NOW, live=(live,), ended=(gone,), mark="m9")) as desk:
        told = [(event.type, mark) for event, mark in zip(desk.told, desk.marks, strict=True)]
        assert [kind for kind, _ in told] == ["phone", "ring", "answer", "hold", "ring", "end", "phone"]
        assert [mark for _, mark in told] == ["", "", "", "", "", "m9", "m9"]
        desk.signal(Kind.RETRIEVED, leg("a1", "a"), "m10")
        assert (desk.told[-1].type, desk.marks[-1]) == ("resume", "m10")
