"""P6: read 100,000 vCards, beside vobject, which wrote them; the two sides take turns.

vobject reads the first of the cards only, for the time that it takes; memory is that of a process of its own for each.
"""

from __future__ import annotations

import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import vobject
from address_book import gist, people, to_vobject, vobject_gist

from hub_contacts.contact import Contact
from hub_contacts.vcard.read import read_vcards

CARDS = 100_000
ROUNDS = 9
OURS, THEIRS = 6000, 500


def kilobytes(what: str) -> int:
    """Return a figure on this process in kilobytes; what `getrusage` says includes what started it."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1])


def peak_kilobytes(which: str, path: str) -> None:
    """Print how many kilobytes the most was, above what it was before the file was opened."""
    before = kilobytes("VmRSS")
    count = 0
    if which == "ours":
        with Path(path).open("rb") as stream:
            for each in read_vcards(stream):
                assert isinstance(each, Contact)
                count += 1
    else:
        with Path(path).open(encoding="utf-8", newline="") as text:
            count = sum(1 for _ in vobject.readComponents(text))
    print(count, kilobytes("VmHWM") - before)


def peak(which: str, path: Path, cards: int) -> float:
    """Megabytes that a process needs to read a file."""
    ran = subprocess.run([sys.executable, __file__, which, path], check=True, capture_output=True, text=True)
    count, kilobytes = map(int, ran.stdout.split())
    assert count == cards, ran
    return kilobytes / 1024


def main() -> None:
    texts = [to_vobject(each) for each in people(OURS)]
    ours_file, theirs_file = "".join(texts).encode(), "".join(texts[:THEIRS])
    read = [each for each in read_vcards(io.BytesIO(ours_file)) if isinstance(each, Contact)]
    assert [gist(each) for each in read[:THEIRS]] == [vobject_gist(c) for c in vobject.readComponents(theirs_file)]
    assert [gist(each) for each in read] == [gist(each) for each in people(OURS)]
    ours, theirs, ratios = [], [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        assert sum(1 for _ in vobject.readComponents(theirs_file)) == THEIRS
        between = time.perf_counter()
        assert sum(1 for _ in read_vcards(io.BytesIO(ours_file))) == OURS
        ended = time.perf_counter()
        theirs.append(THEIRS / (between - begun))
        ours.append(OURS / (ended - between))
        ratios.append(ours[-1] / theirs[-1])
    row = {
        "id": "P6", "what": "read vCards", "ours": statistics.median(ours), "peer": statistics.median(theirs),
        "unit": "cards/s", "peer_name": "vobject", "ratio": round(statistics.median(ratios), 1), "goal": "15x",
        "met": statistics.median(ratios) >= 15,
    }  # fmt: skip
    print(json.dumps(row))
    with tempfile.TemporaryDirectory() as folder:
        path, short = Path(folder) / "all.vcf", Path(folder) / "some.vcf"
        with path.open("w", encoding="utf-8", newline="") as out:
            for at in range(0, CARDS, OURS):
                out.writelines(texts[: CARDS - at])
        short.write_text("".join(texts[:THEIRS]), encoding="utf-8", newline="")
        most, peer = peak("ours", path, CARDS), peak("vobject", short, THEIRS)
    row = {
        "id": "P6", "what": "memory of reading 100,000 vCards", "ours": round(most, 1), "peer": round(peer, 1),
        "unit": "MB above base", "peer_name": f"vobject, {THEIRS} cards", "ratio": None, "goal": "under 30 MB",
        "met": most < 30,
    }  # fmt: skip
    print(json.dumps(row))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        peak_kilobytes(*sys.argv[1:])
    else:
        main()
