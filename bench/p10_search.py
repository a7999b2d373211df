"""P10: searching a history of a million calls, newest first, beside SQLite's own full-text search of the same texts.

The other side is the least that could do it: one FTS5 table of names and numbers, in the order of its rows, asked by
the driver. Ours also finds parts of words, looks at notes and numbers, keeps users apart and gives whole lines.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import MetaData

from hub.core.call import Call, CallState, Direction, Outcome, Party
from hub.core.numbers import Number, NumberKind
from hub.store import search
from hub.store.past import Query
from hub.store.reader import Reader
from hub.store.store import Keep, Limits, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
ROUNDS = 300
SHOWN = 20
"""Lines that fit on a screen."""
AT_ONCE = 5_000
SYLLABLES = [
    "an",
    "be",
    "ca",
    "del",
    "e",
    "fi",
    "ga",
    "hu",
    "il",
    "jo",
    "kar",
    "lin",
    "mo",
    "nor",
    "ol",
    "pe",
    "qui",
    "ro",
    "san",
    "te",
    "ul",
    "vi",
    "wen",
    "xa",
    "yil",
    "zo",
    "ber",
    "din",
    "fer",
    "gre",
    "hol",
    "ing",
    "jan",
    "kow",
    "lop",
    "mar",
    "nes",
    "ost",
    "pol",
    "rik",
    "sch",
    "tor",
    "urs",
    "van",
    "wal",
    "yas",
    "zim",
]
BEGAN = datetime(2020, 1, 1, tzinfo=UTC)


def people(chance: random.Random) -> list[tuple[str, str]]:
    """Return 50,000 people, some of one first or last name, and their numbers."""
    words = ["".join(chance.choices(SYLLABLES, k=chance.randrange(2, 5))).title() for _ in range(5_000)]
    return [(" ".join(chance.choices(words, k=2)), f"+1585{chance.randrange(10**7):07}") for _ in range(50_000)]


def calls(known: list[tuple[str, str]], chance: random.Random) -> Iterator[Call]:
    for number in range(CALLS):
        name, digits = chance.choice(known)
        started = BEGAN + timedelta(seconds=number * 60)
        yield Call(
            id=f"{number}.alice",
            conversation=str(number),
            user="alice",
            direction=chance.choice((Direction.INBOUND, Direction.OUTBOUND)),
            state=CallState.NULL,
            party=Party(Number(digits, NumberKind.EXTERNAL, digits, digits[2:]), name),
            started=started,
            ended=started + timedelta(seconds=30),
            outcome=chance.choice((Outcome.ENDED, Outcome.MISSED)),
            device="desk",
        )


async def fill(path: Path, known: list[tuple[str, str]]) -> tuple[float, float]:
    """Write the calls to a store and to the other side; return the seconds that ours took to write and to index."""
    keep = Keep(most_calls=2 * CALLS, calls=timedelta(days=36_000))
    limits = Limits(most_waiting=2 * AT_ONCE, rest_after=3600, tidy_after=10**9, settle=10**9)
    store = Store(f"sqlite:///{path}", keep=keep, limits=limits)
    await store.open()
    begun = time.perf_counter()
    for number, call in enumerate(calls(known, random.Random(2)), 1):  # noqa: S311  no secret
        store.record_call(call)
        if number % AT_ONCE == 0:
            await store.flush()
    await store.flush()
    written = time.perf_counter() - begun
    probe = await store.database("probe", MetaData())
    begun = time.perf_counter()
    while await probe.run(lambda connection: search.settle(connection, AT_ONCE)):
        pass
    indexed = time.perf_counter() - begun
    await store.close()
    with closing(sqlite3.connect(path.with_name("peer.db"))) as peer:
        peer.execute("CREATE VIRTUAL TABLE calls USING fts5(name, number)")
        rows = ((call.party.name, call.party.number.text) for call in calls(known, random.Random(2)))  # noqa: S311
        peer.executemany("INSERT INTO calls VALUES (?, ?)", rows)
        peer.commit()
    return written, indexed


def searches(known: list[tuple[str, str]], chance: random.Random) -> dict[str, list[str]]:
    """Return what people look for: somebody, a number, a common name, what nobody is called."""
    return {
        "a name": [chance.choice(known)[0] for _ in range(ROUNDS)],
        "a number": [chance.choice(known)[1] for _ in range(ROUNDS)],
        "a last name": [chance.choice(known)[0].split()[1] for _ in range(ROUNDS)],
        "nobody": [f"{chance.choice(known)[0]} Zorkqux" for _ in range(ROUNDS)],
    }


def took(work: object, texts: list[str]) -> list[float]:
    seconds = []
    for text in texts:
        begun = time.perf_counter()
        work(text)  # type: ignore[operator]
        seconds.append(time.perf_counter() - begun)
    return sorted(seconds)


def figure(what: str, ours: float, peer: float) -> None:
    row = {
        "id": "P10", "what": what, "ours": ours * 1e3, "peer": peer * 1e3, "unit": "ms",
        "peer_name": "bare SQLite FTS5, whole words only", "ratio": peer / ours, "goal": "under 1 ms",
        "met": ours < 1e-3,
    }  # fmt: skip
    print(json.dumps(row))


def main() -> None:
    chance = random.Random(1)  # noqa: S311  no secret
    known = people(chance)
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as folder:
        path = Path(folder) / "hub.db"
        written, indexed = asyncio.run(fill(path, known))
        print(f"{CALLS} calls: written in {written:.0f} s, indexed in {indexed:.0f} s", file=sys.stderr)
        reader = Reader(f"sqlite:///{path}")
        with closing(sqlite3.connect(path.with_name("peer.db"))) as peer:

            def ours(text: str) -> object:
                return reader.entries(Query(user="alice", search=text, limit=SHOWN))

            def theirs(text: str) -> object:
                match = " ".join(f'"{word}"' for word in text.split())
                found = "SELECT rowid, name, number FROM calls WHERE calls MATCH ? ORDER BY rowid DESC LIMIT ?"
                return peer.execute(found, (match, SHOWN)).fetchall()

            for what, texts in searches(known, chance).items():
                ours(texts[0]), theirs(texts[0])
                mine, others = took(ours, texts), took(theirs, texts)
                for word, at in (("median", 0.5), ("p99", 0.99)):
                    figure(
                        f"{CALLS:,} calls searched for {what}, {word}",
                        mine[int(at * len(mine))],
                        others[int(at * len(others))],
                    )
            newest = took(lambda _: reader.entries(Query(user="alice", limit=SHOWN)), [""] * ROUNDS)
            print(f"the newest {SHOWN} without a search: {statistics.median(newest) * 1e3:.2f} ms", file=sys.stderr)
        reader.close()


if __name__ == "__main__":
    main()
