"""A folder of vCards as a source."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from watchdog.observers.api import BaseObserver

from hub import CardRefused, FolderSigns
from hub.testing.contract.contacts import ContactSourceContract, ContactSystem, card, closing, value_of
from hub_contacts.sources.folder import VCardFolder

if TYPE_CHECKING:
    from pathlib import Path

    from hub import ContactSource


class Folder(ContactSystem):
    def __init__(self, path: Path) -> None:
        self.path = path

    def source(self) -> ContactSource:
        return VCardFolder(self.path, settle=0.01)

    def unreachable(self) -> ContactSource | None:
        return VCardFolder(self.path / "nowhere")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


class TestFolder(ContactSourceContract):
    @pytest.fixture
    def contact_system(self, folder: Folder) -> ContactSystem:
        return folder


@pytest.mark.feature("CON-09")
async def test_a_file_may_have_several_cards_and_the_others_stay_as_they_are(folder: Folder) -> None:
    odd = "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=cp1252:M\xfcller;Jo\nX-ODD:1\nEND:VCARD\n".encode("cp1252")
    path = folder.path / "all.VCF"
    path.write_bytes(card("Ada Smith").encode() + odd + card("Bob Smith").encode())
    async with closing(folder.source()) as source:
        ada, jo, bob = (await source.changes("")).cards
        assert [value_of(each.text, "N") for each in (ada, jo, bob)] == ["Smith;Ada;;;", "Müller;Jo;;;", "Smith;Bob;;;"]
        await source.put(bob.href, card("Bob Jones"), bob.etag)
        await source.delete(ada.href, ada.etag)
        assert b"X-ODD:1" in path.read_bytes()
        told = (await source.changes("")).cards
        assert [value_of(each.text, "N") for each in told] == ["Müller;Jo;;;", "Jones;Bob;;;"]
        assert [each.href for each in told] == [jo.href, bob.href]
        assert [each.name for each in folder.path.iterdir()] == ["all.VCF"]


@pytest.mark.feature("CON-09")
async def test_what_cannot_be_read_is_told_with_its_place_and_neither_written_nor_gone(folder: Folder) -> None:
    path = folder.path / "all.vcf"
    path.write_text(card("Ada Smith") + "BEGIN:VCARD\nFN:Half\n" + card("Bob Smith"), encoding="utf-8")
    (folder.path / "other.txt").write_text("no card", encoding="utf-8")
    async with closing(folder.source()) as source:
        told = await source.changes("")
        assert [value_of(each.text, "FN") for each in told.cards] == ["Ada Smith", "Bob Smith"]
        assert [problem.place for problem in told.problems] == [f"{path}:8"]
        assert told.unread == {"all.vcf#"}
        assert await source.changes(told.token) == told  # as long as it is so
        with pytest.raises(CardRefused, match="mend them"):
            await source.put(told.cards[0].href, card("Ada Jones"), told.cards[0].etag)


async def test_a_card_without_uid_gets_one_when_it_is_written(folder: Folder) -> None:
    (folder.path / "a.vcf").write_text("BEGIN:VCARD\nVERSION:3.0\nFN:Ada\nTEL:1\nEND:VCARD\n", encoding="utf-8")
    async with closing(folder.source()) as source:
        (ada,) = (await source.changes("")).cards
        put = await source.put(ada.href, card("Ada Smith"), ada.etag)
        assert [each[:2] for each in (await source.changes("")).cards] == [put[:2]]


@pytest.mark.feature("CON-09")
async def test_it_says_when_a_file_changes(folder: Folder) -> None:
    async with closing(folder.source()) as source:
        await source._signs.begin()  # type: ignore[attr-defined]
        waiting = asyncio.create_task(source.changed())
        (folder.path / "a.vcf").write_text(card("Ada Smith"), encoding="utf-8")
        await asyncio.wait_for(waiting, 10)


async def test_a_folder_is_watched_once_and_then_no_more(tmp_path: Path) -> None:
    def watching() -> set[threading.Thread]:
        return {each for each in threading.enumerate() if isinstance(each, BaseObserver)}

    before = watching()
    signs = FolderSigns(tmp_path, 0)
    beginning = asyncio.create_task(signs.begin())
    await asyncio.sleep(0)
    beginning.cancel()  # what it has begun goes on
    await asyncio.gather(signs.begin(), signs.begin())
    assert len(watching() - before) == 1
    await signs.close()
    await signs.begin()
    assert watching() <= before


async def test_a_place_outside_of_the_folder_is_none(folder: Folder) -> None:
    (folder.path / "in").mkdir()
    secret = folder.path / "secret.vcf"
    secret.write_text(card("Ada Smith"), encoding="utf-8")
    async with closing(VCardFolder(folder.path / "in")) as source:
        with pytest.raises(Exception, match="no such file"):
            await source.delete("../secret.vcf#urn%3Atest%3AAda", "")
    assert secret.exists()
