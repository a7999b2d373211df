"""What to do so that our contacts and a source's agree again: a decision only, nothing is read or written here.

A content is whatever stands for all that one side holds of a contact; equal contents need no work. Before a contact is
put as a new card its link without href is kept, so that an answer that is lost makes no second card. The new token
belongs to the links only when every step is done; else the same changes are asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Card(NamedTuple):
    """A contact as the source has it."""

    href: str
    etag: str
    content: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What the source told: all that it has if `whole`, else what is new, changed or gone since the last token."""

    cards: tuple[Card, ...] = ()
    gone: frozenset[str] = frozenset()
    whole: bool = False


class Link(NamedTuple):
    """Our contact `id` and the source's card, and the content on which both agreed; no href: it is being put."""

    id: str
    href: str
    etag: str
    agreed: str


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
    content: str = ""


def plan(links: Iterable[Link], ours: Mapping[str, str], changes: Changes) -> list[Step]:
    """Return the steps that make both sides agree; `ours` is the content of each of our contacts of this source."""
    cards = {card.href: card for card in changes.cards}
    kept = list(links)
    known = {link.href for link in kept}
    strangers = {card.content: card.href for card in cards.values() if card.href not in known}
    steps: list[Step] = []
    for link in kept:
        href = link.href or strangers.pop(link.agreed, "")
        card = cards.pop(href, None)
        gone = not href or href in changes.gone or (changes.whole and card is None)
        steps += _linked(
            link._replace(href=href), ours.get(link.id), None if card is None and gone else card, gone=gone
        )
    linked = {link.id for link in kept}
    steps += (Step(Deed.PUT, id_, content=content) for id_, content in ours.items() if id_ not in linked)
    return [*steps, *(Step(Deed.TAKE, "", *card) for card in cards.values())]


def _linked(link: Link, mine: str | None, card: Card | None, *, gone: bool) -> Iterator[Step]:
    """Yield the step for what became of one linked contact on both sides; an edit beats a deletion."""
    if card is None and gone:
        if mine is None:
            yield Step(Deed.FORGET, link.id)
        elif mine == link.agreed and link.href:
            yield Step(Deed.REMOVE, link.id)
        else:
            yield Step(Deed.PUT, link.id, content=mine)
        return
    theirs = card or Card(link.href, link.etag, link.agreed)
    if mine is None:
        deed = Deed.DELETE if theirs.content == link.agreed else Deed.TAKE
        yield Step(deed, link.id, *theirs)
    elif mine == theirs.content:
        if (theirs.etag, theirs.content) != (link.etag, link.agreed):
            yield Step(Deed.LINK, link.id, *theirs)
    elif theirs.content == link.agreed:
        yield Step(Deed.PUT, link.id, theirs.href, theirs.etag, mine)
    elif mine == link.agreed:
        yield Step(Deed.TAKE, link.id, *theirs)
    else:
        yield Step(Deed.SPLIT, link.id, *theirs)
