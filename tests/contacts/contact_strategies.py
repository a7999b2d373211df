"""Contacts as hypothesis makes them up: every field, with the characters that formats trip over."""

from __future__ import annotations

from hypothesis import strategies as st

from hub_contacts.contact import Address, Contact, ContactKind, Labelled, Photo, Property, clean
from hub_contacts.vcard.build import birthday

AWKWARD = st.sampled_from(
    [
        ";", ",", ":", "\\", "\\n", '"', "'", "=", "+", "-", "@", "%", "\t", "\n", ";;", ",,", "\\;", "BEGIN:VCARD",
        "END:VCARD", "=0D=", "é", "ü", "李", "🦄", "\u202e", "\x0b", "\x1c", "\x85", "\u2028", ":::", "''",
    ]
)  # fmt: skip
TEXT = (
    st.lists(AWKWARD | st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=5)
    .map("".join)
    .map(clean)
)
SOME = TEXT.filter(bool)
LABEL = (
    st.sampled_from(["", "work", "home", "mobile", "work fax", "Chalet", "_$!<Home>!$_", "home work", "pref", "Work"])
    | TEXT
)
NUMBER = (
    st.from_regex(r"\+?[0-9 ()/-]{2,16}( ext\. [0-9]{1,4})?", fullmatch=True).map(clean).filter(bool)
    | SOME
    | st.just("tel:1")
)
LABELLED = st.builds(Labelled, SOME, LABEL, st.booleans())
NUMBERS = st.builds(Labelled, NUMBER, LABEL, st.booleans())
ADDRESS = st.builds(Address, *[TEXT] * 7, LABEL, st.booleans()).filter(lambda address: any(address[:7]))
PHOTO = st.builds(
    Photo,
    st.binary(min_size=1, max_size=200),
    st.sampled_from(["image/jpeg", "image/png", "image/svg+xml", "image/gif"]),
)
PROPERTY = st.builds(
    Property,
    st.sampled_from(["X-FOO", "NICKNAME", "IMPP", "X-ABDATE", "ROLE", "X-ANDROID-CUSTOM"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), min_size=1, max_size=100).map(clean),
    st.sampled_from([(), (("TYPE", "WORK"),), (("X-A", '"b;c:d"'), ("TYPE", "home,work"))]),
    st.sampled_from(["", "item1", "item2", "g"]),
)
BIRTHDAY = st.dates().map(str) | st.sampled_from(["", "--02-29", "circa 1800", "1960-01"]) | TEXT.map(birthday)
FIELDS = (
    "uid source device description prefix first middle last suffix company department job_title note login dnis_name "
    "dnis_language"
)
CONTACT = st.builds(
    Contact,
    kind=st.sampled_from(ContactKind),
    numbers=st.lists(NUMBERS, max_size=8).map(tuple),
    emails=st.lists(LABELLED, max_size=5).map(tuple),
    addresses=st.lists(ADDRESS, max_size=3).map(tuple),
    urls=st.lists(LABELLED, max_size=3).map(tuple),
    photo=st.none() | PHOTO,
    favourite=st.booleans(),
    groups=st.lists(SOME | st.just("starred"), max_size=3, unique=True).map(tuple),
    birthday=BIRTHDAY,
    extra=st.lists(PROPERTY, max_size=3).map(tuple),
    **dict.fromkeys(FIELDS.split(), TEXT),
)
