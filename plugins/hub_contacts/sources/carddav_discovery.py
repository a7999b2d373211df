"""Finds the address book of an account (RFC 6764, RFC 6352, 7.1) from whatever address a person has given."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from hub import Remote, SourceRefused, remote_refusal
from hub_contacts.sources import dav_xml
from hub_contacts.sources.dav_xml import NotDavError, multistatus, path_of, propfind, url_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub_contacts.sources.dav_xml import Multistatus, Resource

_WELL_KNOWN = "/.well-known/carddav"
_BOOK = (
    dav_xml.RESOURCE_TYPE, dav_xml.NAME, dav_xml.REPORTS, dav_xml.TOKEN, dav_xml.PRIVILEGES, dav_xml.PRINCIPAL,
    dav_xml.HOME,
)  # fmt: skip
_WRITING = {f"{dav_xml.D}{name}" for name in ("all", "write", "write-content", "bind")}


@dataclass(frozen=True, slots=True)
class AddressBook:
    """An address book at a server, and what it can do."""

    url: str
    name: str
    syncs: bool
    writable: bool


async def find_address_book(web: Remote, url: str, name: str = "") -> AddressBook:
    """Return the address book at an address, or the one of that name of the account, or its first.

    Raises `SourceRefused` where there is none, `SourceUnreachable`.
    """
    start = await _first(web, url)
    if start is None:
        start = await _first(web, urljoin(url, _WELL_KNOWN))
    if start is None:
        raise SourceRefused.of("it is no CardDAV server", "is the address right?", web.place)
    at, there = start
    if there.holds(dav_xml.RESOURCE_TYPE, dav_xml.ADDRESS_BOOK):
        return _book(at, there)
    home = there.href(dav_xml.HOME)
    if not home and (principal := there.href(dav_xml.PRINCIPAL)):
        at = _inside(web, at, principal)
        home = (await _one(web, at)).href(dav_xml.HOME)
    if not home:
        raise SourceRefused.of("it tells no place of address books", "is the address right?", web.place)
    return await _in_home(web, _inside(web, at, home), name)


async def ask(web: Remote, url: str, names: Iterable[str], depth: str) -> tuple[str, Multistatus]:
    """Ask for properties; return where that was answered, and the answer. Raises what `remote_refusal` returns."""
    answer = await web.ask("PROPFIND", url, content=propfind(names), headers={"Depth": depth, **XML})
    if answer.status != HTTPStatus.MULTI_STATUS:
        raise remote_refusal(answer, web.place, "to look at the address book")
    try:
        return answer.url, multistatus(answer.body, answer.url)
    except NotDavError:
        raise SourceRefused.of("it is no CardDAV server", "is the address right?", web.place) from None


XML = {"Content-Type": "application/xml; charset=utf-8"}


async def _first(web: Remote, url: str) -> tuple[str, Resource] | None:
    """Return what is at an address; None where there is nothing of WebDAV."""
    answer = await web.ask("PROPFIND", url, content=propfind(_BOOK), headers={"Depth": "0", **XML})
    if answer.status == HTTPStatus.UNAUTHORIZED or answer.status >= HTTPStatus.TOO_MANY_REQUESTS:
        raise remote_refusal(answer, web.place, "to look for address books")
    if answer.status != HTTPStatus.MULTI_STATUS:
        return None
    try:
        told = multistatus(answer.body, answer.url)
    except NotDavError:
        return None
    found = next(iter(told.resources), None)
    useful = found and (found.holds(dav_xml.RESOURCE_TYPE, dav_xml.ADDRESS_BOOK) or _leads_on(found))
    return (answer.url, found) if found and useful else None


def _leads_on(found: Resource) -> bool:
    return bool(found.href(dav_xml.HOME) or found.href(dav_xml.PRINCIPAL))


async def _one(web: Remote, url: str) -> Resource:
    _, told = await ask(web, url, _BOOK, "0")
    if not told.resources:
        raise SourceRefused.of("it tells nothing of your account", "is the address right?", web.place)
    return told.resources[0]


async def _in_home(web: Remote, home: str, name: str) -> AddressBook:
    at, told = await ask(web, home, _BOOK, "1")
    books = [
        _book(url_of(each.path, at), each)
        for each in told.resources
        if each.holds(dav_xml.RESOURCE_TYPE, dav_xml.ADDRESS_BOOK)
    ]
    chosen = [book for book in books if not name or name in {book.name, book.url.rstrip("/").rpartition("/")[2]}]
    if chosen:
        return chosen[0]
    if not books:
        raise SourceRefused.of("the account has no address book", "make one there", web.place)
    there = ", ".join(book.name or book.url.rstrip("/").rpartition("/")[2] for book in books)
    raise SourceRefused.of(f'the account has no address book "{name}"', f"it has {there}", web.place)


def _book(url: str, found: Resource) -> AddressBook:
    privileges = found.found.get(dav_xml.PRIVILEGES)
    return AddressBook(
        url=url if url.endswith("/") else f"{url}/",
        name=found.text(dav_xml.NAME),
        syncs=bool(found.text(dav_xml.TOKEN)) or found.holds(dav_xml.REPORTS, dav_xml.SYNC),
        writable=privileges is None or any(each.tag in _WRITING for each in privileges.iter()),
    )


def _inside(web: Remote, url: str, href: str) -> str:
    """Return the URL of an href of the same host: the password goes nowhere else."""
    path = path_of(href, url)
    if not path:
        raise SourceRefused.of(
            f"it sends to another place, {href[:200]}",
            "if that is where your contacts are, make it the address of the source",
            web.place,
        )
    return url_of(path, url)
