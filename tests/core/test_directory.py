from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.call import Contact
from hub.core.dial_plan import DialPlan
from hub.core.directory import Directory, Listing, Part, directory_key
from hub.core.numbers import Number, NumberKind

PLAN = DialPlan(country="US", area_code="585")
NO_AREA = DialPlan(country="US")
ADA, BEN, CLEO = (
    Contact(id=name.lower(), name=name, company="Engines", groups=("vip",)) for name in ("Ada", "Ben", "Cleo")
)
FAVOURITE = Contact(id="f", name="Fay", favourite=True, link="https://example.com/fay", source="here")


def a_directory(*listings: tuple[Contact, str] | Listing, home: str = "+1") -> Directory:
    directory = Directory(home)
    for each in listings:
        listing = each if isinstance(each, Listing) else Listing(each[0], (each[1],))
        directory.part("one").put(listing)
    return directory


def names(directory: Directory, number: Number | str, plan: DialPlan = PLAN) -> list[str]:
    return [each.name for each in directory.find(plan.number(number) if isinstance(number, str) else number)]


@pytest.mark.feature("CON-05")
@pytest.mark.parametrize("written", ["+1 585 555 1234", "5855551234", "(585) 555-1234", "5551234", "1-585-555-1234"])
def test_a_number_is_found_however_it_is_written(written: str) -> None:
    directory = a_directory((ADA, "+15855551234"), (BEN, "+15855551235"))
    (found,) = directory.find(PLAN.number(written))
    assert found == ADA


def test_all_that_is_known_comes_back() -> None:
    assert a_directory((FAVOURITE, "+15855551234")).find(PLAN.number("+15855551234")) == (FAVOURITE,)


@pytest.mark.feature("CON-05")
def test_several_are_all_kept_the_best_first() -> None:
    directory = a_directory(
        Listing(ADA, ("+15855551234",), recent=1),
        Listing(BEN, ("+15855551234", "+15855559999"), recent=3),
        Listing(FAVOURITE, ("+15855551234",), recent=2),
    )
    directory.part("other").put(Listing(CLEO, ("+15855551234",), recent=2))
    assert names(directory, "+15855551234") == ["Fay", "Ben", "Cleo", "Ada"]
    assert names(directory, "+15855559999") == ["Ben"]


def test_of_very_many_the_best_are_told() -> None:
    directory = Directory(most=2)
    for n in range(5):
        directory.part("one").put(Listing(Contact(id=f"{n}", name=f"{n}"), ("+15855551234",), recent=n))
    assert names(directory, "+15855551234") == ["4", "3"]


@pytest.mark.feature("CON-05")
def test_extensions_are_exact() -> None:
    directory = a_directory((ADA, "101"), (BEN, "1012"), (CLEO, "+15855550101"))
    assert names(directory, Number("101", NumberKind.EXTENSION, national="101")) == ["Ada"]
    assert names(directory, Number("01", NumberKind.EXTENSION, national="01")) == []
    assert names(directory, Number("5550101", NumberKind.EXTENSION, national="5550101")) == []


@pytest.mark.feature("CON-05")
@pytest.mark.parametrize("listed", ["5551234", "5855551234", "05855551234", "15855551234", "0015855551234"])
def test_a_contact_with_the_end_of_a_number_is_found_by_the_whole(listed: str) -> None:
    directory = a_directory((ADA, listed))
    assert names(directory, "+15855551234") == ["Ada"]
    assert names(directory, "+15855551235") == []


def test_the_longest_end_counts() -> None:
    directory = a_directory((ADA, "5551234"), (BEN, "5855551234"))
    assert names(directory, "+15855551234") == ["Ben"]
    assert names(directory, "+17165551234") == ["Ada"]


@pytest.mark.feature("CON-05")
def test_where_an_end_is_known_the_one_number_that_ends_so_is_found() -> None:
    directory = a_directory((ADA, "+15855551234"), (BEN, "+15855551234"), (CLEO, "+15855559999"))
    assert names(directory, "5551234", NO_AREA) == ["Ada", "Ben"]
    directory.part("other").put(Listing(FAVOURITE, ("+17165551234",)))
    assert names(directory, "5551234", NO_AREA) == [], "it could be either"


@pytest.mark.parametrize("written", ["442079460123", "00442079460123"])
def test_a_whole_number_without_its_plus_is_found(written: str) -> None:
    directory = a_directory((ADA, "+442079460123"))
    assert names(directory, Number(written, NumberKind.MALFORMED, national=written)) == ["Ada"]


@pytest.mark.feature("CON-05")
def test_no_false_friends() -> None:
    directory = a_directory((ADA, "+4930555123401"), (BEN, "+15855551234"), (CLEO, "123456"), (FAVOURITE, "5551234"))
    assert names(directory, "+4940555123401") == [], "two whole numbers with the same end"
    assert names(directory, "+49305551234") == [], "an end is completed at home alone"
    assert names(directory, "123401", NO_AREA) == [], "too short an end"
    assert names(directory, "+15855123456") == [], "what is listed is too short an end"
    assert names(directory, Number("x", NumberKind.WITHHELD, national="5551234")) == []
    assert names(directory, Number("911", NumberKind.EMERGENCY, national="911")) == []
    assert names(directory, Number("", NumberKind.EXTERNAL)) == []
    assert names(a_directory((ADA, "12")), Number("a12", NumberKind.MALFORMED, national="a12")) == []
    garbage = Number("bot5551234", NumberKind.MALFORMED, national="bot5551234")
    assert names(directory, garbage) == [], "digits in a name are no number"
    assert names(directory, Number("555123401", NumberKind.MALFORMED, national="555123401")) == [], "it is not at home"


def test_nobody_has_a_number_that_is_not_listed() -> None:
    assert names(Directory(), "+15855551234") == []
    assert names(a_directory((ADA, "")), "anonymous") == []


@pytest.mark.parametrize(
    ("number", "key"),
    [
        (PLAN.number("5551234"), "+15855551234"),
        (Number("101", NumberKind.EXTENSION, national="101"), "101"),
        (Number("sip:x12-34", NumberKind.MALFORMED), "1234"),
        (Number("1234", NumberKind.WITHHELD), ""),
    ],
)
def test_the_key_of_a_number(number: Number, key: str) -> None:
    assert directory_key(number) == key


def test_a_listing_is_replaced_and_removed() -> None:
    directory = a_directory((ADA, "+15855551234"), (BEN, "+15855551234"), (CLEO, "+15855551234"))
    part = directory.part("one")
    part.put(Listing(ADA, ("+15855559999",)))
    assert names(directory, "+15855551234") == ["Ben", "Cleo"]
    assert names(directory, "+15855559999") == ["Ada"]
    for each in ("ada", "ben", "cleo", "cleo", "nobody"):
        part.remove(each)
    assert len(part) == 0
    assert names(directory, "+15855551234") == []
    assert not part._by_end


def test_a_part_is_swapped_at_once() -> None:
    directory, part = a_directory((ADA, "+15855551234")), Part()
    part.put(Listing(BEN, ("+15855551234",)))
    before = directory.swap("one", part)
    assert names(directory, "+15855551234") == ["Ben"]
    assert len(before) == 1
    before.empty()
    assert len(before) == 0
    assert names(directory, "+15855551234") == ["Ben"]


numbers = st.sampled_from(
    ["101", "5551234", "05551234", "5855551234", *(f"+1{area}555{end}" for area in (585, 716) for end in (1234, 2234))]
)
changes = st.lists(st.tuples(st.integers(0, 5), st.none() | st.lists(numbers, max_size=4)), max_size=40)


@settings(max_examples=200)
@given(changes)
def test_changed_in_place_it_is_as_if_made_anew(changes: list[tuple[int, list[str] | None]]) -> None:
    changed, now = Part(), dict[str, Listing]()
    for who, keys in changes:
        name = f"{who}"
        if keys is None:
            changed.remove(name)
            now.pop(name, None)
        else:
            now.pop(name, None)
            now[name] = Listing(Contact(id=name, name=name), tuple(keys), recent=who)
            changed.put(now[name])
    anew = Part()
    for each in now.values():
        anew.put(each)
    assert len(changed) == len(anew) == len(now)
    one, other = Directory("+1"), Directory("+1")
    one.swap("x", changed)
    other.swap("x", anew)
    for text in ("101", "5551234", "5855551234", "+15855551234", "+17165552234"):
        number = NO_AREA.number(text)
        assert one.find(number) == other.find(number)
