"""The XML of WebDAV (RFC 4918), its synchronization (RFC 6578) and CardDAV (RFC 6352): what is asked and answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

D, C = "{DAV:}", "{urn:ietf:params:xml:ns:carddav}"
RESOURCE_TYPE, PRINCIPAL, PRIVILEGES = (
    f"{D}resourcetype",
    f"{D}current-user-principal",
    f"{D}current-user-privilege-set",
)
HOME, ADDRESS_BOOK, DATA = f"{C}addressbook-home-set", f"{C}addressbook", f"{C}address-data"
ETAG, NAME, REPORTS, TOKEN = f"{D}getetag", f"{D}displayname", f"{D}supported-report-set", f"{D}sync-token"
SYNC = f"{D}sync-collection"


class NotDavError(Exception):
    """What came is no answer of a WebDAV server."""


@dataclass(slots=True)
class Resource:
    """One response of a multistatus: path, status, and the properties that were found."""

    path: str
    status: int
    found: dict[str, Element] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the text of a property; empty if it is not there."""
        element = self.found.get(name)
        return "" if element is None else (element.text or "").strip()

    def href(self, name: str) -> str:
        """Return the href that a property holds; empty if it is not there."""
        element = self.found.get(name)
        return "" if element is None else (element.findtext(f"{D}href") or "").strip()

    def holds(self, name: str, inner: str) -> bool:
        """Tell whether an element is anywhere in a property."""
        element = self.found.get(name)
        return element is not None and any(each.tag == inner for each in element.iter())


@dataclass(frozen=True, slots=True)
class Multistatus:
    """What a server tells of several resources, and the token to ask with the next time."""

    resources: Sequence[Resource]
    token: str = ""


def propfind(names: Iterable[str]) -> bytes:
    """Ask for properties."""
    root = Element(f"{D}propfind")
    _props(root, names)
    return _bytes(root)


def sync_report(token: str) -> bytes:
    """Ask what changed since a token."""
    root = Element(SYNC)
    SubElement(root, TOKEN).text = token
    SubElement(root, f"{D}sync-level").text = "1"
    _props(root, (ETAG,))
    return _bytes(root)


def multiget(paths: Iterable[str]) -> bytes:
    """Ask for cards."""
    root = Element(f"{C}addressbook-multiget")
    _props(root, (ETAG, DATA))
    for path in paths:
        SubElement(root, f"{D}href").text = path
    return _bytes(root)


def multistatus(body: bytes, url: str) -> Multistatus:
    """Read a 207; raises `NotDavError` if it is none. Paths of other hosts are left out."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NotDavError(str(error)) from None
    if root.tag != f"{D}multistatus":
        raise NotDavError(f"{root.tag} is no multistatus")
    resources = [each for response in root.iter(f"{D}response") if (each := _resource(response, url)) is not None]
    return Multistatus(resources, (root.findtext(TOKEN) or "").strip())


def error_names(body: bytes) -> set[str]:
    """Return what an error (RFC 4918, 16) says went wrong, as far as it is XML."""
    try:
        return {each.tag for each in fromstring(body, forbid_dtd=True).iter()}
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return set()


def path_of(href: str, url: str) -> str:
    """Return the path of an href, as it is escaped; empty if it is of another host, or none."""
    try:
        there = urlsplit(urljoin(url, href))
    except ValueError:
        return ""
    return there.path if there.netloc == urlsplit(url).netloc else ""


def url_of(path: str, url: str) -> str:
    """Return the URL of a path at the host of another URL, also of one such as `//evil.example/`."""
    return urlsplit(url)._replace(path=path, query="", fragment="").geturl()


def same_path(path: str, other: str) -> bool:
    """Tell whether two paths lead to the same resource, however they are escaped."""
    return unquote(path).rstrip("/") == unquote(other).rstrip("/")


def _bytes(root: Element) -> bytes:
    told: bytes = tostring(root, "utf-8")
    return told


def _props(root: Element, names: Iterable[str]) -> None:
    prop = SubElement(root, f"{D}prop")
    for name in names:
        SubElement(prop, name)


def _resource(response: Element, url: str) -> Resource | None:
    path = path_of((response.findtext(f"{D}href") or "").strip(), url)
    if not path:
        return None
    resource = Resource(path, _status(response.findtext(f"{D}status")))
    for propstat in response.iter(f"{D}propstat"):
        if _status(propstat.findtext(f"{D}status")) == 200:  # noqa: PLR2004  OK
            resource.found |= {each.tag: each for prop in propstat.iter(f"{D}prop") for each in prop}
    return resource


def _status(line: str | None) -> int:
    """Return the code of a status line; 200 where there is none."""
    words = (line or "").split()
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else 200
