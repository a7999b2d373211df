"""Makes our contacts and those of a source agree, once: asks, decides (`hub_contacts.sync`), and does it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from hub import CardConflict, CardGone, CardRefused, Problem, SourceRefused, SourceUnreachable
from hub_contacts.merge import clash, merged
from hub_contacts.sources import links
from hub_contacts.sources.card_text import contact_in, fingerprint, text_of
from hub_contacts.sources.links import Kept, Standing, card_of
from hub_contacts.stored import Stored, new_id
from hub_contacts.sync import Card, Changes, Deed, Step, plan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping, Sequence
    from typing import TypeVar

    from sqlalchemy import Connection

    from hub import ContactCard, ContactChanges, ContactSource, Context
    from hub_contacts.book import Book
    from hub_contacts.contact import Contact

    T = TypeVar("T")

_AT_ONCE = 200
_MANY = 10
"""So many contacts that go at once, and more than half of all, are hardly meant to."""
_WITHIN = 600.0
"""Seconds that a source may take for one thing."""


@dataclass(slots=True)
class Outcome:
    """What became of it: contacts that are new here, edited here and there, and what could not be read or written.

    `again` says that something changed meanwhile, so that another time is needed.
    """

    found: int = 0
    conflicts: int = 0
    problems: list[Problem] = field(default_factory=list)
    again: bool = False


class Sync:
    """Our contacts of one source, and the source."""

    def __init__(self, name: str, source: ContactSource, book: Book, context: Context, *, read_only: bool) -> None:
        self._name = name
        self._source = source
        self._book = book
        self._context = context
        self._read_only = read_only
        self._kept: dict[str, Kept] = {}
        self._told: dict[str, tuple[ContactCard, Contact]] = {}
        self._edited: set[str] = set()
        self._outcome = Outcome()

    @property
    def writable(self) -> bool:
        """Whether what is edited here goes there."""
        return self._source.writable and not self._read_only

    async def is_edited(self) -> bool:
        """Tell whether there is something of ours that the source has not."""
        if not self.writable:
            return False
        kept, ours = await self._read_links(), await self._book.of_source(self._name)
        if any(each.link.put for each in kept.values()) or kept.keys() != {each.id for each in ours}:
            return True
        return any(kept[each.id].changed != each.changed for each in ours)

    async def run(self, standing: Standing, *, accept: bool = False) -> tuple[Standing, Outcome]:
        """Do it; return how the source stands then, and what became of it.

        Raises `SourceUnreachable` and `SourceRefused`, the latter too where much would be deleted without `accept`.
        """
        self._outcome = outcome = Outcome()
        self._edited = set()
        changes = await _within(self._source.changes(standing.token))
        self._kept = await self._read_links()
        outcome.problems += changes.problems
        cards, unread = await asyncio.to_thread(self._parsed, changes)
        steps = plan(
            [each.link for each in self._kept.values()],
            await self._ours(),
            Changes(cards, self._gone(changes, unread)),
            writable=self.writable,
        )
        if not accept:
            self._check(steps)
        await self._do(steps)
        token = standing.token if outcome.again else changes.token
        now = self._context.clock.now().timestamp()
        return Standing(token, now, standing.enabled), outcome

    def _parsed(self, changes: ContactChanges) -> tuple[tuple[Card, ...], set[str]]:
        """Return what to decide by of the cards that can be read, and the places of those that cannot."""
        cards: list[Card] = []
        unread: set[str] = set()
        self._told = {}
        for card in changes.cards:
            contact = contact_in(card.text)
            if contact is None:
                place = f"{self._name}: {card.href}"
                self._outcome.problems.append(Problem(place, "the card cannot be read", "look at it there"))
                unread.add(card.href)
            else:
                self._told[card.href] = (card, contact)
                cards.append(card_of(card, contact))
        return tuple(cards), unread

    def _gone(self, changes: ContactChanges, unread: set[str]) -> frozenset[str]:
        """Return what is gone; what could not be read is as it was, also where all is told."""
        if not changes.whole:
            return changes.gone
        known = {each.link.href for each in self._kept.values()}
        left_out = tuple(changes.unread)
        return frozenset(
            href for href in known - self._told.keys() - unread if not (left_out and href.startswith(left_out))
        )

    async def _ours(self) -> dict[str, str]:
        """Return the fingerprints of our contacts: only those that were written since are looked at."""
        ours: dict[str, str] = {}
        touched: list[Kept] = []
        for each in await self._book.of_source(self._name):
            kept = self._kept.get(each.id)
            if kept is not None and kept.changed == each.changed:
                ours[each.id] = kept.link.mine
            elif (whole := await self._book.get(each.id)) is not None:
                ours[each.id] = await asyncio.to_thread(fingerprint, whole.contact)
                if kept is not None and kept.link.mine == ours[each.id]:  # written, and nothing changed
                    touched.append(replace(kept, changed=each.changed))
        await self._write(partial(links.write_links, kept=touched))
        return ours

    def _check(self, steps: Iterable[Step]) -> None:
        """Raise `SourceRefused` where more than half of all would go, as when an account was set up anew."""
        counts = {deed: sum(step.deed is deed for step in steps) for deed in (Deed.REMOVE, Deed.DELETE)}
        for deed, where in ((Deed.REMOVE, "here"), (Deed.DELETE, "there")):
            if counts[deed] >= _MANY and counts[deed] * 2 > len(self._kept):
                raise SourceRefused.of(
                    f"{counts[deed]} of {len(self._kept)} contacts would be deleted {where}",
                    "refresh it with --accept if that is right",
                    self._name,
                )

    async def _do(self, steps: Sequence[Step]) -> None:
        new = [step.href for step in steps if step.deed is Deed.TAKE and not step.id]
        for start in range(0, len(new), _AT_ONCE):
            await self._take_new(new[start : start + _AT_ONCE])
        for step in steps:
            if step.deed is Deed.TAKE and not step.id:
                continue
            try:
                await self._step(step)
            except (CardConflict, CardGone):
                self._outcome.again = True
            except CardRefused as error:
                self._outcome.problems += error.problems
        self._outcome.found = len(new)

    async def _step(self, step: Step) -> None:
        match step.deed:
            case Deed.TAKE:
                await self._take(step.id, step.href)
            case Deed.PUT if step.href:
                await self._put(step)
            case Deed.PUT:
                await self._put_new(step.id)
            case Deed.LINK:
                await self._link(step)
            case Deed.SPLIT:
                await self._split(step)
            case Deed.REMOVE:
                await self._book.delete([step.id])
                await self._write(partial(links.remove_links, ids=[step.id]))
            case Deed.DELETE:
                with suppress(CardGone):
                    await _within(self._source.delete(step.href, step.etag))
                await self._write(partial(links.remove_links, ids=[step.id]))
            case Deed.FORGET:
                await self._write(partial(links.remove_links, ids=[step.id]))

    async def _take_new(self, hrefs: Sequence[str]) -> None:
        cards = {new_id(): self._told[href] for href in hrefs}
        stored = [Stored(id=id_, contact=self._as_its(contact)) for id_, (_, contact) in cards.items()]
        await self._book.put(stored, also=partial(self._linked, cards=cards))

    async def _take(self, contact_id: str, href: str) -> None:
        card, after = self._told[href]
        kept = self._kept[contact_id]
        before = kept.before(after)
        also = partial(self._linked, cards={contact_id: (card, after)})

        def change(stored: Stored) -> Stored:
            if self.writable and (kept.link.put or fingerprint(stored.contact) != kept.link.mine):
                self._edited.add(contact_id)  # a moment ago: the source has yet to get that
                self._outcome.again = True
            return replace(stored, contact=self._as_its(merged(stored.contact, before, after), after.uid))

        if await self._book.edit(contact_id, change, also=also) is None:
            await self._book.put([Stored(id=contact_id, contact=self._as_its(after))], also=also)

    async def _split(self, step: Step) -> None:
        """Take what was edited there where nothing of it was edited here; else keep both."""
        stored, after = await self._book.get(step.id), self._told[step.href][1]
        if stored is not None and not clash(stored.contact, self._kept[step.id].before(after), after):
            await self._take(step.id, step.href)
            return
        self._outcome.conflicts += 1
        self._outcome.again = True  # ours is put the next time, as a card of its own
        await self._book.edit(step.id, _renamed, also=self._unlink)
        await self._take_new([step.href])

    async def _put_new(self, contact_id: str) -> None:
        stored = await self._book.get(contact_id)
        if stored is not None and not stored.contact.uid:  # to write it is an edit, which is looked at anew
            stored = await self._book.edit(contact_id, _renamed)
        if stored is None:
            return
        await self._being_put(stored, "", "")
        try:
            card = await _within(self._source.put("", text_of(stored.contact), ""))
        except CardConflict:
            await self._book.edit(contact_id, _renamed)  # somebody has the place: ours goes to another
            raise
        await self._agreed(stored, card)

    async def _put(self, step: Step) -> None:
        stored = await self._book.get(step.id)
        if stored is not None:
            await self._being_put(stored, step.href, step.etag)
            await self._agreed(stored, await _within(self._source.put(step.href, text_of(stored.contact), step.etag)))

    async def _being_put(self, stored: Stored, href: str, etag: str) -> None:
        kept = self._kept.get(stored.id, Kept.new(stored.id)).being_put(stored.contact, href, etag)
        await self._write(partial(links.write_links, kept=[kept]))

    async def _link(self, step: Step) -> None:
        stored = await self._book.get(step.id)
        if stored is not None and step.href in self._told:
            await self._agreed(stored, self._told[step.href][0])

    async def _agreed(self, stored: Stored, card: ContactCard) -> None:
        theirs = contact_in(card.text) or stored.contact
        kept = Kept.of(stored.id, card, theirs, fingerprint(stored.contact), stored.changed)
        await self._write(partial(links.write_links, kept=[kept]))

    def _as_its(self, contact: Contact, uid: str = "") -> Contact:
        return replace(contact, source=self._name, uid=uid or contact.uid)

    def _linked(
        self, connection: Connection, stored: Sequence[Stored], *, cards: Mapping[str, tuple[ContactCard, Contact]]
    ) -> None:
        kept = []
        for each in stored:
            agreed = ("", 0.0) if each.id in self._edited else (fingerprint(each.contact), each.changed)
            kept.append(Kept.of(each.id, *cards[each.id], *agreed))
        links.write_links(connection, self._context.user, self._name, kept)

    def _unlink(self, connection: Connection, stored: Sequence[Stored]) -> None:
        links.remove_links(connection, self._context.user, self._name, [each.id for each in stored])

    async def _read_links(self) -> dict[str, Kept]:
        return await self._context.database.read(partial(links.read_links, user=self._context.user, source=self._name))

    async def _write(self, work: partial[None]) -> None:
        await self._context.database.run(partial(work, user=self._context.user, source=self._name))


def _renamed(stored: Stored) -> Stored:
    return replace(stored, contact=replace(stored.contact, uid=f"urn:uuid:{uuid4()}"))


async def _within(asking: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(_WITHIN):
            return await asking
    except TimeoutError:
        raise SourceUnreachable.of(f"it did not answer in {_WITHIN:g} s", "it is tried again") from None
