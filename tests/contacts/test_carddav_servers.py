"""CardDAV with servers that Radicale is not: Digest, answers in pieces, redirects, and hostile ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from canned_http import Asked, Told, canned

from hub import CardRefused, Remote, SourceError, SourceRefused, SourceUnreachable
from hub.testing.contract.contacts import card, closing
from hub_contacts.sources.carddav import CardDav, CardDavSettings

if TYPE_CHECKING:
    from collections.abc import Callable

BOOK = """<response><href>/book/</href><propstat><prop><resourcetype><C:addressbook/></resourcetype>
<sync-token>t0</sync-token></prop><status>HTTP/1.1 200 OK</status></propstat></response>"""


def multi(*responses: str, token: str = "") -> Told:
    told = f"<sync-token>{token}</sync-token>" if token else ""
    inner = "".join(responses)
    head = '<?xml version="1.0"?><multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">'
    return Told(207, f"{head}{inner}{told}</multistatus>", {"Content-Type": "application/xml"})


def found(href: str, etag: str, text: str = "") -> str:
    data = f"<C:address-data>{text}</C:address-data>" if text else ""
    prop = f"<prop><getetag>{etag}</getetag>{data}</prop>"
    return f"<response><href>{href}</href><propstat>{prop}<status>HTTP/1.1 200 OK</status></propstat></response>"


def status(href: str, code: int | str) -> str:
    return f"<response><href>{href}</href><status>HTTP/1.1 {code} Told</status></response>"


def home(href: str) -> Told:
    """Return where the address books are said to be."""
    prop = f"<prop><C:addressbook-home-set><href>{href}</href></C:addressbook-home-set></prop>"
    inner = f"<propstat>{prop}<status>HTTP/1.1 200 OK</status></propstat>"
    return multi(f"<response><href>/</href>{inner}</response>")


def source(url: str, **more: str) -> CardDav:
    settings = CardDavSettings(url=f"{url}/book/", user="ada", password="secret-pw")
    return CardDav("work", settings.model_copy(update=more), str, at_once=2)


def address_book(report: Callable[[Asked], Told]) -> Callable[[Asked], Told]:
    def answer(asked: Asked) -> Told:
        return multi(BOOK) if asked.method == "PROPFIND" else report(asked)

    return answer


async def test_an_answer_in_pieces_is_read_to_its_end() -> None:
    def report(asked: Asked) -> Told:
        if "multiget" in asked.body:
            names = [name for name in ("a", "b", "c") if f"/book/{name}.vcf" in asked.body]
            return multi(*(found(f"/book/{name}.vcf", name, card(f"{name} Smith")) for name in names))
        if ">t1<" in asked.body:
            return multi(found("/book/c.vcf", "c"), status("/book/b.vcf", 404), token="t2")
        first = (found("/book/a.vcf", "a"), found("/book/b.vcf", "b"), found("http://evil.example/book/x.vcf", "x"))
        return multi(*first, status("/book/", 507), token="t1")

    with canned(address_book(report)) as server:
        async with closing(source(server.url)) as opened:
            told = await opened.changes("")
    assert ([each.href for each in told.cards], told.token) == (["/book/a.vcf", "/book/c.vcf"], "t2")


@pytest.mark.parametrize("syncs", [True, False])
async def test_a_card_that_cannot_be_had_is_told_and_not_gone_and_asked_for_again(*, syncs: bool) -> None:
    def answer(asked: Asked) -> Told:
        if "multiget" in asked.body:
            return multi(*(there[name] for name in there if f">{name}<" in asked.body))
        if asked.method == "PROPFIND" and asked.headers["depth"] == "0":
            return multi(BOOK if syncs else BOOK.replace("sync-token", "no-token"))
        if ">t1<" in asked.body or ">t2<" in asked.body:
            return multi(token="t2")
        return multi(*(found(name, "e") for name in there), token="t1")

    lost = status("/book/b.vcf", 403)
    there = {"/book/a.vcf": found("/book/a.vcf", "e", card("Ada Smith")), "/book/b.vcf": lost}
    with canned(answer) as server:
        async with closing(source(server.url)) as opened:
            told = await opened.changes("")
            again = await opened.changes(told.token)
            there["/book/b.vcf"] = found("/book/b.vcf", "e", card("Bob Smith"))
            then = await opened.changes(again.token)
            assert (await opened.changes(then.token)).cards == ()
    assert [each.href for each in told.cards] == ["/book/a.vcf"]
    assert (told.unread, [problem.place for problem in told.problems]) == ({"/book/b.vcf"}, ["work: /book/b.vcf"])
    assert (again.cards, again.unread, again.problems) == ((), told.unread, told.problems)
    assert ([each.href for each in then.cards], then.unread, then.problems) == (["/book/b.vcf"], frozenset(), ())


async def test_the_password_goes_out_in_a_digest_where_that_is_asked_for() -> None:
    def answer(asked: Asked) -> Told:
        if "authorization" not in asked.headers:
            return Told(
                401, headers={"WWW-Authenticate": 'Digest realm="dav", nonce="n1", qop="auth", algorithm=SHA-256'}
            )
        return multi(BOOK) if asked.method == "PROPFIND" else multi(token="t1")

    with canned(answer) as server:
        async with closing(source(server.url)) as opened:
            assert (await opened.changes("")).cards == ()
        sent = [asked.headers.get("authorization", "") for asked in server.asked]
    assert sent[-1].startswith("Digest ")
    assert {each.partition(" ")[0] for each in sent} == {"", "Digest"}


@pytest.mark.feature("CON-09")
async def test_a_redirect_to_another_host_takes_no_password_along() -> None:
    with canned(lambda _: Told(404)) as other:

        def answer(asked: Asked) -> Told:
            if "authorization" not in asked.headers:
                return Told(401, headers={"WWW-Authenticate": 'Basic realm="dav"'})
            return Told(301, headers={"Location": f"{other.url}/book/"})

        with canned(answer) as server:
            async with closing(source(server.url)) as opened:
                with pytest.raises(SourceRefused, match="redirects to another place"):
                    await opened.changes("")
        assert other.asked == []


@pytest.mark.feature("CON-09")
async def test_a_place_that_reads_like_another_host_takes_no_password_there() -> None:
    with canned(lambda _: Told(204)) as other:
        place = f"{other.url.removeprefix('http:')}/a.vcf"

        def answer(asked: Asked) -> Told:
            if "authorization" not in asked.headers:
                return Told(401, headers={"WWW-Authenticate": 'Basic realm="dav"'})
            if asked.method == "PROPFIND":
                return multi(BOOK)
            if asked.method == "DELETE":
                return Told(204)
            text = card("Ada Smith") if "multiget" in asked.body else ""
            return multi(found(f"{server.url}{place}", "ü", text), found("http://[x/a.vcf", "b"), token="t1")

        with canned(answer) as server:
            async with closing(source(server.url)) as opened:
                (told,) = (await opened.changes("")).cards
                await opened.delete(told.href, told.etag)
            asked = server.asked[-1]
        assert (told.href, other.asked) == (place, [])
        assert (asked.method, asked.headers["if-match"]) == ("DELETE", "ü".encode().decode("latin-1"))


@pytest.mark.feature("CON-09")
async def test_address_books_at_another_host_are_named_and_not_followed() -> None:
    with canned(lambda _: home("https://p12.cloud.example/1/")) as server:
        async with closing(source(server.url)) as opened:
            with pytest.raises(SourceRefused, match=r"another place, https://p12\.cloud\.example/1/ \(if that is"):
                await opened.changes("")


@pytest.mark.feature("CON-09")
@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        (Told(200, "<html>hello</html>"), SourceRefused, "no CardDAV server"),
        (Told(207, '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), SourceRefused, "no CardDAV server"),
        (Told(207, "<multistatus"), SourceRefused, "no CardDAV server"),
        (Told(401), SourceRefused, "user or password is wrong"),
        (Told(503), SourceUnreachable, "status 503"),
        (Told(301, headers={"Location": "/book/"}), SourceRefused, "redirects without end"),
        (Told(301, headers={"Location": "http://[x/"}), SourceRefused, "redirects to what is no address"),
        (home("http://[x/"), SourceRefused, "another place, http://"),
        (multi(status("/book/", "²")), SourceRefused, "no CardDAV server"),
    ],
)
async def test_what_is_wrong_is_told_with_place_and_remedy(told: Told, kind: type[SourceError], words: str) -> None:
    with canned(lambda _: told) as server:
        async with closing(source(server.url)) as opened:
            with pytest.raises(kind, match=words) as refused:
                await opened.changes("")
    (problem,) = refused.value.problems
    assert problem.place == "work"
    assert problem.remedy
    assert "secret-pw" not in str(problem)


@pytest.mark.parametrize(
    ("code", "body", "kind", "words"),
    [
        (507, "", SourceRefused, "no space left"),
        (403, "", SourceRefused, "does not allow you to write"),
        (415, "", CardRefused, "status 415"),
        (
            409,
            '<error xmlns="DAV:"><no-uid-conflict xmlns="urn:ietf:params:xml:ns:carddav"/></error>',
            SourceError,
            "UID",
        ),
    ],
)
async def test_a_card_that_is_not_taken_is_told(code: int, body: str, kind: type[SourceError], words: str) -> None:
    with canned(address_book(lambda _: Told(code, body))) as server:
        async with closing(source(server.url)) as opened:
            with pytest.raises(kind, match=words):
                await opened.put("", card("Ada Smith"), "")


async def test_an_answer_without_end_is_refused() -> None:
    with canned(lambda _: Told(200, "x" * 2000)) as server:
        web = Remote("work", most_bytes=1000)
        with pytest.raises(SourceRefused, match="larger than 1,000 bytes"):
            await web.ask("GET", server.url)
        await web.close()
