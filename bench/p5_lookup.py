"""P5: who is calling, among a million contacts: from text to contact, beside one parse by phonenumbers.

The sides take turns over numbers that are seen once each, as callers are. An event needs the parse anyway, and more
(what kind of number it is, how people write it): a row of its own tells. Loading is measured on a thread, as plugins
load, beside a loop that goes on; memory in processes of their own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import phonenumbers

from hub import Contact, DialPlan, Listing, Number, NumberKind
from hub.core.directory import Directory, Part
from hub.core.numbering import e164
from hub.plugin_host.listings import Listings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

CONTACTS = 1_000_000
BATCH = 400
ROUNDS = 41
PLAN = DialPlan(country="US", area_code="585")
AREAS = ("201", "212", "305", "312", "404", "415", "512", "585", "617", "716")


def number(n: int) -> str:
    """The n-th of the numbers that contacts have, each in another order of digits than the next."""
    return f"+1{AREAS[n % 10]}{2000000 + n // 10 * 79 % 8000000:07}"


def contact(n: int) -> Contact:
    return Contact(id=f"{n:016x}", name=f"Jane Doe {n}", company=f"Söhne & Co {n % 500}", source="bench")


def listings() -> Iterator[Listing]:
    for n in range(CONTACTS):
        yield Listing(contact(n), (number(n),), float(n))


def written(e164: str) -> str:
    """As phone systems of the country send it."""
    return f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}"


def resident() -> int:
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def memory(which: str) -> None:
    """Print the bytes that a million contacts take in the index, or as they lie there, without it."""
    gc.collect()
    before = resident()
    if which == "all":
        part = Part()
        for each in listings():
            part.put(each)
        gc.collect()
        assert len(part) == CONTACTS
        print(resident() - before)
        return
    lying: list[object] = []
    for each in listings():
        alone = Part()
        alone.put(each)
        lying += (each.contact.id, *each.keys, *alone.at(each.keys[0]))
    gc.collect()
    print(resident() - before - sys.getsizeof(lying))


def bytes_a_number(which: str) -> float:
    ran = subprocess.run([sys.executable, __file__, which], check=True, capture_output=True, text=True)
    return int(ran.stdout) / CONTACTS


async def load(directory: Directory) -> tuple[float, float]:
    """Load all on a thread; return how long that took, and for how long the loop was held up at worst."""
    loop = asyncio.get_running_loop()
    mine = Listings(directory, "bench", loop, threading.get_ident())
    begun = time.perf_counter()
    loading = loop.run_in_executor(None, mine.load, listings())
    worst = 0.0
    while not loading.done():
        at = time.perf_counter()
        await asyncio.sleep(0.001)
        worst = max(worst, time.perf_counter() - at - 0.001)
    await loading
    return time.perf_counter() - begun, worst


def normalised(text: str) -> Number:
    return Number(text, NumberKind.EXTERNAL, e164(phonenumbers.parse(text, "US")))


def microseconds(work: Callable[[T], object], given: list[T]) -> float:
    begun = time.perf_counter()
    for each in given:
        work(each)
    return (time.perf_counter() - begun) / len(given) * 1e6


def check(directory: Directory, chosen: random.Random) -> None:
    """Both sides must read the same number, and the index must find who has it, and nobody else."""
    for n in chosen.sample(range(CONTACTS), 2000):
        text = written(number(n))
        assert PLAN.number(text).e164 == normalised(text).e164 == number(n)
        assert directory.find(PLAN.number(text)) == directory.find(normalised(text)) == (contact(n),)
    for n in range(2000):
        assert directory.find(PLAN.number(f"+49301{n:07}")) == ()


def beside(what: str, ours: list[float], peer: list[float], goal: str, least: float | None = None) -> None:
    """Tell a figure beside the parses of the same rounds."""
    ratio = statistics.median(theirs / own for own, theirs in zip(ours, peer, strict=True))
    name = f"phonenumbers {phonenumbers.__version__}, one parse"
    met = None if least is None else ratio >= least
    figure(what, statistics.median(ours), "us", goal, statistics.median(peer), name, ratio, met=met)


def figure(
    what: str,
    ours: float,
    unit: str,
    goal: str = "",
    peer: float | None = None,
    name: str = "",
    ratio: float | None = None,
    *,
    met: bool | None = None,
) -> None:
    row = {
        "id": "P5", "what": what, "ours": round(ours, 3), "peer": peer and round(peer, 3), "unit": unit,
        "peer_name": name, "ratio": ratio and round(ratio, 2), "goal": goal, "met": met,
    }  # fmt: skip
    print(json.dumps(row, ensure_ascii=False))


def main() -> None:
    chosen = random.Random(5)  # noqa: S311  no secret
    directory = Directory("+1")
    took, worst = asyncio.run(load(directory))
    check(directory, chosen)
    order = chosen.sample(range(CONTACTS), BATCH * ROUNDS * 3)
    times: dict[str, list[float]] = {"parse": [], "whole": [], "index": [], "event": []}
    single: list[float] = []
    for turn in range(ROUNDS):
        here = [written(number(n)) for n in order[turn * 3 * BATCH : (turn + 1) * 3 * BATCH]]
        first, second, third = here[:BATCH], here[BATCH : 2 * BATCH], here[2 * BATCH :]
        times["parse"].append(microseconds(lambda text: phonenumbers.parse(text, "US"), first))
        times["whole"].append(microseconds(lambda text: directory.find(normalised(text)), first))
        read = [normalised(text) for text in second]
        times["index"].append(microseconds(directory.find, read))
        times["event"].append(microseconds(lambda text: directory.find(PLAN.number(text)), second))
        for each in [normalised(text) for text in third]:
            begun = time.perf_counter()
            directory.find(each)
            single.append(time.perf_counter() - begun)
    beside("text to contact, 1,000,000 contacts", times["whole"], times["parse"], "at most 1.3x its time", 1 / 1.3)
    beside("the same, without the parse", times["index"], times["parse"], "5x", 5)
    beside("the same, with all that an event says of a number", times["event"], times["parse"], "")
    figure("index, p99", statistics.quantiles(single, n=100)[98] * 1e6, "us")
    figure("load of 1,000,000 contacts, on a thread", took, "s")
    figure("loop held up at worst meanwhile", worst * 1000, "ms")
    everything, contents = bytes_a_number("all"), bytes_a_number("contents")
    size = everything - contents
    figure("memory of the index", size, "bytes a number", "under 100", met=size < 100)
    figure("memory of contacts, numbers and index", everything, "bytes a number")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        memory(sys.argv[1])
    else:
        main()
