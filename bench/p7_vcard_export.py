"""P7: write vCards, beside vobject, from the same contacts; the two sides take turns.

vobject writes the first of them only, for the time that it takes. Each side must be able to read what the other wrote.
"""

from __future__ import annotations

import io
import json
import statistics
import time

import vobject
from address_book import gist, people, to_vobject, vobject_gist

from hub_contacts.contact import Contact
from hub_contacts.vcard.read import read_vcards
from hub_contacts.vcard.write import Version, write_vcards

ROUNDS = 9
OURS, THEIRS = 10_000, 300


def main() -> None:
    contacts = list(people(OURS))
    written = io.BytesIO()
    write_vcards(contacts[:THEIRS], written, Version.V3)
    assert [vobject_gist(card) for card in vobject.readComponents(written.getvalue().decode())] == [
        gist(each) for each in contacts[:THEIRS]
    ]
    theirs_text = "".join(to_vobject(each) for each in contacts[:THEIRS]).encode()
    read = [gist(each) for each in read_vcards(io.BytesIO(theirs_text)) if isinstance(each, Contact)]
    assert read == [gist(each) for each in contacts[:THEIRS]]
    ours, theirs, ratios = [], [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for each in contacts[:THEIRS]:
            to_vobject(each)
        between = time.perf_counter()
        assert write_vcards(contacts, io.BytesIO(), Version.V3) == OURS
        ended = time.perf_counter()
        theirs.append(THEIRS / (between - begun))
        ours.append(OURS / (ended - between))
        ratios.append(ours[-1] / theirs[-1])
    row = {
        "id": "P7", "what": "write vCards", "ours": statistics.median(ours), "peer": statistics.median(theirs),
        "unit": "cards/s", "peer_name": "vobject", "ratio": round(statistics.median(ratios), 1), "goal": "30x",
        "met": statistics.median(ratios) >= 30,
    }  # fmt: skip
    print(json.dumps(row))


if __name__ == "__main__":
    main()
