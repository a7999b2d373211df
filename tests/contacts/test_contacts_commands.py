"""`phonehub contacts` at a real hub."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from hub.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from click.testing import Result

    from hub.testing.harness import Desk

    RunHub = Callable[..., AbstractAsyncContextManager[Desk]]

ADA = (
    "--first", "Ada", "--last", "Łöwenstein", "--company", "Engines", "--number", "work=(585) 555-1234",
    "--number", "mobile=+44 20 7946 0958", "--email", "ada@engines.example", "--group", "friends", "--favourite",
)  # fmt: skip


async def said(desk: Desk, *arguments: str, user: str = "alice", code: int = 0, typed: str = "") -> Result:
    """Run a command of a user to its end."""
    config = str(desk.hub.config.path)
    words = ["--config", config, "--user", user, "contacts", *arguments]
    done = await asyncio.to_thread(CliRunner().invoke, cli, words, input=typed)
    assert done.exit_code == code, done.output
    return done


async def asked(desk: Desk, *arguments: str, user: str = "alice") -> Any:
    return json.loads((await said(desk, *arguments, "--json", user=user)).stdout)


async def names(desk: Desk, *arguments: str) -> list[str]:
    return [each["name"] for each in (await asked(desk, "list", *arguments))["contacts"]]


@pytest.mark.feature("CON-02", "CLI-01")
async def test_a_contact_from_its_first_day_to_its_last(phonehub: RunHub, tmp_path: Path) -> None:
    picture = tmp_path / "ada.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n...")
    async with phonehub() as desk:
        added = await said(desk, "add", *ADA, "--photo", str(picture))
        contact = re.sub(r".*, ", "", added.stdout.strip())
        assert added.stdout == f"added: Ada Łöwenstein (Engines), {contact}\n"
        shown = (await said(desk, "show", contact)).stdout
        for line in ("numbers (585) 555-1234 (work)", "photo type image/png", "groups friends", "favourite yes"):
            assert line in re.sub(" +", " ", shown)
        assert (await said(desk, "photo", "Ada", str(tmp_path / "saved.png"))).stdout.startswith("saved as ")
        assert (tmp_path / "saved.png").read_bytes() == picture.read_bytes()
        await said(desk, "primary", "Ada", "mobile")
        listed = (await said(desk, "list", "engines")).stdout
        assert "* Ada Łöwenstein" in listed
        assert "+44 20 7946 0958" in listed
        changed = await asked(desk, "edit", "Ada", "--company", "Looms", "--email", "", "--note", "left in May")
        assert (changed["company"], changed["emails"], changed["note"]) == ("Looms", [], "left in May")
        assert (await asked(desk, "favourite", contact, "--off"))["favourite"] is False
        assert "Aborted" in (await said(desk, "delete", "Ada", code=1, typed="n\n")).output
        assert (await said(desk, "delete", "Ada", "--yes")).stdout == "deleted: Ada Łöwenstein (Looms)\n"
        assert "no contact has 'Ada'" in (await said(desk, "show", "Ada", code=1)).stderr


@pytest.mark.feature("CON-02")
async def test_what_cannot_be_done_is_told(phonehub: RunHub, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("no picture")
    async with phonehub() as desk:
        first, second = [(await asked(desk, "add", "--last", "Berg", "--company", name))["id"] for name in "AB"]
        told = (await said(desk, "show", "Berg", code=1)).stderr
        assert f"2 contacts have 'Berg': Berg ({first}), Berg ({second})" in told
        assert "a contact needs a name" in (await said(desk, "add", code=1)).stderr
        assert "nothing is said" in (await said(desk, "edit", first, code=2)).stderr
        assert (
            "it is no picture" in (await said(desk, "edit", first, "--photo", str(tmp_path / "no.png"), code=1)).stderr
        )
        assert 'none of its numbers is "5"' in (await said(desk, "primary", first, "5", code=1)).stderr
        assert "you have no contact of that id" in (await said(desk, "show", "0" * 16, code=1)).stderr
        assert "this contact has no photo" in (await said(desk, "photo", first, str(tmp_path / "x"), code=1)).stderr
        assert not (tmp_path / "x").exists()
        assert (await said(desk, "delete-all", "--yes")).stdout == "deleted: 2\n"
        assert "only administrators" in (await said(desk, "delete-all", "--yes", "--of", "alice", code=1)).stderr


@pytest.mark.feature("CON-03", "CLI-01")
async def test_contacts_are_found_sorted_paged_and_shown_as_chosen(phonehub: RunHub) -> None:
    async with phonehub() as desk:
        for first, last, company, number in (
            ("Zoe", "Adams", "", "5550003"), ("Ann", "Müller", "Beta", "5550001"), ("", "", "Acme", "5550002"),
        ):  # fmt: skip
            await asked(desk, "add", "--first", first, "--last", last, "--company", company, "--number", number)
        assert await names(desk) == ["Acme", "Zoe Adams", "Ann Müller"]
        assert await names(desk, "--sort", "number") == ["Ann Müller", "Acme", "Zoe Adams"]
        assert await names(desk, "--sort", "first", "--limit", "1", "--offset", "1") == ["Ann Müller"]
        assert await names(desk, "ull", "--field", "last") == ["Ann Müller"]
        assert await names(desk, "ull", "--match", "starts") == []
        assert "2 to 2 of 3" in (await said(desk, "list", "--limit", "1", "--offset", "1")).stdout
        assert (await said(desk, "list", "nobody")).stdout == "no contacts\n"
        await said(desk, "view", "--sort", "first", "--show", "personal", "--density", "line", "--colours", "quiet")
        assert await names(desk) == ["Acme", "Ann Müller", "Zoe Adams"]
        assert "Beta" not in (await said(desk, "list")).stdout
        await said(desk, "view", "--density", "card", "--show", "favourites")
        assert (await said(desk, "list")).stdout == "no contacts\n"
        assert "Beta" in (await said(desk, "list", "--show", "personal")).stdout
    async with phonehub() as desk:
        kept = await asked(desk, "view")
        assert {name: kept[name] for name in ("sort", "show", "density", "colours", "match")} == {
            "sort": "first", "show": ["favourites"], "density": "card", "colours": "quiet", "match": "contains",
        }  # fmt: skip


@pytest.mark.feature("CON-06", "CON-07", "CLI-01")
async def test_files_are_imported(phonehub: RunHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(
        "Wer;Firma;Ruf\nAda;Engines;5551234\nNobody;;\nBo;;5550002\n", encoding="utf-16"
    )
    (tmp_path / "people.vcf").write_text("BEGIN:VCARD\nFN:Cy\nEND:VCARD\nBEGIN:VCARD\nFN:Open\n", encoding="ascii")
    (tmp_path / "people.zip").write_bytes(b"PK\x03\x04....")
    mapped = ("--map", "Wer=last", "--map", "3=number:work")
    async with phonehub() as desk:
        assert "no column with numbers" in (await said(desk, "import", "people.csv", code=1)).stderr
        shown = await said(desk, "import", "people.csv", *mapped, "--preview")
        assert re.search(r"Ruf +number:work", shown.stdout)
        assert re.search(r"Ada +5551234 work", shown.stdout)
        assert shown.stderr == "people.csv:3: the row has no number (Nobody)\n"
        dry = await said(desk, "import", "people.csv", *mapped, "--dry-run")
        assert "2 added, 1 refused\nnothing was taken from: Firma\nnothing was kept: it was a dry run\n" in dry.stdout
        assert await names(desk) == []
        monkeypatch.setenv("FORCE_COLOR", "1")
        done = await said(desk, "import", "people.csv", "--map", "Wer=last", "--map", "Firma=company", *mapped[2:])
        monkeypatch.delenv("FORCE_COLOR")
        assert done.stdout == "2 added, 1 refused\n"
        assert "people.csv" in done.stderr
        assert "100%" in done.stderr  # the bar
        assert done.stderr.endswith("people.csv:3: the row has no number (Nobody)\n")
        again = await asked(desk, "import", "people.csv", *mapped, "--duplicates", "merge")
        assert (again["added"], again["merged"], again["skipped"], again["refused"]) == (0, 0, 2, 1)
        assert again["refusals"] == [{"line": 3, "reason": "the row has no number (Nobody)", "partly": False}]
        cards = await said(desk, "import", "people.vcf")
        assert cards.stdout == "1 added, 1 refused\n"
        assert cards.stderr.startswith("people.vcf:4: the file ends before the card does")
        assert await names(desk) == ["Ada", "Bo", "Cy"]
        refused = await said(desk, "import", "people.zip", code=1)
        assert "a ZIP archive or an Excel workbook" in refused.stderr
        assert "Traceback" not in refused.stderr


@pytest.mark.feature("CON-08", "CLI-01")
async def test_files_are_exported(phonehub: RunHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with phonehub(users=("alice", "bob")) as desk:
        await said(desk, "add", *ADA)
        await said(desk, "add", "--last", "Berg", "--number", "=1+1")
        before = [{**each, "id": "", "changed": ""} for each in (await asked(desk, "list"))["contacts"]]
        assert (await said(desk, "export", "a.csv")).stderr == "exported 2 contacts to a.csv\n"
        assert "'=1+1" in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
        assert "it is there already" in (await said(desk, "export", "a.csv", code=1)).stderr
        assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600
        await said(desk, "export", "a.vcf")
        assert (tmp_path / "a.vcf").read_text(encoding="utf-8").count("VERSION:4.0") == 2
        await said(desk, "export", "three.vcf", "--format", "vcard3", "--search", "ada")
        assert (tmp_path / "three.vcf").read_text(encoding="utf-8").count("VERSION:3.0") == 1
        printed = await said(desk, "export", "-", "--format", "csv", "--show", "favourites")
        assert "Berg" not in printed.stdout
        assert "ada@engines.example" in printed.stdout
        assert "say by --format" in (await said(desk, "export", "a.txt", code=2)).stderr
        for name in ("a.csv", "a.vcf"):
            await said(desk, "import", name, user="bob")
            after = (await asked(desk, "list", user="bob"))["contacts"]
            assert [{**each, "id": "", "changed": ""} for each in after] == before
            await said(desk, "delete-all", "--yes", user="bob")
