"""The contract of contact sources as tests: subclass `ContactSourceContract`, say how to open one, run pytest.

    class TestMySource(ContactSourceContract):
        @pytest_asyncio.fixture
        async def contact_system(self):
            async with MyServer() as server:  # a `ContactSystem`, with no contacts in it
                yield server

What the source under test cannot be made to do (its methods return None) is skipped.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from hub.contact_source import CardConflict, CardGone, SourceRefused, SourceUnreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from hub.contact_source import ContactSource

ADA, BOB = "Ada Łöwenstein", "Bob Baker"


class ContactSystem:
    """Where contacts are, as the contract needs it: a real server or folder, of the test's own."""

    def source(self) -> ContactSource:
        """Open the account anew, as another computer would."""
        raise NotImplementedError

    def with_wrong_password(self) -> ContactSource | None:
        """Open it with a wrong password."""

    def unreachable(self) -> ContactSource | None:
        """Open one that is not there."""


@pytest.mark.asyncio
class ContactSourceContract:
    """What every contact source must do."""

    @pytest.fixture
    def contact_system(self) -> ContactSystem:
        """Return where contacts are; a subclass must say."""
        raise NotImplementedError("a subclass of ContactSourceContract provides the fixture contact_system")

    async def test_at_first_there_is_nothing(self, contact_system: ContactSystem) -> None:
        """An empty account tells all that it has, which is nothing."""
        async with opened(contact_system) as source:
            assert source.writable
            told = await source.changes("")
            assert (told.cards, told.gone, told.unread, told.problems, told.whole) == (
                (),
                frozenset(),
                frozenset(),
                (),
                True,
            )

    async def test_what_is_put_is_told_to_others(self, contact_system: ContactSystem) -> None:
        """Name and number come back as they were put, and as `put` said."""
        async with opened(contact_system) as source, opened(contact_system) as other:
            put = await source.put("", card(ADA), "")
            (told,) = (await other.changes("")).cards
            assert told.href == put.href
            assert (value_of(told.text, "FN"), value_of(told.text, "TEL")) == (ADA, "+1 585 555 1234")
            assert told.etag == put.etag
            assert unfolded(told.text) == unfolded(put.text)

    async def test_several_cards_are_told_apart(self, contact_system: ContactSystem) -> None:
        """Each has a place of its own."""
        async with opened(contact_system) as source:
            put = [await source.put("", card(name), "") for name in (ADA, BOB)]
            told = (await source.changes("")).cards
            assert {each.href for each in told} == {each.href for each in put}
            assert {value_of(each.text, "FN") for each in told} == {ADA, BOB}

    async def test_only_what_changed_since_is_told(self, contact_system: ContactSystem) -> None:
        """With the token of the last answer; where all is told again, it is `whole`."""
        async with opened(contact_system) as source, opened(contact_system) as other:
            kept = await source.put("", card(ADA), "")
            gone = await source.put("", card(BOB), "")
            token = (await source.changes("")).token
            nothing = await source.changes(token)
            assert nothing.whole or (nothing.cards, nothing.gone) == ((), frozenset())
            changed = await other.put(kept.href, card(ADA, "+1 585 555 9999"), kept.etag)
            await other.delete(gone.href, gone.etag)
            told = await source.changes(nothing.token)
            assert [(each.href, each.etag) for each in told.cards] == [(changed.href, changed.etag)]
            assert value_of(told.cards[0].text, "TEL") == "+1 585 555 9999"
            assert told.whole or told.gone == {gone.href}

    async def test_a_token_that_nobody_knows_tells_all(self, contact_system: ContactSystem) -> None:
        """It may be from before the server was set up anew."""
        async with opened(contact_system) as source:
            put = await source.put("", card(ADA), "")
            told = await source.changes("no-token-of-yours")
            assert (told.whole, [each.href for each in told.cards]) == (True, [put.href])

    async def test_a_change_of_an_old_version_is_refused(self, contact_system: ContactSystem) -> None:
        """Nothing is written then, nor deleted."""
        async with opened(contact_system) as source, opened(contact_system) as other:
            old = await source.put("", card(ADA), "")
            await other.put(old.href, card(ADA, "+1 585 555 9999"), old.etag)
            with pytest.raises(CardConflict):
                await source.put(old.href, card(BOB), old.etag)
            with pytest.raises(CardConflict):
                await source.delete(old.href, old.etag)
            (told,) = (await source.changes("")).cards
            assert (value_of(told.text, "FN"), value_of(told.text, "TEL")) == (ADA, "+1 585 555 9999")

    async def test_a_card_that_is_gone_is_told_so(self, contact_system: ContactSystem) -> None:
        """Whether it is written or deleted, it does not come back."""
        async with opened(contact_system) as source:
            gone = await source.put("", card(ADA), "")
            await source.delete(gone.href, gone.etag)
            with pytest.raises(CardGone):
                await source.put(gone.href, card(ADA), gone.etag)
            with pytest.raises(CardGone):
                await source.delete(gone.href, gone.etag)
            assert (await source.changes("")).cards == ()

    async def test_refusals_are_told_from_failures(self, contact_system: ContactSystem) -> None:
        """A person must mend a wrong password; a server that is away may come back."""
        cases = (
            (contact_system.with_wrong_password(), SourceRefused),
            (contact_system.unreachable(), SourceUnreachable),
        )
        tried = [(source, kind) for source, kind in cases if source is not None]
        if not tried:
            pytest.skip("this source cannot be made to refuse")
        for source, kind in tried:
            async with closing(source):
                with pytest.raises(kind) as told:
                    await source.changes("")
                assert all(problem.place and problem.cause and problem.remedy for problem in told.value.problems)


@asynccontextmanager
async def closing(source: ContactSource) -> AsyncIterator[ContactSource]:
    """Close a source at the end."""
    try:
        yield source
    finally:
        await source.close()


def opened(system: ContactSystem) -> AbstractAsyncContextManager[ContactSource]:
    """Open a source, and close it at the end."""
    return closing(system.source())


def card(name: str, number: str = "+1 585 555 1234") -> str:
    """Return the card of somebody with one number."""
    first, last = name.split()
    lines = (
        "BEGIN:VCARD",
        "VERSION:4.0",
        f"FN:{name}",
        f"N:{last};{first};;;",
        f"TEL;TYPE=work:{number}",
        f"UID:urn:test:{first}",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "END:VCARD"))


def unfolded(text: str) -> list[str]:
    """Return the lines of a card, each whole, in the order of the alphabet: it may be in any."""
    return sorted(text.replace("\r\n", "\n").replace("\n ", "").strip().split("\n"))


def value_of(text: str, name: str) -> str:
    """Return the value of the first property of a name; empty if there is none."""
    for line in text.replace("\r\n", "\n").replace("\n ", "").split("\n"):
        head, _, value = line.partition(":")
        if head.rpartition(".")[2].partition(";")[0].upper() == name:
            return value.removeprefix("tel:")
    return ""
