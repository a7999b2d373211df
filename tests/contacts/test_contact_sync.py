"""The decision of the sync: random people edit both sides, answers get lost, tokens become invalid."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from hub_contacts.sync import Card, Changes, Deed, Link, Step, plan

LINK = Link("1", "a.vcf", "e1", "old", "OLD")


def card(etag: str, content: str) -> Card:
    return Card("a.vcf", etag, content, content.lower())


CASES = [
    ("old", None, False, None),
    ("old", card("e1", "OLD"), False, None),
    ("old", card("e1", "Old"), False, Step(Deed.LINK, "1", "a.vcf", "e1")),
    ("old", card("e2", "OLD"), False, Step(Deed.LINK, "1", "a.vcf", "e2")),
    ("old", card("e2", "NEW"), False, Step(Deed.TAKE, "1", "a.vcf", "e2")),
    ("old", None, True, Step(Deed.REMOVE, "1")),
    ("my", None, False, Step(Deed.PUT, "1", "a.vcf", "e1")),
    ("my", card("e2", "OLD"), False, Step(Deed.PUT, "1", "a.vcf", "e2")),
    ("my", card("e2", "my"), False, Step(Deed.LINK, "1", "a.vcf", "e2")),
    ("my", card("e2", "NEW"), False, Step(Deed.SPLIT, "1", "a.vcf", "e2")),
    ("my", None, True, Step(Deed.PUT, "1")),
    (None, None, False, Step(Deed.DELETE, "1", "a.vcf", "e1")),
    (None, card("e2", "NEW"), False, Step(Deed.TAKE, "1", "a.vcf", "e2")),
    (None, None, True, Step(Deed.FORGET, "1")),
]
INSTEAD = {Deed.PUT: None, Deed.DELETE: None, Deed.SPLIT: Deed.TAKE}


@pytest.mark.parametrize(("mine", "card", "gone", "step"), CASES)
@pytest.mark.parametrize("writable", [True, False])
def test_what_became_of_both_sides_decides(
    mine: str | None, card: Card | None, step: Step | None, *, gone: bool, writable: bool
) -> None:
    ours = {} if mine is None else {"1": mine}
    changes = Changes((card,) if card else (), frozenset({"a.vcf"} if gone else ()))
    if step and not writable:
        deed = Deed.REMOVE if gone and step.deed is Deed.PUT else INSTEAD.get(step.deed, step.deed)
        step = step._replace(deed=deed) if deed else None
    assert plan([LINK], ours, changes, writable=writable) == ([] if step is None else [step])


def test_a_put_without_an_answer_is_put_again() -> None:
    putting = LINK._replace(put="my")
    arrived, not_arrived = Changes((card("e2", "MY"),)), Changes((card("e1", "OLD"),))
    assert plan([putting], {"1": "my"}, arrived) == [Step(Deed.PUT, "1", "a.vcf", "e2")]
    assert plan([putting], {"1": "my"}, not_arrived) == [Step(Deed.PUT, "1", "a.vcf", "e1")]
    assert plan([putting], {"1": "my"}, Changes()) == [Step(Deed.PUT, "1", "a.vcf", "e1")]
    assert plan([putting], {}, arrived) == [Step(Deed.DELETE, "1", "a.vcf", "e2")]
    assert plan([putting], {"1": "my"}, Changes((card("e3", "NEW"),))) == [Step(Deed.SPLIT, "1", "a.vcf", "e3")]


def test_what_is_ours_alone_stays_where_the_source_cannot_be_written() -> None:
    assert plan([], {"1": "my"}, Changes()) == [Step(Deed.PUT, "1")]
    assert plan([], {"1": "my"}, Changes(), writable=False) == []


def test_a_lost_answer_makes_no_second_card() -> None:
    sides = TwoSides()
    sides.add_ours()
    sides.sync_broken_off(0, answered=False)
    sides.sync()
    assert (len(sides.ours), len(sides.source)) == (1, 1)


class TwoSides(RuleBasedStateMachine):
    """Our contacts and a source with tokens; each text is written once, so what is lost or doubled shows.

    The source writes all in capitals, and so does whoever edits there: the two sides are never equal. A text whose put
    was not answered, and which then was edited, may stay as a card of its own: nobody can tell.
    """

    def __init__(self) -> None:
        super().__init__()
        self.new = count(1)
        self.ours: dict[str, str] = {}
        self.source: dict[str, tuple[str, str]] = {}
        self.log: list[str] = []
        self.links: dict[str, Link] = {}
        self.token: int | None = None
        self.wanted: set[str] = set()
        self.unanswered: set[str] = set()

    def _fresh(self) -> str:
        return str(next(self.new))

    def _write(self, old: str) -> str:
        self.wanted.discard(old)
        self.wanted.add(text := f"text {self._fresh()}")
        return text

    def _store(self, href: str, text: str) -> str:
        self.log.append(href)
        self.source[href] = (etag := self._fresh(), text)
        return etag

    @rule()
    def add_ours(self) -> None:
        self.ours[self._fresh()] = self._write("")

    @rule()
    def add_theirs(self) -> None:
        self._store(f"{self._fresh()}.vcf", self._write("").upper())

    @precondition(lambda self: self.ours)
    @rule(data=st.data())
    def edit_ours(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.ours)))
        self.ours[id_] = self._write(self.ours[id_])

    @precondition(lambda self: self.source)
    @rule(data=st.data())
    def edit_theirs(self, data: st.DataObject) -> None:
        href = data.draw(st.sampled_from(sorted(self.source)))
        self._store(href, self._write(self.source[href][1].lower()).upper())

    @precondition(lambda self: self.ours)
    @rule(data=st.data())
    def delete_ours(self, data: st.DataObject) -> None:
        self.wanted.discard(self.ours.pop(data.draw(st.sampled_from(sorted(self.ours)))))

    @precondition(lambda self: self.source)
    @rule(data=st.data())
    def delete_theirs(self, data: st.DataObject) -> None:
        href = data.draw(st.sampled_from(sorted(self.source)))
        self.log.append(href)
        self.wanted.discard(self.source.pop(href)[1].lower())

    @rule()
    def forget_token(self) -> None:
        self.token = None

    @rule(broken_at=st.integers(0, 5), answered=st.booleans())
    def sync_broken_off(self, broken_at: int, *, answered: bool) -> None:
        steps, _ = self._plan()
        for step in steps[:broken_at]:
            self._do(step)
        if len(steps) > broken_at:
            self._do(steps[broken_at], answered=answered)

    @rule()
    def sync(self) -> None:
        for _ in range(4):
            steps, token = self._plan()
            for step in steps:
                self._do(step)
            self.token = token
        assert self._plan()[0] == []
        theirs = sorted(text.lower() for _, text in self.source.values())
        assert sorted(self.ours.values()) == theirs
        assert len(theirs) == len(set(theirs))
        assert self.wanted <= set(theirs) <= self.wanted | self.unanswered
        assert {link.href for link in self.links.values()} == set(self.source)

    def _plan(self) -> tuple[list[Step], int]:
        known = (link.href for link in self.links.values() if link.href)
        touched = dict.fromkeys((*self.source, *known) if self.token is None else self.log[self.token :])
        cards = tuple(
            Card(href, *self.source[href], self.source[href][1].lower()) for href in touched if href in self.source
        )
        gone = frozenset(href for href in touched if href not in self.source)
        return plan(self.links.values(), self.ours, Changes(cards, gone)), len(self.log)

    def _do(self, step: Step, *, answered: bool = True) -> None:
        id_ = step.id or self._fresh()
        etag, theirs = self.source.get(step.href, ("", ""))
        match step.deed:
            case Deed.TAKE:
                self.ours[id_] = theirs.lower()
                self.links[id_] = Link(id_, step.href, etag, theirs.lower(), theirs)
            case Deed.PUT:
                self._put(id_, step, answered=answered)
            case Deed.LINK:
                self.links[id_] = Link(id_, step.href, etag, self.ours[id_], theirs)
            case Deed.SPLIT:
                other = self._fresh()
                self.ours[other] = theirs.lower()
                self.links[other] = Link(other, step.href, etag, theirs.lower(), theirs)
                del self.links[id_]
            case Deed.REMOVE:
                del self.ours[id_], self.links[id_]
            case Deed.DELETE:
                self.log.append(step.href)
                del self.source[step.href]
                if answered:
                    del self.links[id_]
            case Deed.FORGET:
                del self.links[id_]

    def _put(self, id_: str, step: Step, *, answered: bool) -> None:
        href, mine = step.href or f"{self._fresh()}.vcf", self.ours[id_]
        kept = self.links.get(id_, Link(id_, "", "", "", ""))
        self.links[id_] = kept._replace(href=step.href, etag=step.etag, put=mine)
        etag = self._store(href, mine.upper())
        if answered:
            self.links[id_] = Link(id_, href, etag, mine, mine.upper())
        else:
            self.unanswered.add(mine)


TestTwoSides = TwoSides.TestCase
TestTwoSides.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
