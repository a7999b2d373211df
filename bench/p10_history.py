"""P10: one call made durable, and a hundred at once, beside a bare write of 4 KiB and fdatasync on the same disk.

The two sides take turns, so that whatever else the machine does falls on both alike.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hub.core.call import Call, CallState, Direction, Party
from hub.core.numbers import Number, NumberKind
from hub.store.store import Store

ROUNDS = 300
WARM_UP = 20
PAGE = b"x" * 4096
BOB = Party(Number("5855551234", NumberKind.EXTERNAL, "+15855551234", "(585) 555-1234"), "Bob Smith")


def call(name: str) -> Call:
    return Call(
        id=f"{name}.alice",
        conversation=name,
        user="alice",
        direction=Direction.INBOUND,
        state=CallState.ALERTING,
        party=BOB,
        started=datetime.now(UTC),
        device="desk",
        counts=(("ring", 1),),
    )


async def record(store: Store, name: str, how_many: int) -> float:
    """Seconds until so many calls, and their mark, are durable."""
    calls = [call(f"{name}.{number}") for number in range(how_many)]
    begun = time.perf_counter()
    for each in calls:
        store.record_call(each, name)
    await store.flush()
    return time.perf_counter() - begun


async def claim(store: Store, name: str, how_many: int) -> float:
    """Seconds until so many actions are claimed for ever."""
    begun = time.perf_counter()
    granted = await asyncio.gather(*(store.claim(f"{name}.{number}") for number in range(how_many)))
    took = time.perf_counter() - begun
    assert all(granted)
    return took


def write(file: int, at: int) -> float:
    """Seconds until a page at the end of a file is durable."""
    begun = time.perf_counter()
    os.pwrite(file, PAGE, at * len(PAGE))
    os.fdatasync(file)
    return time.perf_counter() - begun


async def measure(folder: Path) -> dict[str, float]:
    store = Store(f"sqlite:///{folder / 'hub.db'}")
    await store.open()
    took: dict[str, list[float]] = {"page": [], "call": [], "claim": [], "100 calls": [], "100 claims": []}
    file = os.open(folder / "page", os.O_CREAT | os.O_RDWR)
    for turn in range(ROUNDS + WARM_UP):
        took["page"].append(write(file, turn))
        took["call"].append(await record(store, f"one {turn}", 1))
        took["page"].append(write(file, ROUNDS + WARM_UP + turn))
        took["claim"].append(await claim(store, f"one {turn}", 1))
        if turn % 5 == 0:
            took["100 calls"].append(await record(store, f"many {turn}", 100))
            took["100 claims"].append(await claim(store, f"many {turn}", 100))
    os.close(file)
    check(folder, len(took["call"]) + 100 * len(took["100 calls"]), len(took["claim"]) + 100 * len(took["100 claims"]))
    await store.close()
    return {what: statistics.median(seconds[WARM_UP // 5 :]) for what, seconds in took.items()}


def check(folder: Path, calls: int, claims: int) -> None:
    """All that was said to be durable must be there for another connection, and every page on the other side."""
    with closing(sqlite3.connect(folder / "hub.db")) as other:
        assert other.execute("SELECT count(*) FROM calls").fetchone() == (calls,)
        assert other.execute("SELECT count(*) FROM claims").fetchone() == (claims,)
        last = other.execute("SELECT mark FROM marks").fetchone()
        assert last == (f"one {ROUNDS + WARM_UP - 1}",), last
    assert (folder / "page").read_bytes() == PAGE * 2 * (ROUNDS + WARM_UP)


def figure(what: str, ours: float, peer: float, goal: float, goal_said: str) -> None:
    row = {
        "id": "P10", "what": what, "ours": ours * 1e6, "peer": peer * 1e6, "unit": "us",
        "peer_name": "4 KiB write + fdatasync", "ratio": peer / ours, "goal": goal_said, "met": ours <= goal * peer,
    }  # fmt: skip
    print(json.dumps(row))


def main() -> None:
    # beside this script, where the disk is a disk: a temporary folder may be memory, which is always durable at once
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as folder:
        took = asyncio.run(measure(Path(folder)))
    figure("history: one call durable", took["call"], took["page"], 2, "at most 2x its time")
    figure(
        "history: 100 calls at once, each",
        took["100 calls"] / 100,
        took["page"],
        0.5,
        "at most 0.5x its time (one commit)",
    )
    figure("one action claimed, durable", took["claim"], took["page"], 2, "at most 2x its time")
    figure(
        "100 actions claimed at once, each",
        took["100 claims"] / 100,
        took["page"],
        0.5,
        "at most 0.5x its time (one commit)",
    )


if __name__ == "__main__":
    main()
