"""P3: a URL with five macros for one call, beside Jinja2, compiled, on the same values and to the same text."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import jinja2

from hub.core.call import Party
from hub.rules.builtin.macros import MACROS
from hub.rules.sample import CALL, FACTS
from hub.rules.template import Surroundings
from hub.rules.url_template import UrlTemplate

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.rules.parts import Facts

CALLS = 5000
ROUNDS = 9
MACRO = "https://crm.example/search?n=%CALLNUM%&who=%CALLNAME%&to=%DNISNUM%&line=%DNISNAME%&co=%COMPANY%"
JINJA = (
    "https://crm.example/search?n={{ callnum }}&who={{ callname }}&to={{ dnisnum }}&line={{ dnisname }}"
    "&co={{ company }}"
)


def facts() -> list[Facts]:
    found = []
    for turn in range(CALLS):
        contact = replace(CALL.contacts[0], name=f"Jane {turn} Doe", company=f"Söhne & Co {turn % 100}")
        caller = Party(FACTS.plan.number(f"+1585555{turn:04}"), "JANE")
        call = replace(CALL, party=caller, contacts=(contact,))
        found.append(replace(FACTS, call=call))
    return found


def microseconds(expand: Callable[[Facts], str], given: list[Facts]) -> float:
    begun = time.perf_counter()
    for each in given:
        expand(each)
    return (time.perf_counter() - begun) / len(given) * 1e6


def main() -> None:
    given = facts()
    # as anybody would, with the same encoding: each value through `quote`, when it is put out
    environment = jinja2.Environment(finalize=lambda value: quote(value, safe=""), autoescape=False)  # noqa: S701  a URL
    template = environment.from_string(JINJA)

    def theirs(each: Facts) -> str:
        return template.render({macro.name.lower(): macro.expand(each) for macro in MACROS})

    ours, own_jinja = UrlTemplate(MACRO, Surroundings()).expand, UrlTemplate(JINJA, Surroundings()).expand
    for each in given:
        assert ours(each) == theirs(each) == own_jinja(each)
    took: dict[str, list[float]] = {"ours": [], "theirs": [], "own_jinja": []}
    for _ in range(ROUNDS):
        for name, expand in (("ours", ours), ("theirs", theirs), ("own_jinja", own_jinja)):
            took[name].append(microseconds(expand, given))
    us, peer = statistics.median(took["ours"]), statistics.median(took["theirs"])
    print(
        json.dumps(
            {
                "id": "P3",
                "what": "a URL with five macros",
                "ours": round(us, 2),
                "peer": round(peer, 2),
                "unit": "us",
                "peer_name": f"Jinja2 {jinja2.__version__}, compiled",
                "ratio": round(peer / us, 2),
                "goal": "2x",
                "met": peer / us >= 2,
                "ours_as_jinja": round(statistics.median(took["own_jinja"]), 2),
            }
        )
    )


if __name__ == "__main__":
    main()
