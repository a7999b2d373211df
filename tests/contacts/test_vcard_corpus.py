from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pytest
import vobject
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from read_corpus import GOLDEN, VCARDS, read

from hub_contacts.contact import Contact, clean
from hub_contacts.refused import Refused
from hub_contacts.vcard.line import escape
from hub_contacts.vcard.read import read_vcards
from hub_contacts.vcard.write import Version, write_vcards

if TYPE_CHECKING:
    from pathlib import Path

BETTER = {
    "wrong-charset.vcf": "believes what is declared",
    "base64-text.vcf": "leaves names in base64",
    "android-qp-bug.vcf": "takes the next property for a part of the name",
}
GOOD = b"BEGIN:VCARD\nVERSION:3.0\nFN:Good\nTEL:1\nEND:VCARD\n"


def contacts(data: bytes) -> list[Contact]:
    return [each for each in read_vcards(io.BytesIO(data)) if isinstance(each, Contact)]


@pytest.mark.feature("CON-07")
@pytest.mark.parametrize("path", VCARDS, ids=lambda path: path.name)
def test_awkward_files_are_read_as_they_were(path: Path) -> None:
    """Looked through by hand once; `python tests/contacts/read_corpus.py` writes it anew."""
    assert read(path) == json.loads(GOLDEN.read_text(encoding="utf-8"))[path.name]


@pytest.mark.feature("CON-08")
@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("path", VCARDS, ids=lambda path: path.name)
def test_awkward_files_go_out_as_they_came_in(path: Path, version: Version) -> None:
    people = contacts(path.read_bytes())
    out = io.BytesIO()
    assert write_vcards(people, out, version) == len(people)
    assert contacts(out.getvalue()) == people


@pytest.mark.feature("CON-07")
@pytest.mark.parametrize("path", VCARDS, ids=lambda path: path.name)
def test_whatever_vobject_reads_is_read_the_same(path: Path) -> None:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        theirs = list(vobject.readComponents(text, allowQP="VERSION:2.1" in text))
    except (UnicodeDecodeError, LookupError, vobject.base.VObjectError, ValueError):
        pytest.skip("vobject cannot read it")
    if path.name in BETTER or not theirs:
        pytest.skip("vobject reads it wrongly")
    ours = contacts(path.read_bytes())
    assert len(ours) == len(theirs)
    for mine, card in zip(ours, theirs, strict=True):
        numbers = [clean(str(each.value)) for each in card.contents.get("tel", [])]
        assert len([number for number in numbers if number]) <= len(mine.numbers)
        for number in numbers:
            assert not number or number.startswith("tel:") or number in [each.text for each in mine.numbers]
        for each in card.contents.get("email", []):
            assert clean(each.value) in [email.text for email in mine.emails]
        if "n" in card.contents:
            for part in ("family", "given", "additional", "prefix", "suffix"):
                theirs_part = getattr(card.n.value, part)
                said = ",".join(theirs_part) if isinstance(theirs_part, list) else theirs_part
                assert clean(said) in (mine.last, mine.first, mine.middle, mine.prefix, mine.suffix)
        if "fn" in card.contents:  # vobject cuts texts at the first comma
            assert mine.description.startswith(clean(card.fn.value))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=30)
PARTS = st.lists(TEXT, min_size=5, max_size=5)
TYPES = st.sampled_from(["", ";TYPE=WORK", ";TYPE=home,pref", ';TYPE="cell,voice"', ";TYPE=WORK;TYPE=FAX"])


@pytest.mark.feature("CON-07")
@settings(max_examples=100)
@given(
    TEXT, PARTS, st.lists(st.tuples(TYPES, TEXT.filter(str.strip)), max_size=4), TEXT, st.integers(20, 90),
    st.sampled_from(["\r\n", "\n"]),
)  # fmt: skip
def test_cards_read_as_vobject_reads_them(
    name: str, parts: list[str], numbers: list[tuple[str, str]], note: str, width: int, end: str
) -> None:
    lines = [
        "BEGIN:VCARD", "VERSION:3.0", f"FN:{escape(name)}", "N:" + ";".join(escape(part) for part in parts),
        *(f"TEL{types}:{escape(number)}" for types, number in numbers), f"NOTE:{escape(note)}", "END:VCARD",
    ]  # fmt: skip
    folded = [f"{end} ".join([line[at : at + width] for at in range(0, len(line), width)]) for line in lines]
    text = end.join([*folded, ""])
    theirs = vobject.readOne(io.StringIO(text, newline=""))
    found = contacts(text.encode())
    if not found:
        assert not any(map(clean, (name, note, *parts)))
        assert not numbers
        return
    (ours,) = found
    assert ours.description == clean(theirs.fn.value)
    assert [each.text for each in ours.numbers] == [clean(each.value) for each in theirs.contents.get("tel", [])]
    assert ours.note == clean(theirs.note.value)
    n = theirs.n.value
    assert [ours.last, ours.first, ours.middle, ours.prefix, ours.suffix] == [
        clean(part) for part in (n.family, n.given, n.additional, n.prefix, n.suffix)
    ]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(VCARDS)).read_bytes()
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.integers(0, 80)))
        kind = draw(st.sampled_from(["cut", "twice", "bytes", "swap"]))
        if kind == "cut":
            data = data[:at] + data[to:]
        elif kind == "twice":
            data = data[:to] + data[at:]
        elif kind == "bytes":
            data = data[:at] + draw(st.binary(max_size=12)) + data[at:]
        else:
            data = data[to:] + data[:at]
    return data


@pytest.mark.feature("CON-07")
@settings(max_examples=150, deadline=None)
@given(damaged() | st.binary(max_size=300))
def test_nothing_that_a_file_holds_breaks_the_reader(data: bytes) -> None:
    found = list(read_vcards(io.BytesIO(data)))
    people = [each for each in found if isinstance(each, Contact)]
    for each in found:
        if isinstance(each, Refused):
            assert each.line >= 1
            assert each.reason
            assert len(each.reason) < 300
    out = io.BytesIO()
    write_vcards(people, out)
    assert len(contacts(out.getvalue())) == len(people)
    if re.search(rb"[A-Za-z0-9]{2}", data):
        assert found


@pytest.mark.feature("CON-07")
@settings(max_examples=100, deadline=None)
@given(damaged())
def test_the_cards_around_a_broken_one_go_in(data: bytes) -> None:
    assume(b"\0" not in data)
    assume(not data.startswith((b"\xff", b"\xfe")))
    assume(not re.search(rb"(?i)AGENT[^\r\n]*\s*$", data))  # what follows that is the agent's card
    found = contacts(GOOD + data + b"\n" + GOOD)
    assert found[0].description == found[-1].description == "Good"
