"""What to do so that our contacts and a source's agree again: a decision only, nothing is read or written here.

A content is whatever stands for all that one side holds of a contact. The two sides of a link are never compared with
each other but with what each held when they agreed: a source may write a card in its own way, or hold less than we do.
Before a contact is put its link is kept with what it is put as, so that a lost answer makes no second card. The new
token belongs to the links only when every step is done; else the same changes are asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping


class Card(NamedTuple):
    """A contact as the source has it; `alike` is of it what any source holds as it was put."""

    href: str
    etag: str
    content: str
    alike: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What the source told: what is new, changed or gone since the last token, or all that is there and what is not."""

    cards: tuple[Card, ...] = ()
    gone: frozenset[str] = frozenset()


class Link(NamedTuple):
    """Our contact `id` and the source's card (no href: a new one), and what each held when they agreed.

    While it is being put, `put` is what that is alike with.
    """

    id: str
    href: str
    etag: str
    mine: str
    theirs: str
    put: str = ""


class Deed(Enum):
    """What a step does, from our side."""

    TAKE = "write the card into our contact, which is a new one if the step has no id"
    PUT = "write our contact into the card, which is a new one if the step has no href"
    LINK = "only keep the link: both sides agree"
    SPLIT = "both were edited: ours stays as a new card of its own, the card becomes a new contact; tell"
    REMOVE = "delete our contact and the link"
    DELETE = "delete the card and the link"
    FORGET = "delete the link"


class Step(NamedTuple):
    """One thing to do; `etag` is that of the card now, to be given as condition."""

    deed: Deed
    id: str = ""
    href: str = ""
    etag: str = ""


def plan(links: Iterable[Link], ours: Mapping[str, str], changes: Changes, *, writable: bool = True) -> list[Step]:
    """Return the steps that make both sides agree; `ours` is the content of each of our contacts of this source.

    What is ours alone stays so where the source is not `writable`, but what it deletes is deleted.
    """
    cards = {card.href: card for card in changes.cards}
    kept = list(links)
    known = {link.href for link in kept}
    strangers = {card.alike: card for card in cards.values() if card.href not in known}
    steps: list[Step] = []
    for each in kept:
        link = _answered(each, cards.get(each.href) if each.href else strangers.pop(each.put, None))
        card = cards.pop(link.href, None)
        gone = not link.href or link.href in changes.gone
        steps += _linked(link, ours.get(link.id), card, gone=gone and card is None)
    linked = {link.id for link in kept}
    steps += (Step(Deed.PUT, id_) for id_ in ours if id_ not in linked)
    steps += (Step(Deed.TAKE, "", card.href, card.etag) for card in cards.values())
    return steps if writable else list(_for_reading(steps, {link.id for link in kept if link.href}))


def _answered(link: Link, card: Card | None) -> Link:
    """Return a link whose put was not answered as one that is to be put, again if the card is there."""
    if not link.put:
        return link
    if card is not None and card.alike == link.put and card.etag != link.etag:
        return link._replace(href=card.href, etag=card.etag, mine="")
    return link._replace(mine="")


def _linked(link: Link, mine: str | None, card: Card | None, *, gone: bool) -> Iterator[Step]:
    """Yield the step for what became of one linked contact on both sides; an edit beats a deletion."""
    unchanged = mine == link.mine
    if gone:
        if mine is None:
            yield Step(Deed.FORGET, link.id)
        elif unchanged and link.href:
            yield Step(Deed.REMOVE, link.id)
        else:
            yield Step(Deed.PUT, link.id)
        return
    theirs = card or Card(link.href, link.etag, link.theirs, "")
    edited = theirs.content != link.theirs and not (link.etag == theirs.etag and link.etag)
    if mine is None:
        deed = Deed.TAKE if edited else Deed.DELETE
    elif edited and mine != theirs.content:
        deed = Deed.TAKE if unchanged else Deed.SPLIT
    elif edited or unchanged:
        if (theirs.etag, theirs.content, mine) == (link.etag, link.theirs, link.mine):
            return
        deed = Deed.LINK
    else:
        deed = Deed.PUT
    yield Step(deed, link.id, theirs.href, theirs.etag)


def _for_reading(steps: Iterable[Step], linked: Container[str]) -> Iterator[Step]:
    """Yield what of the steps changes nothing at the source."""
    for step in steps:
        if step.deed is Deed.SPLIT:
            yield step._replace(deed=Deed.TAKE)
        elif step.deed is Deed.PUT and not step.href and step.id in linked:
            yield step._replace(deed=Deed.REMOVE)
        elif step.deed not in {Deed.PUT, Deed.DELETE}:
            yield step
