"""Contacts at Microsoft 365, over Microsoft Graph, by delta queries."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from hub import (
    CardConflict,
    CardGone,
    CardRefused,
    ContactCard,
    ContactChanges,
    ContactSourceKind,
    Remote,
    SourceRefused,
    remote_refusal,
)
from hub_contacts.sources.card_text import contact_in, text_of
from hub_contacts.sources.graph_contact import contact_of, json_of
from hub_contacts.sources.graph_settings import GraphSettings
from hub_contacts.sources.graph_sign_in import GraphSignIn

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hub import Context, RemoteAnswer, SignIn

_TIMES = 4
"""So often it is asked where it says that it is asked too much."""
_LONGEST_PAUSE = 60.0
_MOST_PAGES = 10_000
_PREFER = 'IdType="ImmutableId", odata.maxpagesize=100'
_BUSY = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class Graph:
    """The source: a card's place is its immutable id, its version the ETag.

    What Graph has no property for (photos, own labels, fax numbers, favourites) is not written. At most `most_cards`
    are taken.
    """

    writable = True

    def __init__(self, name: str, settings: GraphSettings, context: Context, *, most_cards: int = 100_000) -> None:
        self._name = name
        self._settings = settings
        self._clock = context.clock
        self._most_cards = most_cards
        self._sign_in = GraphSignIn(name, settings, context)
        self._remote = Remote(name)

    async def changes(self, token: str) -> ContactChanges:
        """Return what changed since a delta link."""
        base = f"{self._settings.url}/"
        if token.startswith(base):
            told = await self._since(token)
            if told is not None:
                return told
        told = await self._since(f"{base}me/contacts/delta")
        if told is None:
            raise SourceRefused.of("it tells no contacts", "has your account a mailbox?", self._name)
        return told

    async def put(self, href: str, text: str, etag: str) -> ContactCard:
        """Write a contact; what cannot be held is missing in what is returned."""
        contact = contact_in(text)
        if contact is None:
            raise CardRefused.of("the card says nothing", "", self._name)
        if href:
            answer = await self._ask("PATCH", self._at(href), json=json_of(contact), headers={"If-Match": etag})
        else:
            answer = await self._ask("POST", f"{self._settings.url}/me/contacts", json=json_of(contact))
        if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            self._refuse(answer)
        return self._card(self._json(answer))

    async def delete(self, href: str, etag: str) -> None:
        """Delete a contact."""
        answer = await self._ask("DELETE", self._at(href), headers={"If-Match": etag})
        if answer.status != HTTPStatus.NO_CONTENT:
            self._refuse(answer)

    async def changed(self) -> None:
        """Wait for ever: it is asked now and then."""
        await asyncio.Event().wait()

    async def sign_in(self, tell: Callable[[SignIn], None]) -> None:
        """Have a person sign in by a code."""
        await self._sign_in.sign_in(tell)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._remote.close()

    async def _since(self, link: str) -> ContactChanges | None:
        """Follow a delta to its end; None where the server does not know it any more."""
        whole = "?" not in link
        cards: dict[str, ContactCard] = {}
        gone: set[str] = set()
        for _ in range(_MOST_PAGES):
            answer = await self._ask("GET", link)
            if not whole and answer.status in {HTTPStatus.GONE, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}:
                return None
            if answer.status != HTTPStatus.OK:
                raise remote_refusal(answer, self._name, "to read your contacts")
            page = self._json(answer)
            for each in page.get("value", []):
                if "@removed" in each:
                    cards.pop(str(each.get("id")), None)
                    gone.add(str(each.get("id")))
                else:
                    card = self._card(each)
                    gone.discard(card.href)
                    cards[card.href] = card
            if len(cards) > self._most_cards:
                raise SourceRefused.of(f"it has more than {self._most_cards:,} contacts", "", self._name)
            if "@odata.deltaLink" in page:
                token = self._checked(page["@odata.deltaLink"])
                return ContactChanges(cards=tuple(cards.values()), gone=frozenset(gone), token=token, whole=whole)
            link = self._checked(page.get("@odata.nextLink"))
        raise SourceRefused.of("its list of changes never ends", "look at it there", self._name)

    async def _ask(self, method: str, url: str, **what: Any) -> RemoteAnswer:
        """Ask as the person who has signed in: again with a fresh token, and after a while where it is busy."""
        anew, renewed = False, False
        for time in range(_TIMES):
            token = await self._sign_in.token(anew=anew)
            headers = {**what.get("headers", {}), "Authorization": f"Bearer {token}", "Prefer": _PREFER}
            answer = await self._remote.ask(method, url, **{**what, "headers": headers})
            anew = answer.status == HTTPStatus.UNAUTHORIZED and not renewed
            renewed = renewed or anew
            if anew:
                continue
            if answer.status not in _BUSY or time == _TIMES - 1:
                break
            await self._clock.sleep(_pause(answer, time))
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise SourceRefused.of(
                "the sign-in is no longer valid", f"phonehub contacts sources sign-in {self._name}", self._name
            )
        return answer

    def _at(self, href: str) -> str:
        return f"{self._settings.url}/me/contacts/{quote(href, safe='')}"

    def _checked(self, link: Any) -> str:
        """Return a link that leads to the same server: the token goes nowhere else."""
        if not isinstance(link, str) or not link.startswith(f"{self._settings.url}/"):
            raise SourceRefused.of("it sends to another place", "is the address right?", self._name)
        return link

    def _card(self, told: dict[str, Any]) -> ContactCard:
        return ContactCard(str(told.get("id")), str(told.get("@odata.etag", "")), text_of(contact_of(told)))

    def _json(self, answer: RemoteAnswer) -> dict[str, Any]:
        try:
            told = json.loads(answer.body)
        except (ValueError, RecursionError):
            told = None
        if not (isinstance(told, dict) and _are_objects(told.get("value", []))):
            raise SourceRefused.of("it is no Microsoft Graph", "is the address right?", self._name)
        return told

    def _refuse(self, answer: RemoteAnswer) -> None:
        """Raise what became of a contact that was not written."""
        if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise CardGone.of("the contact is not there any more", "", self._name)
        if answer.status in {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT}:
            raise CardConflict.of("the contact was changed meanwhile", "", self._name)
        if answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise CardRefused.of(f"it does not take the contact: status {answer.status}", "", self._name)
        raise remote_refusal(answer, self._name, "to write")


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _pause(answer: RemoteAnswer, time: int) -> float:
    """Return how long to wait, as the server says, or longer each time."""
    said = answer.headers.get("retry-after", "")
    return min(float(said) if said.isdecimal() else 2.0**time, _LONGEST_PAUSE)


def _open(name: str, settings: Any, context: Context) -> Graph:
    try:
        import msal  # noqa: F401
    except ImportError:
        raise SourceRefused.of(
            "what Microsoft 365 needs is not installed",
            "pip install 'phonehub[microsoft365]'",
            f"contacts source {name}",
        ) from None
    return Graph(name, settings, context)


KIND = ContactSourceKind(name="graph", config=GraphSettings, open=_open)
