from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import UserError
from hub.rules.yaml_source import DEEPEST, LARGEST, Document, read


def one(text: str) -> Document:
    (document,) = read(text.encode(), "a.yaml")
    return document


def told(data: str | bytes) -> list[str]:
    with pytest.raises(UserError) as error:
        read(data if isinstance(data, bytes) else data.encode(), "a.yaml")
    return [str(problem) for problem in error.value.problems]


def test_scalars_stay_the_text_that_was_written() -> None:
    assert one("on: ring\nyes: no\na: 0301234567\nb: +49 30\nc: 1e3\nd:\ne: ~\nf: 08:30\n").tree == {
        "on": "ring", "yes": "no", "a": "0301234567", "b": "+49 30", "c": "1e3", "d": "", "e": "~", "f": "08:30",
    }  # fmt: skip


def test_lists_and_several_documents() -> None:
    documents = read(b"- a: 1\n- [x, {y: z}]\n---\nb: 2\n", "a.yaml")
    assert [document.tree for document in documents] == [[{"a": "1"}, ["x", {"y": "z"}]], {"b": "2"}]
    assert documents[1].place(("b",)) == "a.yaml:4:4: b"
    assert read(b"", "a.yaml") == []


def test_places() -> None:
    document = one("name: x\ndo:\n  - note: hi\n  - open_url: https://x/{{ y }}\n")
    assert document.place(("do", 1, "open_url")) == "a.yaml:4:15: do.1.open_url"
    assert document.at_key(("do", 1, "open_url")) == "a.yaml:4:5: do.1.open_url"
    assert document.place(("do", 1, "open_url", "url")) == "a.yaml:4:15: do.1.open_url"
    assert document.at_key(("do", 0, "nothing")) == "a.yaml:3:5: do.0"
    assert document.place(()) == "a.yaml:1:1"
    assert document.line(("do", 1)) == 4


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: one two\n", "1:8"),
        ("a: 'one two'\n", "1:9"),
        ("a: 'o''e two'\n", "1:10"),
        ('a: "one two"\n', "1:9"),
        ('a: "one\\ttwo"\n', "1:4"),
        ("a: |\n  x\n  one two\n", "3:7"),
        ("a: |\n\n    one two\n    x\n", "3:9"),
        ("a: >\n  one two\n", "2:7"),
    ],
)
def test_a_place_inside_a_text(text: str, place: str) -> None:
    document = one(text)
    tree = document.tree
    assert isinstance(tree, dict)
    value = tree["a"]
    assert isinstance(value, str)
    assert document.inside(("a",), value.index("two")) == f"a.yaml:{place}: a"


def test_what_surprises_is_refused_all_at_once() -> None:
    assert told("a: &x 1\nb: *x\na: 2\nc: !!int 3\n? [k]\n: v\n") == [
        "a.yaml:1:4: anchors (&name) are not used here (remove &x)",
        "a.yaml:2:4: aliases (*name) are not used here (write the value out)",
        'a.yaml:3:1: the key "a" stands here twice (the first is in line 1)',
        "a.yaml:4:4: tags (!name) are not used here (remove it: the meaning decides about the type)",
        "a.yaml:5:3: a key must be a text (if it begins with { or [, put it in quotes)",
    ]


def test_a_tab_is_named() -> None:
    assert told("a:\n\tb: 1\n") == ["a.yaml:2:1: a tab stands where spaces are needed (indent with spaces)"]


def test_a_colon_in_a_plain_text_is_explained() -> None:
    assert told("a: b: c\n") == [
        "a.yaml:1:5: a colon with a space after it is not allowed here (put the text in quotes)"
    ]


def test_what_is_not_text_is_told_with_its_place() -> None:
    assert told(b"a: 1\nb: \xff\xfe\n") == ["a.yaml:2:4: this is not UTF-8 text (save the file as UTF-8)"]
    assert told(b"a: 1\nb: x\x00y\n") == ["a.yaml:2:5: the character U+0000 is not allowed (remove it)"]


def test_size_and_depth_are_bounded() -> None:
    assert told("a" * (LARGEST + 1)) == ["a.yaml: the file is larger than 256 KiB (split it)"]
    assert "stand in each other" in told("[" * 100_000)[0]
    assert one("[" * DEEPEST + "]" * DEEPEST).tree == one("[" * DEEPEST + "]" * DEEPEST).tree


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read(b"\xef\xbb\xbfa: 1\n", "a.yaml")[0].tree == {"a": "1"}


@given(st.binary(max_size=200) | st.text(alphabet="ab:-[]{}&*!|>'\"\n\t #?,%@`\\", max_size=60).map(str.encode))
def test_arbitrary_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        documents = read(data, "a.yaml")
    except UserError:
        return
    for document in documents:
        for path in document.values:
            assert document.place(path).startswith("a.yaml:")
            assert document.inside(path, 1).startswith("a.yaml:")
