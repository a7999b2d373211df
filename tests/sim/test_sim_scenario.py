from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from offices import NOON, adapter

from hub import events
from hub.clock import SystemClock
from hub.core.dial_plan import DialPlan
from hub.core.switchboard import Switchboard
from hub.errors import UserError
from hub.phone import commands
from hub.sim.adapter import SimAdapter, SimSettings
from hub.sim.day import Day, Progress
from hub.sim.deeds import Act, Deed
from hub.sim.exchange.exchange import Exchange
from hub.sim.exchange.journal import LegTold
from hub.sim.exchange.office import ABILITIES, Handset, Reject, Ring, ToVoicemail, Who, line_keys
from hub.sim.exchange.refusal import Refused
from hub.sim.player import Player
from hub.sim.samples import OFFICE_DAY, TWO_DESKS, sample_scenario
from hub.sim.scenario import CallEntry, DndEntry, Scenario, load, read
from hub.sim.server import SimServer

if TYPE_CHECKING:
    from pathlib import Path

    from hub.sim.exchange.journal import Told

SMALL = """\
office: {name: Small, lines: [L1], tone: 2}
users:
  alice:
    extension: 101
    password: alice-sim
    handsets: {desk: {name: Desk, appearances: 2}}
  bob:
    extension: 102
    password: bob-sim
    handsets: {bobs: {capabilities: [dial, end]}}
groups:
  all: {extension: 600, members: [alice, bob], name: Everybody}
numbers:
  +15855550100: {name: Main, route: [{ring: alice, for: 15}, {ring: all}, {voicemail: bob}]}
  0800: {route: [{reject: busy}]}
people:
  jane: {name: "Jane \\0\\e[2J", number: 0301234567}
day:
  - {at: 09:30, dnd_off: bob}
  - at: 08:58
    from: jane
    to: +15855550100
    then: [{after: 5, answer: desk}, {hang_up: caller}]
  - {at: 08:59:30, from: alice, handset: desk, to: 102}
  - {at: "09:00", dnd_on: bob}
"""


def small() -> Scenario:
    return read(SMALL.encode(), "small.yaml")


def wrong(text: str) -> list[str]:
    with pytest.raises(UserError) as error:
        read(text.encode(), "x.yaml")
    return [str(problem) for problem in error.value.problems]


def test_what_a_scenario_says() -> None:
    scenario = small()
    office = scenario.office
    assert office.users["alice"].handsets == (Handset(id="desk", name="Desk", appearances=line_keys(2)),)
    assert office.users["bob"].handsets[0].capabilities == {"dial", "end"}
    assert office.groups["all"].who == Who("600", "Everybody")
    assert office.routes[0].steps == (Ring("alice", 15), Ring("all", 20), ToVoicemail("bob"))
    assert isinstance(office.routes[1].steps[0], Reject)
    assert scenario.day == (
        CallEntry(
            at=8 * 3600 + 58 * 60,
            to="+15855550100",
            person=Who("0301234567", "Jane \0\x1b[2J"),
            acts=(Act(5, Deed.ANSWER, "desk"), Act(0, Deed.HANG_UP, "caller")),
        ),
        CallEntry(at=8 * 3600 + 59 * 60 + 30, to="102", user="alice", handset="desk"),
        DndEntry(at=9 * 3600, user="bob", on=True),
        DndEntry(at=9 * 3600 + 1800, user="bob", on=False),
    )
    assert scenario.calls == 2
    assert "alice-sim" not in repr(scenario)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("answer: desk", "anwser: desk", '23:23: day.1.then.0.anwser: unknown key "anwser" (did you mean "answer"?)'),
        ("answer: desk", "answer: dsek", '23:31: day.1.then.0.answer: there is no user or handset "dsek" (did'),
        ("from: jane", "from: jnae", '21:11: day.1.from: there is no user or person "jnae" (did you mean "jane"?)'),
        ("to: +15855550100", "to: +15855550199", "22:9: day.1.to: there is no number of the office"),
        ("at: 08:58\n", "at: 8.58\n", "20:9: day.1.at: a time of day reads 08:58 or 08:58:30"),
        ("members: [alice, bob]", "members: [alice, bbo]", '12:42: groups.all.members.1: there is no user "bbo"'),
        ("ring: alice", "ring: alcie", "14:45: numbers.+15855550100.route.0.ring: there is no user, group, "),
        ("voicemail: bob", "voicemail: jane", "there is no user"),
        ("{reject: busy}", "{reject: busy, ring: alice}", "a step has one of ring, queue, voicemail and reject"),
        ("{reject: busy}", "{reject: bsy}", "15:27: numbers.0800.route.0.reject: expected one of busy, "),
        ("extension: 102", "extension: 101", "8:16: users.bob.extension: alice has the extension 101 already"),
        ("extension: 102", "extension: ext", "8:16: users.bob.extension"),
        ("bobs:", "desk:", '"desk" is a handset already'),
        ("bobs:", "caller:", '"caller" is a word of its own already'),
        ("bobs:", '"a b":', "is no name"),
        ("dnd_off: bob", "dnd_off: bbo", '19:26: day.0.dnd_off: there is no user "bbo"'),
        ("dnd_off: bob", "dnd_off: bob, dnd_on: bob", "one of a call"),
        ("dnd_off: bob", "dnd_off: bob, to: 101", "belong to a call"),
        ("dnd_off: bob", "presence: bob", "presence and becomes belong together"),
        ("dnd_off: bob", "dnd_off: bob, becomes: away", "presence and becomes belong together"),
        ("dnd_off: bob", "presence: bbo, becomes: away", 'there is no user "bbo"'),
        ("handset: desk, to: 102", "handset: bobs, to: 102", "handset of theirs"),
        ("handset: desk, to: 102", "handset: desk, to: one", "cannot be dialled"),
        ("appearances: 2", "appearances: [{name: A, number: 1}]", "a bluetooth key alone has a number"),
        ("{hang_up: caller}", "{after: 3}", "somebody does one thing of"),
        ("{hang_up: caller}", "{transfer: alice}", "transfer has no to"),
        ("{hang_up: caller}", "{transfer: alice, to: bob}", "'bob' cannot be dialled"),
        ("{hang_up: caller}", "{hold: alice, to: 102}", "hold goes to nobody"),
        ("{hang_up: caller}", "{voicemail: alice, to: 102}", 'there is no user "102"'),
        ("{hang_up: caller}", "{hand_off: alice, to: bobby}", 'there is no handset "bobby" (did you mean'),
        ("{hang_up: caller}", "{park: alice, to: 701}", 'there is no orbit "701"'),
        ("{hang_up: caller}", "{answer: caller}", "there is no user or handset"),
        ("password: bob-sim", "passwrd: bob-sim", '"password" is missing'),
        ("tone: 2", "tone: loud", "1:42: office.tone: expected a number"),
        ("tone: 2", "tone: -2", "1:42: office.tone"),
        ("people:", "people: &p", "anchors"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_remedy(old: str, new: str, problem: str) -> None:
    assert SMALL.count(old) >= 1
    found = wrong(SMALL.replace(old, new, 1))
    assert all(one.startswith("x.yaml:") for one in found)
    assert any(problem in one for one in found), found
    assert not any("bob-sim" in one for one in found)


def test_all_mistakes_are_told_at_once() -> None:
    text = SMALL.replace("answer: desk", "answer: dsek").replace("from: jane", "from: jnae").replace("bbo", "bob")
    assert len(wrong(text)) == 2


@pytest.mark.parametrize("text", ["", "- a", "a: [", "a: 1\n---\nb: 2", "users: {}"])
def test_what_is_no_scenario(text: str) -> None:
    if text == "users: {}":
        assert read(text.encode(), "x.yaml").office.users == {}
    else:
        assert wrong(text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml: cannot be read"):
        load(tmp_path / "none.yaml")


def test_the_words_for_capabilities_are_those_of_the_commands() -> None:
    assert small().office.users["alice"].handsets[0].capabilities == ABILITIES


# --- played without a server ---


class Stage:
    """A scenario at an exchange, with its own time."""

    def __init__(self, scenario: Scenario, gap: timedelta | None = None, pace: float = 1.0) -> None:
        self.progress: list[Progress] = []
        self.over = False
        self.legs: list[LegTold] = []
        self.exchange = Exchange(scenario.office, epoch="boot", tell=self.hear, pace=pace)
        self.day = Day(self.exchange, scenario.day, tell=self.progress.append, over=self.end, longest_gap=gap)
        self.day.begin(NOON)

    def hear(self, told: Told) -> None:
        if isinstance(told, LegTold):
            self.legs.append(told)

    def end(self) -> None:
        self.over = True

    def play(self) -> list[str]:
        while (due := self.exchange.next_due) is not None:
            self.exchange.advance(due)
        return [f"{one.time} {one.sentence}" for one in self.progress]


def test_a_day_is_played_at_its_times() -> None:
    stage = Stage(small())
    assert stage.play() == [
        "08:58:00 Jane \0\x1b[2J calls +15855550100",
        "08:58:05 alice answers",
        "08:58:05 Jane \0\x1b[2J hangs up",
        "08:59:30 alice calls 102",
        "09:00:00 bob switches do-not-disturb on",
        "09:30:00 bob switches do-not-disturb off",
    ]
    assert stage.over
    assert stage.progress[-1].at == NOON + timedelta(seconds=1, minutes=32)
    assert (stage.day.report.calls, stage.day.report.skipped) == (2, ())


def test_quiet_times_are_left_out_and_the_speed_changes_nothing_else() -> None:
    slow, fast = Stage(small()), Stage(small(), gap=timedelta(seconds=1), pace=10.0)
    assert fast.play() == slow.play()
    assert fast.progress[-1].at - NOON < timedelta(seconds=10)


def test_what_others_did_before_is_skipped_and_told() -> None:
    stage = Stage(small())
    stage.exchange.advance(NOON + timedelta(seconds=3))
    for leg in stage.exchange.legs():
        stage.exchange.hang_up(NOON + timedelta(seconds=3), leg.id)
    stage.play()
    assert stage.over
    assert stage.day.report.skipped == (
        "desk cannot answer: the call is over",
        "caller cannot hang up: the call is over",
    )


def test_a_call_that_nobody_ends_is_ended_at_last() -> None:
    stage = Stage(read(SMALL.replace(", {hang_up: caller}", "").encode(), "x"))
    stage.play()
    assert stage.over
    assert stage.exchange.legs() == ()


def test_a_call_that_gets_nowhere_is_told() -> None:
    stage = Stage(read(SMALL.replace("lines: [L1]", "lines: []").encode(), "x"))
    told = stage.play()
    assert stage.over
    assert any("all outside lines are in use" in one for one in told)


PARTIES = """\
office: {name: Parties, lines: [L1, L2], orbits: ["701"]}
users:
  alice: {extension: 101, password: a, handsets: {desk: {}, cordless: {}}}
  bob: {extension: 102, password: b, handsets: {bobs: {}}}
  carol: {name: Carol, extension: 103, password: c, handsets: {carols: {}}}
numbers:
  "100": {name: Main, route: [{ring: alice}]}
people:
  jane: {name: Jane, number: "0301234567"}
day:
  - {at: 08:00, from: jane, to: "100", then: [THEN]}
"""
CONSULTED = "{after: 1, answer: desk}, {after: 5, consult: alice, to: 102}, {after: 2, answer: bob}"


ASKED = ("alice answers", "alice asks 102 about Jane", "bob answers")
PARKED = "{answer: desk}, {park: alice}, {after: 5, retrieve: bob}"
HANDED_OFF = "{answer: desk}, {hand_off: alice, to: cordless}, {after: 3, answer: cordless}, {hang_up: cordless}"


@pytest.mark.parametrize(
    ("then", "told", "with_jane"),
    [
        (
            f"{CONSULTED}, {{complete: alice}}, {{after: 1, hang_up: bob}}",
            [*ASKED, "alice puts Jane through to bob", "bob hangs up"],
            ["alice", "bob"],
        ),
        (
            f"{CONSULTED}, {{cancel: alice}}, {{hang_up: alice}}",
            [*ASKED, "alice drops bob and takes Jane back", "alice hangs up"],
            ["alice"],
        ),
        (
            f"{CONSULTED}, {{conference: alice}}, {{leave: desk}}, {{after: 1, hang_up: caller}}",
            [*ASKED, "alice joins Jane and bob", "alice leaves the others to themselves", "Jane hangs up"],
            ["alice", "bob"],
        ),
        (
            f"{CONSULTED}, {{conference: alice}}, {{hang_up: caller}}",
            [*ASKED, "alice joins Jane and bob", "Jane hangs up"],
            ["alice"],
        ),
        (
            f"{PARKED}, {{transfer: bob, to: 103}}, {{voicemail: carol}}, {{after: 3, hang_up: caller}}",
            [
                "alice answers",
                "alice parks Jane",
                "bob takes the call from orbit 701",
                "bob sends Jane on to 103",
                "carol sends Jane to voicemail",
                "Jane hangs up",
            ],
            ["alice", "bob", "carol"],
        ),
        (
            "{pick_up: carols}, {hang_up: carol}",
            ["carol picks up Jane for alice", "carol hangs up"],
            ["alice", "carol"],
        ),
        (HANDED_OFF, ["alice answers", "alice moves Jane to cordless", "alice answers", "alice hangs up"], ["alice"]),
    ],
)
def test_people_send_calls_on_and_join_them(then: str, told: list[str], with_jane: list[str]) -> None:
    stage = Stage(read(PARTIES.replace("THEN", then).encode(), "x"))
    stage.play()
    assert [one.sentence for one in stage.progress] == ["Jane calls 100", *told]
    assert (stage.over, stage.day.report.skipped, stage.exchange.legs()) == (True, (), ())
    assert {told.leg.user for told in stage.legs if told.leg.party.name == "Jane"} == set(with_jane)


@pytest.mark.parametrize("deed", ["complete: alice", "retrieve: bob", "pick_up: alice", "leave: alice"])
def test_what_cannot_be_done_with_a_call_is_skipped(deed: str) -> None:
    stage = Stage(read(PARTIES.replace("THEN", f"{{answer: desk}}, {{{deed}}}, {{hang_up: caller}}").encode(), "x"))
    stage.play()
    (skipped,) = stage.day.report.skipped
    word, who = deed.split(": ")
    assert skipped.startswith(f"{who} cannot {word.replace('_', ' ')}: ")


@pytest.mark.feature("LINE-01")
def test_somebody_calls_a_mobile() -> None:
    mobile = 'appearances: [{name: Mobile, kind: bluetooth, number: "0170 1234567"}]'
    text = SMALL.replace("appearances: 2", mobile).replace("lines: [L1]", "lines: []")
    stage = Stage(read(text.replace("    to: +15855550100", '    to: "01701234567"').encode(), "x"))
    assert stage.play()[1:3] == ["08:58:05 alice answers", "08:58:05 Jane \0\x1b[2J hangs up"]
    assert {told.leg.appearance for told in stage.legs if told.leg.party.number == "0301234567"} == {"Mobile"}


def test_a_stopped_day_is_over() -> None:
    stage = Stage(small())
    stage.exchange.advance(NOON + timedelta(seconds=2))
    stage.day.stop()
    assert len(stage.play()) == 1


# --- played at a server ---


@pytest.mark.feature("CALL-19")
@pytest.mark.parametrize("pace", [2_000, 100_000])
async def test_the_office_day_brings_alice_calls_of_every_kind(pace: float) -> None:
    scenario = load(sample_scenario(OFFICE_DAY))
    told: list[events.Event] = []
    async with SimServer(scenario.office, pace=pace) as server:
        settings = SimSettings.model_validate({"server": server.url, "user": "alice", "password": "alice-sim"})
        session = await SimAdapter(settings, DialPlan(area_code="585"), SystemClock()).open("")
        board = Switchboard("alice", next_seq=count(1).__next__, find_contacts=lambda _number: ())
        board.resync(session.snapshot)

        all_ended = asyncio.Event()

        async def listen() -> None:
            async for signal in session.signals():
                told.extend(board.apply(signal))
                if sum(isinstance(event, events.End) for event in told) == 28:
                    all_ended.set()

        listening = asyncio.create_task(listen())
        player = Player(server, scenario, longest_gap=0.01)
        player.start()
        report = await player.finished()
        mark = server.exchange.snapshot(server.now(), "alice").mark
        other = await adapter(server, "alice", password="alice-sim").open(mark)
        assert other.snapshot.ended == ()
        await other.close()
        await all_ended.wait()
        await session.close()
        await listening
    assert (report.calls, report.skipped) == (26, ())
    ends = [event.call for event in told if isinstance(event, events.End)]
    assert Counter((call.direction.value, str(call.outcome)) for call in ends) == {
        ("inbound", "ended"): 10,
        ("inbound", "missed"): 3,
        ("inbound", "elsewhere"): 3,
        ("inbound", "transferred"): 4,
        ("inbound", "parked"): 1,
        ("outbound", "ended"): 2,
        ("outbound", "transferred"): 2,
        ("outbound", "failed"): 2,
        ("outbound", "no_answer"): 1,
    }
    assert all(call.id.count(".") == 1 for call in ends), "no call came twice"
    assert sum(isinstance(event, events.Hold) for event in told) == 3
    conferences = (event.call for event in told if isinstance(event, events.CallEvent) and event.call.conference)
    assert {call.party.name for call in conferences} == {"Zoë Ångström-Müller", "Carol Clerk"}
    assert [event.on for event in told if isinstance(event, events.DndChanged)] == [True, False]
    assert board.calls == {}


def test_two_desks_have_no_day() -> None:
    scenario = load(sample_scenario(TWO_DESKS))
    assert scenario.day == ()
    assert {user.extension for user in scenario.office.users.values()} == {"101", "102"}


async def test_an_empty_day_is_over_at_once() -> None:
    scenario = load(sample_scenario(TWO_DESKS))
    async with SimServer(scenario.office) as server:
        player = Player(server, scenario)
        player.start()
        assert (await player.finished()).calls == 0


@pytest.mark.feature("LINE-03")
def test_the_sample_office_has_an_old_handset_and_says_what_it_lacks() -> None:
    office = load(sample_scenario(OFFICE_DAY)).office
    (mobile,) = (one for one in office.users["dave"].handsets if one.id == "dave-mobile")
    assert (mobile.model, mobile.conference_size) == ("D10 of 2009", 0)
    exchange = Exchange(office, epoch="old", tell=lambda _told: None)
    leg = exchange.command(NOON, "dave", commands.DialNumber("9#", "dave-mobile")).leg
    with pytest.raises(Refused, match=r"^dave-mobile \(D10 of 2009\) lacks the capability dtmf$"):
        exchange.command(NOON, "dave", commands.SendDigits(leg, "1"))
