"""An address book at a CardDAV server (RFC 6352), with sync tokens (RFC 6578) where the server has them."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub import (
    BasicOrDigest,
    CardConflict,
    CardGone,
    CardRefused,
    ContactCard,
    ContactChanges,
    ContactSourceKind,
    Problem,
    Remote,
    RemoteAnswer,
    SourceRefused,
    checked_address,
    remote_refusal,
)
from hub_contacts.sources import dav_xml
from hub_contacts.sources.card_text import contact_in, text_of
from hub_contacts.sources.carddav_discovery import XML, AddressBook, ask, find_address_book
from hub_contacts.sources.dav_xml import Multistatus, NotDavError, error_names, multiget, multistatus, same_path, url_of
from hub_contacts.vcard.write import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import Any, Self

    from hub import Context, SignIn

_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_NO_TOKEN = {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
_SAME_UID = f"{dav_xml.C}no-uid-conflict"
_NAME = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_NAME = 100
_MOST_PAGES = 1000


class CardDavSettings(BaseModel):
    """What a source of the kind `carddav` needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="address of the server, of your account there, or of an address book")
    user: str = Field(default="", description="your name there")
    password: str = Field(default="", description="reference to your password there, such as ${keyring:cloud}")
    address_book: str = Field(default="", description="name of the address book; empty: the first")
    unencrypted: bool = Field(
        default=False, description="allow http:// to another computer, where others can read along"
    )

    @model_validator(mode="after")
    def _safe(self) -> Self:
        checked_address(self.url, unencrypted=self.unencrypted)
        return self


class CardDav:
    """The source: the place of a card is its path at the server.

    At most `most_cards` are taken, `at_once` of them in one request.
    """

    def __init__(
        self,
        place: str,
        settings: CardDavSettings,
        secret: Callable[[str], str],
        *,
        most_cards: int = 100_000,
        at_once: int = 50,
    ) -> None:
        self.writable = True
        self._place = place
        self._settings = settings
        self._secret = secret
        self._most_cards = most_cards
        self._at_once = at_once
        self._web: Remote | None = None
        self._book: AddressBook | None = None

    async def changes(self, token: str) -> ContactChanges:
        """Return what changed since a token, or all there is."""
        web, book = await self._opened(anew=not token)
        if book.syncs:
            told = await self._since(web, book, token) if token else None
            return told if told is not None else await self._since(web, book, "") or await self._listed(web, book, "")
        return await self._listed(web, book, token)

    async def put(self, href: str, text: str, etag: str) -> ContactCard:
        """Write a card as vCard 3.0, which every server takes; a new one under a name made of its UID."""
        contact = contact_in(text)
        if contact is None:
            raise CardRefused.of("the card says nothing", "", self._place)
        web, book = await self._opened()
        name = _NAME.sub("-", contact.uid or contact.name).strip("-")[:_LONGEST_NAME] or "contact"
        path = href or urlsplit(book.url).path + quote(f"{name}.vcf")
        condition = {"If-Match": etag} if href else {"If-None-Match": "*"}
        data = text_of(contact, Version.V3)
        headers = {"Content-Type": "text/vcard; charset=utf-8", **condition}
        answer = await web.ask("PUT", url_of(path, book.url), content=data.encode(), headers=headers)
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            await self._refuse(web, answer, path if href else "")
        now = answer.headers.get("etag", "")
        for card in await self._fetched(web, book, (path,)):
            if not now or card.etag == now:  # as the server has written it
                return card
        return ContactCard(path, now, data)

    async def delete(self, href: str, etag: str) -> None:
        """Delete a card."""
        web, book = await self._opened()
        answer = await web.ask("DELETE", url_of(href, book.url), headers={"If-Match": etag})
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            await self._refuse(web, answer, href)

    async def changed(self) -> None:
        """Wait for ever: the server does not say."""
        await asyncio.Event().wait()

    async def sign_in(self, _tell: Callable[[SignIn], None]) -> None:
        """Refuse: there is a password for that."""
        raise SourceRefused.of("it is signed in to by password", "set it in the configuration", self._place)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._web is not None:
            await self._web.close()

    async def _opened(self, *, anew: bool = False) -> tuple[Remote, AddressBook]:
        if self._web is None:
            user, password = self._settings.user, await asyncio.to_thread(self._secret, self._settings.password)
            self._web = Remote(self._place, BasicOrDigest(user, password) if user else None)
        if self._book is None or anew:
            self._book = await find_address_book(self._web, self._settings.url, self._settings.address_book)
            self.writable = self._book.writable
        return self._web, self._book

    async def _since(self, web: Remote, book: AddressBook, token: str) -> ContactChanges | None:
        """Return what changed since a sync token; None where the server does not know it, or has none."""
        told, changed = _token_and_unread(token)
        gone: set[str] = set()
        for _ in range(_MOST_PAGES):
            headers = {"Depth": "0", **XML}
            answer = await web.ask("REPORT", book.url, content=dav_xml.sync_report(told), headers=headers)
            if answer.status in _NO_TOKEN:
                return None
            page = self._multistatus(answer)
            is_last = True
            for each in page.resources:
                if same_path(each.path, urlsplit(book.url).path):
                    is_last = is_last and each.status != HTTPStatus.INSUFFICIENT_STORAGE  # more is to come
                elif each.status in _GONE:
                    gone.add(each.path)
                    changed.discard(each.path)
                else:
                    changed.add(each.path)
                    gone.discard(each.path)
            if is_last or page.token == told:
                changes = await self._changes(web, book, changed, gone=gone, whole=not token)
                unread = sorted(changes.unread)
                return replace(changes, token=json.dumps([page.token, *unread]) if unread else page.token)
            told = page.token
        raise SourceRefused.of("its list of changes never ends", "tell who runs it", self._place)

    async def _listed(self, web: Remote, book: AddressBook, token: str) -> ContactChanges:
        """Compare the versions of all cards with those of the last time, where there are no sync tokens."""
        _, told = await ask(web, book.url, (dav_xml.ETAG, dav_xml.RESOURCE_TYPE), "1")
        etags = {
            each.path: each.text(dav_xml.ETAG)
            for each in told.resources
            if each.text(dav_xml.ETAG)
            and not each.holds(dav_xml.RESOURCE_TYPE, f"{dav_xml.D}collection")
            and not same_path(each.path, urlsplit(book.url).path)
        }
        before = _etags_in(token)
        wanted = [path for path, etag in etags.items() if before is None or before.get(path) != etag]
        gone = set() if before is None else before.keys() - etags.keys()
        changes = await self._changes(web, book, wanted, gone=gone, whole=before is None)
        return replace(changes, token=json.dumps(etags | dict.fromkeys(changes.unread, "")))

    async def _changes(
        self, web: Remote, book: AddressBook, paths: Collection[str], *, gone: Collection[str], whole: bool
    ) -> ContactChanges:
        """Return the cards at paths, and which of them cannot be had: they are asked for again the next time."""
        if len(paths) > self._most_cards:
            raise SourceRefused.of(
                f"it has more than {self._most_cards:,} contacts", "choose another address book", self._place
            )
        cards = await self._fetched(web, book, sorted(paths))
        there = {card.href for card in cards}
        lost = sorted({*paths} - there)
        problems = tuple(
            Problem(f"{self._place}: {path}", "the card cannot be read", "look at it there") for path in lost
        )
        return ContactChanges(
            cards=tuple(cards),
            gone=frozenset(gone),
            unread=frozenset(lost),
            problems=problems,
            whole=whole,
        )

    async def _fetched(self, web: Remote, book: AddressBook, paths: Sequence[str]) -> list[ContactCard]:
        cards: list[ContactCard] = []
        for start in range(0, len(paths), self._at_once):
            wanted = paths[start : start + self._at_once]
            content = multiget(wanted)
            told = self._multistatus(await web.ask("REPORT", book.url, content=content, headers={"Depth": "1", **XML}))
            known = {path.lower(): path for path in wanted}
            cards += [
                ContactCard(known.get(each.path.lower(), each.path), each.text(dav_xml.ETAG), text)
                for each in told.resources
                if (text := each.text(dav_xml.DATA))
            ]
        return cards

    def _multistatus(self, answer: RemoteAnswer) -> Multistatus:
        if answer.status != HTTPStatus.MULTI_STATUS:
            raise remote_refusal(answer, self._place, "to read the address book")
        try:
            return multistatus(answer.body, answer.url)
        except NotDavError:
            raise SourceRefused.of("it answers what is no CardDAV", "is the address right?", self._place) from None

    async def _refuse(self, web: Remote, answer: RemoteAnswer, path: str) -> None:
        """Raise what became of a card that was not written."""
        if answer.status in _GONE and path:
            raise CardGone.of("the card is not there any more", "", self._place)
        if answer.status == HTTPStatus.PRECONDITION_FAILED:
            if path and (await web.ask("GET", url_of(path, answer.url))).status in _GONE:
                raise CardGone.of("the card is not there any more", "", self._place)
            raise CardConflict.of("the card was changed meanwhile", "", self._place)
        if _SAME_UID in error_names(answer.body):
            raise CardConflict.of("there is a card with this UID already", "", self._place)
        if answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}:
            raise CardRefused.of(f"it does not take the card: status {answer.status}", "", self._place)
        raise remote_refusal(answer, self._place, "to write")


def _token_and_unread(token: str) -> tuple[str, set[str]]:
    """Return a sync token, and the paths of the cards that could not be read with it."""
    told = _json(token)
    return (str(told[0]), {*map(str, told[1:])}) if isinstance(told, list) and told else (token, set())


def _etags_in(token: str) -> dict[str, str] | None:
    told = _json(token)
    return {str(path): str(etag) for path, etag in told.items()} if isinstance(told, dict) else None


def _json(token: str) -> Any:
    try:
        return json.loads(token)
    except ValueError:
        return None


def _open(name: str, settings: Any, context: Context) -> CardDav:
    return CardDav(name, settings, context.secret)


KIND = ContactSourceKind(name="carddav", config=CardDavSettings, open=_open)
