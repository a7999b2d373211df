"""Write the parts of the documentation that are made from the code.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`. Run this file to bring all of them up to
date; a test fails when one is not.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from hub import events
from hub.core.call import CallState
from hub.core.transitions import CALL_STEPS, LEG_TRANSITIONS

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).resolve().parent
_BLOCK = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def leg_states() -> str:
    """Draw what a signal makes of a leg."""
    arrows: dict[tuple[CallState, CallState], list[str]] = {}
    for (old, kind), new in LEG_TRANSITIONS.items():
        if old is not new:
            arrows.setdefault((old, new), []).append(kind)
    names = {CallState.NULL: "[*]"}
    lines = [
        f"    {names.get(old, old)} --> {names.get(new, new)}: {', '.join(kinds)}"
        for (old, new), kinds in arrows.items()
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def call_steps() -> str:
    """Tabulate what a call's change of state means."""
    rows = [f"| {old} | {new} | {', '.join(steps)} |" for (old, new), steps in CALL_STEPS.items()]
    return "\n".join(["| from | to | means |", "|---|---|---|", *rows])


def event_table() -> str:
    """Tabulate the events."""
    rows = []
    for name, event in events.EVENTS.items():
        first = (event.__doc__ or "").strip().split("\n")[0]
        own = [field for field in event.__dataclass_fields__ if field not in events.Event.__dataclass_fields__]
        rows.append(f"| `{name}` | {first} | {', '.join(f'`{field}`' for field in own)} |")
    return "\n".join(["| type | when | fields beside `seq`, `at`, `user`, `inferred` |", "|---|---|---|", *rows])


BLOCKS: dict[str, Callable[[], str]] = {
    "leg-states": leg_states,
    "call-steps": call_steps,
    "events": event_table,
}


def renewed(text: str) -> str:
    """Return a page with its generated parts as they should be; raises KeyError for an unknown one."""
    return _BLOCK.sub(lambda match: f"{match[1]}{BLOCKS[match[2]]()}\n{match[3]}", text)


def main() -> None:
    """Bring every page up to date."""
    for page in DOCS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        if (new := renewed(text)) != text:
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
