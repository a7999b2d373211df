from __future__ import annotations

import json
from typing import Any

from facts_of import about, ringing
from hypothesis import given
from hypothesis import strategies as st

from hub import events
from hub.core.call import CallState, Direction, Outcome
from hub.rules.load import FileName, Loader
from hub.rules.ruleset import Rule, RuleSet
from hub.rules.vocabulary import Vocabulary

LOADER = Loader(Vocabulary())
NUMBERS = ["+15855550100", "5855550100", "15855550100", "204", "+1585*", "(585) 555-0199"]
CONDITIONS = {
    "direction": ["inbound", "outbound"],
    "internal": ["true", "false"],
    "answered": ["true", "false"],
    "outcome": ["missed", "ended"],
    "dnis": NUMBERS,
    "number": NUMBERS,
    "queue": ["sales", "s*", "support"],
    "line": ["1", "2"],
    "user": ["alice", "bob"],
    "caller": [{"known": "true"}, {"number": "204"}, {"number": "+15855550100", "known": "false"}, {"company": "acme"}],
    "weekday": ["mon-fri", "sun"],
}


def chosen(name: str) -> Any:
    return st.lists(st.sampled_from(CONDITIONS[name]), min_size=1, max_size=3)


flat = st.dictionaries(st.sampled_from(sorted(CONDITIONS)), st.none(), max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: chosen(name) for name in names})
)
when = flat | st.builds(
    lambda own, word, inner: {**own, word: inner}, flat, st.sampled_from(["any", "all", "not"]), flat
)
rule = st.fixed_dictionaries(
    {
        "on": st.lists(st.sampled_from(["ring", "dial", "answer", "end", "missed"]), min_size=1, max_size=3),
        "when": when,
        "inferred": st.sampled_from(["true", "false"]),
        "enabled": st.sampled_from(["true", "true", "false"]),
        "do": st.just({"note": "x"}),
    }
)
call = st.fixed_dictionaries(
    {
        "caller": st.sampled_from([*NUMBERS, "anonymous", ""]),
        "dnis": st.sampled_from([*NUMBERS, ""]),
        "direction": st.sampled_from(Direction),
        "internal": st.booleans(),
        "outcome": st.sampled_from([None, *Outcome]),
        "queue": st.sampled_from(["Sales", "", "support"]),
        "state": st.sampled_from([CallState.ALERTING, CallState.NULL]),
    }
)
kinds = st.sampled_from([events.Ring, events.Dial, events.Answer, events.End])


def raised(_rule: Rule, error: Exception) -> None:
    raise error


@given(rules=st.lists(rule, min_size=1, max_size=12), kind=kinds, change=call, inferred=st.booleans())
def test_the_index_finds_what_trying_every_rule_finds(
    rules: list[dict[str, Any]], kind: type[events.CallEvent], change: dict[str, Any], *, inferred: bool
) -> None:
    found = RuleSet(LOADER.load(json.dumps(rules).encode(), FileName("a.yaml", "user/a.yaml")))
    facts = about(kind, inferred=inferred, **change)
    one_by_one = [each.rule.id for each in found.explain(facts) if each.fires]
    assert [each.id for each in found.matching(facts, raised)] == one_by_one


def test_a_ring_looks_at_the_rules_that_match_and_not_at_those_that_exist() -> None:
    many = [
        {"on": "ring", "when": {"direction": "inbound", "dnis": str(number)}, "do": {"note": "x"}}
        for number in range(1000, 2000)
    ]
    found = RuleSet(LOADER.load(json.dumps(many).encode(), FileName("a.yaml", "user/a.yaml")))
    facts = ringing(dnis="1234")
    assert len(found._by_event[events.Ring].candidates(facts)) == 1
    assert [each.id for each in found.matching(facts, raised)] == ["user/a.yaml#235"]
