from __future__ import annotations

from hub_contacts.contact import Address, Labelled
from hub_contacts.sources.slots import addresses_by_place, collect, distribute

PLACES = (("work1", "work"), ("work2", "work"), ("fax", "fax"), ("any", ""))


def numbers(*given: str) -> list[Labelled]:
    return [Labelled(f"{place}", label) for place, label in enumerate(given)]


def test_each_goes_where_its_label_says_then_where_there_is_room() -> None:
    assert distribute(numbers("work", "Work", "fax"), PLACES) == {"work1": "0", "work2": "1", "fax": "2"}
    assert distribute(numbers("boat", "work"), PLACES) == {"work1": "1", "any": "0"}
    assert distribute(numbers("home fax"), PLACES) == {"fax": "0"}
    assert distribute(numbers("boat", "car"), PLACES) == {"any": "0"}


def test_what_was_distributed_is_collected_with_its_labels() -> None:
    assert collect({"fax": " 1 ", "work1": "2", "work2": ""}, PLACES) == (Labelled("2", "work"), Labelled("1", "fax"))


def test_one_address_goes_into_each_place() -> None:
    work, again, bare = Address(city="A", label="work"), Address(city="B", label="work"), Address(city="C")
    places = (("Business", "work"), ("Home", "home"), ("Other", "other"))
    assert addresses_by_place([work, again, bare], places) == {"Business": work, "Other": bare}
