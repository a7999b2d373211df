from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.presence import Presence
from hub.core.presence.arbiter import Choice, decide
from hub.core.presence.why import sentence
from hub.core.presence.wishes import Manual, PresenceCause, Wish

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = 40
"""Minutes of the day that hypothesis makes."""
IGNORED = frozenset({Presence.ON_VACATION, Presence.ON_BUSINESS_TRIP, Presence.AT_HOME})
STRONGEST_FIRST = ["rule", "appointment", "chat_call", "locked", "idle", "availability"]
"""As PRES-02 has it."""


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def wish(
    source: str, cause: PresenceCause, presence: Presence, since: int, until: int | None = None, weight: int = 0
) -> Wish:
    ends = None if until is None else at(until)
    return Wish(source=source, cause=cause, presence=presence, since=at(since), until=ends, weight=weight)


def meeting(since: int, until: int, presence: Presence = Presence.AT_A_MEETING, source: str = "cal") -> Wish:
    return wish(source, PresenceCause.APPOINTMENT, presence, since, until)


IN_OFFICE = Manual(Presence.IN_OFFICE, at(-60))

presences = st.sampled_from(Presence)


@st.composite
def plans(draw: st.DrawFn) -> list[Wish]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        since = draw(st.integers(0, DAY - 1))
        until = draw(st.none() | st.integers(since + 1, DAY))
        found.append(
            wish(
                f"s{number}",
                draw(st.sampled_from(PresenceCause)),
                draw(presences),
                since,
                until,
                draw(st.integers(0, 2)),
            )
        )
    return found


hands = st.dictionaries(st.integers(0, DAY), presences, max_size=4)
"""What is set by hand, by minute."""


def last_set(by_hand: dict[int, Presence], minute: int) -> Manual:
    before = [each for each in by_hand if each <= minute]
    return Manual(by_hand[max(before)], at(max(before))) if before else IN_OFFICE


def oracle(plan: Sequence[Wish], by_hand: dict[int, Presence], ignore: Iterable[Presence]) -> list[Presence]:
    """Walk through the day by the minute and remember what each change by hand has put out of effect."""
    stands, manual, out_of_effect = [], Presence.IN_OFFICE, set()
    for minute in range(DAY + 1):
        there = [one for one in plan if one.since <= at(minute) and not (one.until and one.until <= at(minute))]
        if minute in by_hand:
            manual = by_hand[minute]
            out_of_effect |= {one.source for one in there}
        now = manual
        if manual not in ignore:
            for cause in reversed(STRONGEST_FIRST):
                of_it = [one for one in there if one.cause == cause and one.source not in out_of_effect]
                for one in sorted(of_it, key=lambda each: (each.weight, each.since, each.source)):
                    now = one.presence
        stands.append(now)
    return stands


@given(plans(), hands, st.sets(presences, max_size=2))
def test_it_agrees_with_the_brute_force_oracle(
    plan: list[Wish], by_hand: dict[int, Presence], ignore: set[Presence]
) -> None:
    stands = [decide(last_set(by_hand, m), plan, ignore, at(m)).now.presence for m in range(DAY + 1)]
    assert stands == oracle(plan, by_hand, ignore)


@given(plans(), presences)
def test_when_all_let_go_the_presence_before_the_first_one_returns(plan: list[Wish], before: Presence) -> None:
    manual = Manual(before, at(-1))
    over = [replace(one, until=one.until or at(DAY)) for one in plan]
    assert decide(manual, over, (), at(-1)).now == Choice(before)
    assert decide(manual, over, (), at(DAY)).now == Choice(before)
    assert decide(manual, [], (), at(3)).now == Choice(before)


@given(plans(), st.integers(0, DAY), presences, st.integers(0, DAY))
def test_a_manual_change_is_never_undone_by_a_source_that_started_before_it(
    plan: list[Wish], when: int, value: Presence, later: int
) -> None:
    manual = Manual(value, at(when))
    decision = decide(manual, plan, IGNORED, at(when + later))
    assert decision.now.wish is None or decision.now.wish.since > manual.at
    assert decide(manual, plan, IGNORED, at(when)).now == Choice(value)


@given(st.lists(st.integers(1, DAY), min_size=2, unique=True), presences, hands.map(lambda given: given.keys()))
def test_no_flicker_between_touching_appointments(
    bounds: list[int], presence: Presence, overlaps: Iterable[int]
) -> None:
    bounds.sort()
    chain = [meeting(a, b, presence, f"cal{a}") for a, b in pairwise(bounds)]
    chain += [meeting(each, each + 3, presence, f"over{each}") for each in overlaps if bounds[0] <= each < bounds[-1]]
    begins, ends = chain[0].since, max(one.until for one in chain if one.until)
    instants = {one.since for one in chain} | {one.until for one in chain if one.until}
    for instant in sorted(instants | {each - timedelta(microseconds=1) for each in instants}):
        expected = presence if begins <= instant < ends else Presence.IN_OFFICE
        assert decide(IN_OFFICE, chain, (), instant).now.presence is expected


@given(plans(), st.integers(0, DAY), st.sampled_from(sorted(IGNORED)))
def test_a_manual_value_on_the_ignore_list_is_left_alone(plan: list[Wish], minute: int, value: Presence) -> None:
    decision = decide(Manual(value, at(-1)), plan, IGNORED, at(minute))
    assert decision.now == Choice(value)
    assert decision.ignored
    assert decision.until is None
    assert {one.source for one in decision.overridden} == {one.source for one in plan if one.holds(at(minute))}


@given(plans(), hands, st.integers(0, DAY))
def test_it_tells_until_when_that_stands_and_what_follows(
    plan: list[Wish], by_hand: dict[int, Presence], minute: int
) -> None:
    manual = last_set(by_hand, minute)
    decision = decide(manual, plan, (), at(minute))
    choices = {later: decide(manual, plan, (), at(later)).now for later in range(minute, DAY + 1)}
    changes = [later for later, choice in choices.items() if choice != decision.now]
    assert decision.until == (at(changes[0]) if changes else None)
    assert decision.follows == (choices[changes[0]] if changes else None)


@given(plans(), st.randoms())
def test_the_order_in_which_wishes_came_is_no_matter(plan: list[Wish], random: Random) -> None:
    mixed = list(plan)
    random.shuffle(mixed)
    assert decide(IN_OFFICE, mixed, (), at(10)) == decide(IN_OFFICE, plan, (), at(10))


def test_the_causes_stand_in_the_order_of_the_specification() -> None:
    assert list(PresenceCause) == STRONGEST_FIRST


@pytest.mark.parametrize(("stronger", "weaker"), list(pairwise(PresenceCause)))
def test_a_stronger_cause_wins_over_a_newer_and_weightier_one(stronger: PresenceCause, weaker: PresenceCause) -> None:
    both = [wish("a", stronger, Presence.BUSY, 0), wish("b", weaker, Presence.AWAY, 5, weight=9)]
    assert decide(IN_OFFICE, both, (), at(10)).now.presence is Presence.BUSY


def test_of_overlapping_appointments_the_weightier_wins_then_the_newer() -> None:
    long, short = meeting(0, 60), meeting(10, 20, Presence.BUSY, "short")
    assert decide(IN_OFFICE, [long, short], (), at(15)).now.presence is Presence.BUSY
    assert decide(IN_OFFICE, [replace(long, weight=1), short], (), at(15)).now.presence is Presence.AT_A_MEETING


def test_a_manual_change_lasts_to_the_end_of_the_cause_that_it_overrides_and_no_longer() -> None:
    manual = Manual(Presence.IN_OFFICE, at(5))
    both = [meeting(0, 30), meeting(30, 60, Presence.BUSY, "next")]
    stands = [decide(manual, both, (), at(minute)).now.presence for minute in (5, 29, 30, 60)]
    assert stands == [Presence.IN_OFFICE, Presence.IN_OFFICE, Presence.BUSY, Presence.IN_OFFICE]


def test_a_private_wish_keeps_no_text() -> None:
    private = Wish(
        source="cal", cause=PresenceCause.APPOINTMENT, presence=Presence.BUSY, since=NOON, reason="Clinic", private=True
    )
    assert "Clinic" not in repr(private)
    assert "Clinic" not in repr(replace(private, weight=1))


BUDGET = replace(meeting(0, 180, Presence.BUSY), reason="Budget")
SET = Manual(Presence.IN_OFFICE, at(5))


@pytest.mark.parametrize(
    ("manual", "wishes", "said"),
    [
        (IN_OFFICE, [], "In office, set by hand"),
        (
            IN_OFFICE,
            [BUDGET],
            "Busy, because calendar says 'Budget' until 15:00; manual value In office returns then",
        ),
        (
            IN_OFFICE,
            [replace(BUDGET, private=True)],
            "Busy, because calendar has a private entry until 15:00; manual value In office returns then",
        ),
        (
            IN_OFFICE,
            [replace(BUDGET, until=at(24 * 60), teller="Team", reason="")],
            "Busy, because Team has an appointment until 2026-11-24 12:00; manual value In office returns then",
        ),
        (
            IN_OFFICE,
            [BUDGET, replace(meeting(180, 200), source="next", reason="Review")],
            "Busy, because calendar says 'Budget' until 15:00; then At a meeting, because calendar says 'Review'",
        ),
        (IN_OFFICE, [wish("pc", PresenceCause.IDLE, Presence.AWAY, 0)], "Away, because this computer is idle"),
        (SET, [BUDGET], "In office, set by hand although calendar says 'Budget'"),
        (
            SET,
            [replace(BUDGET, since=at(60))],
            "In office, set by hand; at 13:00 Busy, because calendar says 'Budget'",
        ),
        (
            Manual(Presence.ON_VACATION, at(-60)),
            [BUDGET],
            "On vacation, set by hand; it is on the ignore list, so nothing but your hand changes it",
        ),
    ],
)
def test_it_is_said_why(manual: Manual, wishes: list[Wish], said: str) -> None:
    assert sentence(decide(manual, wishes, IGNORED, at(10)), at(10), UTC) == said
