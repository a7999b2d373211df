"""P2: one ring against 1,000 rules, each for one called number; beside Home Assistant and plain lambdas."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import homeassistant_env

from hub.core.call import Call, Direction, Party
from hub.events import Ring
from hub.rules.load import FileName, Loader
from hub.rules.parts import Facts
from hub.rules.ruleset import RuleSet
from hub.rules.sample import CALL, FACTS
from hub.rules.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

RULES = 1000
EVENTS = 2000
ROUNDS = 7
HA_RULES = 100


def number(of: int) -> str:
    return f"+1585555{of:04}"


def our_rules() -> RuleSet:
    """Load rule files as a person writes them."""
    text = "".join(
        f'- {{name: "{of}", on: ring, when: {{direction: inbound, dnis: "{number(of)}"}}, do: {{note: x}}}}\n'
        for of in range(RULES)
    )
    return RuleSet(Loader(Vocabulary()).load(text.encode(), FileName("rules.yaml", "user/rules.yaml")))


def naive_rules() -> list[tuple[str, Callable[[Call], bool]]]:
    """The same conditions as compiled lambdas, tried one after another."""
    return [
        (
            str(of),
            eval(  # noqa: S307  our own text: this is how an engine of compiled expressions would do it
                f"lambda call: call.direction == 'inbound' and call.dialled.number.e164 == '{number(of)}'"
            ),
        )
        for of in range(RULES)
    ]


def rings() -> list[Call]:
    return [
        replace(CALL, direction=Direction.INBOUND, dialled=Party(FACTS.plan.number(number(turn * 7 % RULES)), "x"))
        for turn in range(EVENTS)
    ]


def never(rule: Any, error: Exception) -> None:
    raise AssertionError(rule) from error


def median(work: Callable[[], list[list[str]]], wanted: list[list[str]]) -> float:
    """Return the median of microseconds an event, having checked every answer."""
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        answers = work()
        took.append((time.perf_counter() - begun) / len(wanted) * 1e6)
        assert answers == wanted
    return statistics.median(took)


def main() -> None:
    ours, naive, calls = our_rules(), naive_rules(), rings()
    wanted = [[str(turn * 7 % RULES)] for turn in range(EVENTS)]
    events = [Ring(seq=1, at=call.started, user="alice", call=call) for call in calls]

    def by_index() -> list[list[str]]:
        return [[rule.name for rule in ours.matching(Facts(event, event.call), never)] for event in events]

    few = calls[:100]

    def one_by_one() -> list[list[str]]:
        return [[name for name, test in naive if test(call)] for call in few]

    us = median(by_index, wanted)
    lambdas = median(one_by_one, wanted[: len(few)])
    told = homeassistant_env.run("peer_homeassistant_rules.py", str(HA_RULES), "50", "3")
    row = {"id": "P2", "unit": "us an event", "ours": round(us, 2)}
    goal = "100x Home Assistant's conditions, ours with 1,000 rules and it with 100"
    if "missing" in told:
        told_why = f"Home Assistant could not be had: {told['missing']}"
        print(json.dumps({**row, "what": f"a ring against 1,000 rules ({told_why})", "goal": goal, "met": None}))
    else:
        theirs = told["template"]
        print(
            json.dumps(
                {
                    **row,
                    "what": "a ring against 1,000 rules",
                    "peer": round(theirs),
                    "peer_name": f"Home Assistant {told['version']}, 100 automations with a condition",
                    "ratio": round(theirs / us, 1),
                    "goal": goal,
                    "met": theirs / us >= 100,
                    "peer_by_trigger": round(told["event_data"]),
                }
            )
        )
        quick = told["event_data"]
        print(
            json.dumps(
                {
                    **row,
                    "what": "the same, their number in the trigger",
                    "peer": round(quick),
                    "peer_name": f"Home Assistant {told['version']}, 100 automations by event data",
                    "ratio": round(quick / us, 1),
                    "goal": "",
                    "met": None,
                }
            )
        )
    print(
        json.dumps(
            {
                **row,
                "what": "the same beside compiled lambdas",
                "peer": round(lambdas, 1),
                "peer_name": "1,000 lambdas, one by one",
                "ratio": round(lambdas / us, 1),
                "goal": "under 5 us",
                "met": us < 5,
            }
        )
    )


if __name__ == "__main__":
    main()
