from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from facts_of import OUTBOUND, about, ringing

from hub import events
from hub.core.call import NOBODY, CallState, Contact, Direction, Outcome
from hub.rules.parts import Condition, Facts
from hub.rules.ruleset import Rule, RuleSet
from hub.rules.sample import CALL, FACTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.rules.vocabulary import Vocabulary

RING = "on: ring\ndo: {note: x}\nwhen: "


@pytest.mark.feature("RULE-04")
@pytest.mark.parametrize(
    ("when", "change", "holds"),
    [
        ("{direction: inbound}", {}, True),
        ("{direction: outbound}", {}, False),
        ("{direction: [outbound, inbound]}", {}, True),
        ("{internal: false}", {}, True),
        ("{internal: yes}", {}, False),
        ("{internal: on}", {"internal": True}, True),
        ("{caller: {known: true}}", {}, True),
        ("{caller: {known: false}}", {}, False),
        ("{caller: {known: false}}", {"contacts": ()}, True),
        ("{caller: {company: acme}}", {}, True),
        ("{caller: {company: acme}}", {"contacts": ()}, False),
        ("{caller: {group: [vip, customers]}}", {}, True),
        ("{caller: {group: vip}}", {}, False),
        ("{caller: {name: jane*}}", {}, True),
        ("{caller: {name: '*smith'}}", {}, False),
        ("{caller: {name: '[j]ane doe'}}", {}, False),
        ("{caller: {number: 585-555-0123}}", {}, True),
        ("{caller: {number: +1 (585) 555-0123, known: false}}", {}, False),
        ("{caller: [{number: '1'}, {known: true}]}", {}, True),
        ("{number: '+1585*'}", {}, True),
        ("{number: '585555012?'}", {}, True),
        ("{number: '+1716*'}", {}, False),
        ("{number: 204}", {"caller": "204"}, True),
        ("{number: 204}", {"caller": "2044"}, False),
        ("{number: '204'}", {"caller": ""}, False),
        ("{number: '*'}", {"caller": "anonymous"}, False),
        ("{dnis: '+15855550100'}", {}, True),
        ("{dnis: 0015855550100}", {}, False),
        ("{dnis: [1, 5855550100]}", {}, True),
        ("{dnis: 5855550100}", {"dialled": NOBODY}, False),
        ("{line: 1}", {}, True),
        ("{line: 2}", {}, False),
        ("{queue: SALES}", {}, True),
        ("{queue: '?ales'}", {}, True),
        ("{queue: sales}", {"queue": ""}, False),
        ("{device: desk}", {}, True),
        ("{user: [bob, Alice]}", {}, True),
        ("{user: bob}", {}, False),
        ("{time: 14:30-14:31}", {}, True),
        ("{time: 14:00-14:30}", {}, False),
        ("{time: 18:00-14:31}", {}, True),
        ("{time: 18:00-08:00}", {}, False),
        ("{weekday: mon}", {}, True),
        ("{weekday: sat-tue}", {}, True),
        ("{weekday: [tue-fri, Saturday]}", {}, False),
        ("{macro: {CALLNAME: '(?i)^jane'}}", {}, True),
        ("{macro: {callnum: '^\\+1', '%COMPANY%': 'Acme'}}", {}, True),
        ("{macro: {CALLNUM: '^\\+1', COMPANY: Other}}", {}, False),
        ("{any: [{queue: x}, {line: 1}]}", {}, True),
        ("{any: [{queue: x}, {line: 2}]}", {}, False),
        ("{all: [{queue: sales}, {line: 2}]}", {}, False),
        ("{not: {queue: sales}}", {}, False),
        ("{not: [{queue: x}, {line: 2}]}", {}, True),
        ("{not: [{queue: x}, {line: 1}]}", {}, False),
        ("{not: {queue: sales, line: 2}}", {}, True),
        ("{line: 1, any: [{not: {any: [{queue: x}, {user: bob}]}}, {queue: y}]}", {}, True),
        ("{outcome: ended}", {}, False),
        ("{answered: false}", {}, True),
        ("{}", {}, True),
    ],
)
def test_conditions(fires: Callable[[str, Facts], bool], when: str, change: dict[str, Any], holds: bool) -> None:  # noqa: FBT001  a parameter of the test
    assert fires(RING + when, ringing(**change)) is holds


@pytest.mark.feature("RULE-04")
def test_conditions_of_the_end(fires: Callable[[str, Facts], bool]) -> None:
    missed = about(events.End, outcome=Outcome.MISSED, answered=None)
    assert fires("{on: end, when: {outcome: [missed, failed]}, do: {note: x}}", missed)
    assert not fires("{on: end, when: {outcome: ended}, do: {note: x}}", missed)
    assert not fires("{on: end, when: {answered: true}, do: {note: x}}", missed)
    assert fires("{on: end, when: {answered: true}, do: {note: x}}", about(events.End))


@pytest.mark.feature("RULE-04")
def test_do_not_disturb_as_a_condition(fires: Callable[[str, Facts], bool]) -> None:
    rule = RING + "{dnd: on}"
    assert [fires(rule, replace(ringing(), dnd=dnd)) for dnd in (True, False, None)] == [True, False, False]


@pytest.mark.feature("RULE-04")
def test_time_is_the_hubs_own(fires: Callable[[str, Facts], bool]) -> None:
    facts = replace(ringing(), zone=ZoneInfo("Asia/Tokyo"))  # 14:30 UTC on a Monday is 23:30 there
    assert fires(RING + "{time: 23:30-23:31, weekday: mon}", facts)
    later = replace(facts, event=replace(facts.event, at=datetime(2026, 3, 2, 15, 0, tzinfo=UTC)))
    assert fires(RING + "{time: 00:00-00:01, weekday: tue}", later)


@pytest.mark.feature("RULE-03")
@pytest.mark.parametrize(
    ("on", "facts"),
    [
        ("ring", ringing()),
        ("dial", about(events.Dial, **OUTBOUND)),
        ("answer", about(events.Answer)),
        ("hold", about(events.Hold)),
        ("resume", about(events.Resume)),
        ("end", about(events.End)),
        ("end: ended", about(events.End)),
        ("{end: [missed, ended]}", about(events.End)),
        ("[ring, {end: ended}]", about(events.End)),
        ("missed", about(events.End, outcome=Outcome.MISSED)),
        ("[missed, end]", about(events.End, outcome=Outcome.MISSED)),
        ("dnd", replace(FACTS, call=None, event=events.DndChanged(seq=1, at=FACTS.event.at, user="a", on=True))),
        ("{dnd: on}", replace(FACTS, call=None, event=events.DndChanged(seq=1, at=FACTS.event.at, user="a", on=True))),
        ("start-up", replace(FACTS, call=None, event=events.Started(seq=1, at=FACTS.event.at, user="a"))),
        ("started", replace(FACTS, call=None, event=events.Started(seq=1, at=FACTS.event.at, user="a"))),
        ("ring:", ringing()),
    ],
)
def test_triggers(fires: Callable[[str, Facts], bool], on: str, facts: Facts) -> None:
    on = f"\n  {on}" if ": " in on or on.endswith(":") else on
    assert fires(f"on: {on}\ndo: {{note: x}}\n", facts)


@pytest.mark.feature("RULE-03")
@pytest.mark.parametrize(
    ("on", "facts"),
    [
        ("ring", about(events.Dial, **OUTBOUND)),
        ("missed", about(events.End)),
        ("{end: missed}", about(events.End)),
        ("{dnd: off}", replace(FACTS, call=None, event=events.DndChanged(seq=1, at=FACTS.event.at, user="a", on=True))),
    ],
)
def test_triggers_that_are_not_meant(fires: Callable[[str, Facts], bool], on: str, facts: Facts) -> None:
    assert not fires(f"{{on: {on}, do: {{note: x}}}}", facts)


@pytest.mark.feature("RULE-04")
@pytest.mark.parametrize("where", ["answered: true, ", "when: {answered: true}, "])
def test_answered_waits_for_the_answer(fires: Callable[[str, Facts], bool], where: str) -> None:
    rule = f"{{on: [ring, dial], {where}do: {{note: x}}}}"
    assert not fires(rule, ringing())
    assert fires(rule, about(events.Answer, state=CallState.CONNECTED))
    assert fires(rule, about(events.Answer, state=CallState.CONNECTED, direction=Direction.OUTBOUND))
    assert not fires(rule, about(events.End, outcome=Outcome.MISSED))
    only_inbound = f"{{on: ring, {where}do: {{note: x}}}}"
    assert not fires(only_inbound, about(events.Answer, direction=Direction.OUTBOUND))


@pytest.mark.feature("RULE-08")
def test_inferred_events_fire_only_what_wants_them(fires: Callable[[str, Facts], bool]) -> None:
    plain, wants = "{on: [ring, end], do: {note: x}}", "{on: [ring, end], inferred: true, do: {note: x}}"
    ended = about(events.End, inferred=True)
    assert (fires(plain, ended), fires(wants, ended)) == (False, True)
    over = about(events.Ring, inferred=True, state=CallState.NULL)
    assert (fires(plain, over), fires(wants, over)) == (False, True)
    still_rings = about(events.Ring, inferred=True, state=CallState.ALERTING)
    assert (fires(plain, still_rings), fires(wants, still_rings)) == (True, True)


def test_a_rule_at_rest_does_nothing(fires: Callable[[str, Facts], bool]) -> None:
    assert not fires("{on: ring, enabled: no, do: {note: x}}", ringing())


@pytest.mark.feature("RULE-04")
def test_a_regular_expression_sees_a_bounded_text(fires: Callable[[str, Facts], bool]) -> None:
    rule = RING + "{macro: {CALLNAME: 'z$'}}"
    assert fires(rule, ringing(caller="1", caller_name="x" * 255 + "z"))
    assert not fires(rule, ringing(caller="1", caller_name="x" * 300 + "z"))


def test_a_condition_that_raises_stops_its_own_rule(vocabulary: Vocabulary, load: Callable[[str], list[Rule]]) -> None:
    def broken(_value: object, _facts: Facts) -> bool:
        raise RuntimeError("ouch")

    def no_field(_facts: Facts) -> tuple[str]:
        raise RuntimeError("ouch")

    vocabulary.add(
        "p",
        Condition(name="moon", value=str, test=broken, doc="", field=no_field, keys=lambda value: (value,)),
    )
    rules = RuleSet(
        load("- {on: ring, when: {moon: full}, do: {note: x}}\n- {on: ring, when: {line: 1}, do: {note: y}}\n")
    )
    failed: list[tuple[str, str]] = []
    found = rules.matching(ringing(), lambda rule, error: failed.append((rule.id, str(error))))
    assert [rule.id for rule in found] == ["user/a.yaml#2"]
    assert failed == [("user/a.yaml#1", "ouch")]


@pytest.mark.feature("RULE-10")
def test_each_condition_has_a_verdict(load: Callable[[str], list[Rule]]) -> None:
    when = "{direction: inbound, any: [{queue: [x, y]}, {not: {caller: {known: true}}}]}"
    text = f"{RING}{when}"
    (explained,) = RuleSet(load(text)).explain(ringing())
    assert not explained.fires
    assert (explained.trigger.text, explained.trigger.holds) == ("on: ring", True)
    direction, one_of = explained.when.parts
    assert (direction.text, direction.holds, direction.seen) == ("direction: inbound", True, "inbound")
    queue = one_of.parts[0]
    assert (queue.text, queue.holds, queue.seen) == ("queue: x or y", False, "Sales")
    assert explained.stopped_by() == one_of
    assert CALL.queue == "Sales"


@pytest.mark.feature("RULE-04")
@pytest.mark.parametrize(
    ("when", "holds"),
    [("{company: engines*}", True), ("{group: family}", True), ("{group: vip, company: Engines Ltd}", True),
     ("{company: Babbage}", False), ("{known: true}", True), ("{name: Ada}", True),
     ("{name: Ada Lovelace}", False)],
)  # fmt: skip
def test_all_contacts_that_are_known_count(
    fires: Callable[[str, Facts], bool],
    when: str,
    holds: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    contacts = (
        Contact(id="1", name="Ada", groups=("family",)),
        Contact(id="2", name="Ada Lovelace", company="Engines Ltd", groups=("vip",)),
    )
    assert fires(f"{RING}{{caller: {when}}}", ringing(contacts=contacts)) is holds


@pytest.mark.feature("RULE-04")
def test_a_caller_whom_nobody_knows(fires: Callable[[str, Facts], bool]) -> None:
    stranger = ringing(caller="+15855550999", caller_name="Engines Ltd")
    for when in ("{known: true}", "{company: '*'}", "{group: '*'}"):
        assert not fires(f"{RING}{{caller: {when}}}", stranger)
    assert fires(RING + "{caller: {known: false}}", stranger)
