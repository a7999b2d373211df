"""Sources of contacts through the API of a real hub: what comes, what goes, what is told."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
from typing import TYPE_CHECKING, Any, Self
from xml.etree.ElementTree import Element, SubElement

import httpx
import pytest
from click.testing import CliRunner
from ews_server import T, ews_running
from graph_server import CLIENT, make_certificate, microsoft_running
from radicale_server import PASSWORD, Radicale, radicale_running

from hub import Wipe
from hub.cli import cli
from hub.testing.contract.contacts import card, closing, value_of
from hub_contacts.sources.account import pause_after
from hub_contacts.sources.carddav import CardDav, CardDavSettings
from hub_contacts.sources.folder import VCardFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from hub.testing.harness import Desk

    RunHub = Callable[..., AbstractAsyncContextManager[Desk]]

ADA, BOB = "Ada Smith", "Bob Baker"


class Api:
    """What a person does with sources and contacts."""

    def __init__(self, desk: Desk, user: str = "alice") -> None:
        token = (desk.hub.config.hub.state / "tokens" / user).read_text(encoding="utf-8").strip()
        url = f"{desk.hub.server.url}/api/plugins/contacts"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.http = httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def do(self, what: str, name: str = "office", **body: Any) -> dict[str, Any]:
        answer = await self.http.post(f"/sources/{name}/{what}", json=body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def sources(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = (await self.http.get("/sources")).json()
        return told

    async def people(self) -> dict[str, dict[str, Any]]:
        told = (await self.http.get("/people", params={"limit": 500})).json()["contacts"]
        return {each["name"]: each for each in told}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "cards"
    path.mkdir()
    return path


def config(folder: Path, more: str = "") -> str:
    return f'[plugins.contacts.sources.office]\nkind = "folder"\nfolder = "{folder}"\n{more}\n'


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / f"{name.split()[0]}.vcf").write_text(card(name), encoding="utf-8")


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


@pytest.mark.feature("CON-09", "CON-10")
async def test_a_sources_contacts_come_by_themselves_and_new_ones_are_told_once(
    phonehub: RunHub, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hub.plugins.contacts")
    put(folder, ADA)
    async with phonehub(config=config(folder)) as desk, Api(desk) as alice:
        found = await desk.events.type("contacts.found")
        assert (getattr(found, "source", ""), getattr(found, "count", 0)) == ("office", 1)
        (source,) = await alice.sources()
        assert {name: source[name] for name in ("name", "kind", "enabled", "state", "contacts", "error")} == {
            "name": "office", "kind": "folder", "enabled": True, "state": "ready", "contacts": 1, "error": "",
        }  # fmt: skip
        assert source["refreshed"]
        people = await alice.people()
        assert [(each["source"], each["numbers"][0]["text"]) for each in people.values()] == [
            ("office", "+1 585 555 1234")
        ]
        put(folder, BOB)  # nobody refreshes: the folder is watched
        await desk.events.type("contacts.found", 2)
        assert {*await alice.people()} == {ADA, BOB}
        (folder / "Bob.vcf").unlink()
        await alice.do("refresh")
        assert {*await alice.people()} == {ADA}
    async with phonehub(config=config(folder)) as desk, Api(desk) as alice:
        await alice.do("refresh")
        assert {*await alice.people()} == {ADA}
        assert [event for event in desk.events.all if event.type == "contacts.found"] == []
    assert "contacts source office shows 1 new contacts" in caplog.text
    assert "Smith" not in caplog.text


@pytest.mark.feature("CON-09")
async def test_what_is_edited_here_goes_there_and_the_other_way_round(phonehub: RunHub, folder: Path) -> None:
    put(folder, ADA, BOB)
    async with phonehub(config=config(folder)) as desk, Api(desk) as alice:
        await desk.events.type("contacts.found")
        people = await alice.people()
        ada, bob = people[ADA]["id"], people[BOB]["id"]
        await alice.http.patch(f"/people/{ada}", json={"company": "Engines", "favourite": True})
        (folder / "Bob.vcf").write_text(card(BOB, "+1 585 555 7777"), encoding="utf-8")
        await alice.do("refresh")
        text = (folder / "Ada.vcf").read_text(encoding="utf-8")
        assert value_of(text, "ORG") == "Engines"
        assert (await alice.people())[BOB]["numbers"][0]["text"] == "+1 585 555 7777"
        assert (await alice.people())[BOB]["id"] == bob
        assert (await alice.http.delete(f"/people/{bob}")).status_code == 204
        await alice.do("refresh")
        assert [*files(folder)] == ["Ada.vcf"]


@pytest.mark.feature("CON-09")
async def test_an_edit_here_goes_there_by_itself(phonehub: RunHub, folder: Path) -> None:
    put(folder, ADA)
    async with phonehub(config=config(folder)) as desk, Api(desk) as alice:
        await desk.events.type("contacts.found")
        there = VCardFolder(folder, settle=0)
        async with closing(there):
            await there._signs.begin()
            await alice.http.patch(f"/people/{(await alice.people())[ADA]['id']}", json={"company": "Engines"})
            while "Engines" not in (folder / "Ada.vcf").read_text(encoding="utf-8"):
                await there.changed()


@pytest.mark.feature("CON-09")
async def test_different_things_edited_on_both_sides_come_together(phonehub: RunHub, folder: Path) -> None:
    put(folder, ADA)
    async with phonehub(config=config(folder, "interval = 86400")) as desk, Api(desk) as alice:
        await desk.events.type("contacts.found")
        await account_of(desk).stop()  # nobody looks while both are edited
        await alice.http.patch(f"/people/{(await alice.people())[ADA]['id']}", json={"company": "Engines"})
        (folder / "Ada.vcf").write_text(card(ADA, "+1 585 555 7777"), encoding="utf-8")
        told = await alice.do("refresh")
        assert (told["conflicts"], told["contacts"]) == (0, 1)
        (ada,) = (await alice.people()).values()
        assert (ada["company"], ada["numbers"][0]["text"]) == ("Engines", "+1 585 555 7777")
        text = files(folder)["Ada.vcf"]
        assert (value_of(text, "ORG"), value_of(text, "TEL")) == ("Engines", "+1 585 555 7777")


@pytest.mark.feature("CON-09")
async def test_a_contact_edited_on_both_sides_is_kept_twice_and_that_is_told(phonehub: RunHub, folder: Path) -> None:
    put(folder, ADA)
    async with phonehub(config=config(folder, "interval = 86400")) as desk, Api(desk) as alice:
        await desk.events.type("contacts.found")
        account = account_of(desk)
        await account.stop()  # nobody looks while both are edited
        await alice.http.patch(
            f"/people/{(await alice.people())[ADA]['id']}", json={"numbers": [{"text": "+1 585 555 8888"}]}
        )
        (folder / "Ada.vcf").write_text(card(ADA, "+1 585 555 7777"), encoding="utf-8")
        told = await alice.do("refresh")
        assert (told["state"], told["conflicts"], told["contacts"]) == ("ready", 1, 2)
        numbers = sorted(value_of(text, "TEL") for text in files(folder).values())
        assert numbers == ["+1 585 555 7777", "+1 585 555 8888"]


@pytest.mark.feature("CON-09")
async def test_switched_off_its_contacts_go_here_and_stay_there(phonehub: RunHub, folder: Path) -> None:
    put(folder, ADA)
    async with phonehub(config=config(folder)) as desk, Api(desk) as alice:
        await desk.events.type("contacts.found")
        told = await alice.do("disable")
        assert (told["enabled"], told["state"], told["contacts"], await alice.people()) == (False, "off", 0, {})
        refused = await alice.http.post("/sources/office/refresh", json={})
        assert (refused.status_code, "sources enable office" in refused.text) == (422, True)
    async with phonehub(config=config(folder)) as desk, Api(desk) as alice:
        assert [(each["enabled"], each["state"]) for each in await alice.sources()] == [(False, "off")]
        assert (folder / "Ada.vcf").exists()
        await alice.do("enable")
        await alice.do("refresh")
        assert {*await alice.people()} == {ADA}
    async with phonehub(config=config(folder, "enabled = false")) as desk, Api(desk) as alice:
        assert {*await alice.people()} == {ADA}  # a person has said that it is on
    async with phonehub(config="") as desk, Api(desk) as alice:
        await desk.events.type("contacts.changed")  # it is configured no longer
        assert (await alice.sources(), await alice.people()) == ([], {})


@pytest.mark.feature("CON-09", "CON-11")
async def test_a_wipe_deletes_here_and_never_there(phonehub: RunHub, folder: Path) -> None:
    put(folder, ADA, BOB)
    async with phonehub(config=config(folder)) as desk, Api(desk) as alice:
        await desk.events.type("contacts.found")
        desk.hub.emit(Wipe(seq=0, at=desk.hub.clock.now(), user="alice"))
        await desk.settled()
        assert (await alice.people(), [each["state"] for each in await alice.sources()]) == ({}, ["off"])
    assert [*files(folder)] == ["Ada.vcf", "Bob.vcf"]


@pytest.mark.feature("CON-09")
async def test_a_source_that_lost_nearly_all_is_asked_about_first(phonehub: RunHub, folder: Path) -> None:
    names = [f"{chr(65 + number)}{number} Smith" for number in range(12)]
    put(folder, *names)
    async with phonehub(config=config(folder)) as desk, Api(desk) as alice:
        await desk.events.type("contacts.found")
        for name in files(folder):
            (folder / name).unlink()
        told = await alice.do("refresh")
        assert told["state"] == "failed"
        assert "12 of 12 contacts would be deleted here (refresh it with --accept" in told["error"]
        assert len(await alice.people()) == 12
        assert (await alice.do("refresh", accept=True))["contacts"] == 0


@pytest.mark.feature("CON-09")
async def test_what_is_wrong_is_told_and_the_others_work(phonehub: RunHub, folder: Path, tmp_path: Path) -> None:
    put(folder, ADA)
    (folder / "half.vcf").write_text("BEGIN:VCARD\nFN:Half", encoding="utf-8")
    text = config(folder) + (
        f'[plugins.contacts.sources.gone]\nkind = "folder"\nfolder = "{tmp_path / "gone"}"\n'
        '[plugins.contacts.sources.odd]\nkind = "pigeon"\n'
        '[plugins.contacts.sources.half]\nkind = "carddav"\nurl = "http://cloud.example/"\n'
    )
    async with phonehub(config=text) as desk, Api(desk) as alice:
        await desk.events.type("contacts.source", 4)
        told = {each["name"]: each for each in await alice.sources()}
        assert told["office"]["state"] == "ready"
        (problem,) = told["office"]["problems"]
        assert str(folder / "half.vcf") in problem
        assert [told[name]["state"] for name in ("gone", "odd", "half")] == ["failed"] * 3
        assert "the folder cannot be read" in told["gone"]["error"]
        assert 'no kind "pigeon"' in told["odd"]["error"]
        assert "https://" in told["half"]["error"]
        (tmp_path / "gone").mkdir()
        assert (await alice.do("refresh", "gone"))["state"] == "ready"


@pytest.mark.feature("CON-09")
async def test_a_source_that_is_only_read_keeps_what_is_ours(phonehub: RunHub, folder: Path) -> None:
    put(folder, ADA, BOB)
    before = files(folder)
    async with phonehub(config=config(folder, "read_only = true")) as desk, Api(desk) as alice:
        await desk.events.type("contacts.found")
        people = await alice.people()
        await alice.http.patch(f"/people/{people[ADA]['id']}", json={"favourite": True})
        await alice.http.delete(f"/people/{people[BOB]['id']}")
        await alice.do("refresh")
        assert files(folder) == before
        (folder / "Ada.vcf").write_text(card(ADA, "+1 585 555 7777"), encoding="utf-8")
        await alice.do("refresh")
        ada = (await alice.people())[ADA]
        assert (ada["favourite"], ada["numbers"][0]["text"]) == (True, "+1 585 555 7777")


@pytest.mark.feature("CON-09")
def test_a_source_that_refuses_is_asked_less_often_than_one_that_is_away() -> None:
    assert [pause_after(failures, 900, refused=False) for failures in (0, 1, 2, 3, 9)] == [900, 30, 60, 120, 900]
    assert [pause_after(failures, 900, refused=True) for failures in (1, 9)] == [3600, 3600]
    assert pause_after(1, 7200, refused=True) == 7200


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with radicale_running(tmp_path_factory.mktemp("radicale"), "alice", "bob") as server:
        yield server


@pytest.mark.feature("CON-09", "CON-11")
async def test_each_user_has_sources_of_their_own_at_a_real_server(
    phonehub: RunHub, radicale: Radicale, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("CLOUD_PW", PASSWORD)
    text = "".join(
        f'[users.{user}.plugins.contacts.sources.cloud]\nkind = "carddav"\nurl = "{radicale.url}/"\n'
        f'user = "{user}"\npassword = "${{env:CLOUD_PW}}"\n'
        for user in ("alice", "bob")
    )
    for user in ("alice", "bob"):
        radicale.make_book(user, "people")
    settings = CardDavSettings(url=radicale.url, user="alice", password=PASSWORD)
    async with (
        closing(CardDav("there", settings, str)) as there,
        phonehub(users=("alice", "bob"), config=text) as desk,
        Api(desk) as alice,
        Api(desk, "bob") as bob,
    ):
        first = await there.put("", card(ADA), "")
        await alice.do("refresh", "cloud")
        await bob.do("refresh", "cloud")
        ada = (await alice.people())[ADA]
        assert (ada["source"], await bob.people()) == ("cloud", {})
        await alice.http.patch(f"/people/{ada['id']}", json={"company": "Engines", "favourite": True})
        await alice.do("refresh", "cloud")
        (told,) = (await there.changes("")).cards
        assert (told.href, value_of(told.text, "ORG")) == (first.href, "Engines")
        await there.delete(told.href, told.etag)
        await there.put("", card(BOB), "")
        told_now = await alice.do("refresh", "cloud")
        assert (told_now["contacts"], {*await alice.people()}) == (1, {BOB})
    assert PASSWORD not in caplog.text


async def said(desk: Desk, *arguments: str, code: int = 0) -> str:
    words = ["--config", str(desk.hub.config.path), "contacts", *arguments]
    done = await asyncio.to_thread(CliRunner().invoke, cli, words)
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.feature("CON-09", "CLI-01")
async def test_sources_on_the_command_line(phonehub: RunHub, folder: Path) -> None:
    put(folder, ADA)
    async with phonehub(config=config(folder)) as desk:
        await desk.events.type("contacts.found")
        assert "office" in (listed := await said(desk, "sources", "list"))
        assert "ready" in listed
        (told,) = json.loads(await said(desk, "sources", "list", "--json"))
        assert (told["name"], told["contacts"], told["writable"]) == ("office", 1, True)
        put(folder, BOB)
        assert await said(desk, "sources", "refresh") == "office is ready: 2 contacts\n"
        await said(desk, "add", "--first", "Cy", "--number", "work=+1 585 555 0009", "--source", "office")
        assert await said(desk, "sources", "refresh", "office") == "office is ready: 3 contacts\n"
        assert sorted(value_of(text, "FN") for text in files(folder).values()) == [ADA, BOB, "Cy"]
        assert "you have no source cellar" in await said(desk, "add", "--first", "Di", "--source", "cellar", code=1)
        assert await said(desk, "sources", "disable", "office") == "office is off: 0 contacts\n"
        assert "source office is off" in await said(desk, "add", "--first", "Di", "--source", "office", code=1)
        assert "a folder needs no signing in" in await said(desk, "sources", "enable", "office") + await said(
            desk, "sources", "sign-in", "office", code=1
        )
        (folder / "Ada.vcf").unlink()
        shutil.move(folder, folder.with_name("elsewhere"))
        assert "the folder cannot be read" in await said(desk, "sources", "refresh", code=1)
        assert "there is no source cellar" in await said(desk, "sources", "refresh", "cellar", code=1)


@pytest.mark.feature("CON-09", "CON-05")
@pytest.mark.parametrize("share", [True, False])
async def test_only_shared_sources_name_callers(phonehub: RunHub, folder: Path, *, share: bool) -> None:
    put(folder, ADA)
    text = config(folder, f"share = {str(share).lower()}")
    for _ in range(2):  # when they come, and when they are read again
        async with phonehub(config=text) as desk, Api(desk) as alice:
            await alice.do("refresh")
            assert {*await alice.people()} == {ADA}
            desk.office.call("+15855551234", "WIRELESS CALLER")
            ring: Any = await desk.events.type("ring")
            assert ring.call.name == (ADA if share else "WIRELESS CALLER")


@pytest.mark.feature("CON-09")
async def test_what_exchange_cannot_hold_stays_here(phonehub: RunHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PW", "exchange-pw")
    with ews_running(alice="exchange-pw") as server:
        text = (
            '[plugins.contacts.sources.mail]\nkind = "ews"\nemail = "alice@engines.example"\n'
            f'url = "{server.url}"\npassword = "${{env:MAIL_PW}}"\n'
        )
        mailbox = server.mailboxes["alice"]
        folder = mailbox.folder("contacts")
        async with phonehub(config=text) as desk, Api(desk) as alice:
            await alice.do("refresh", "mail")
            contact = Element(f"{T}Contact")
            for name, value in (("DisplayName", ADA), ("GivenName", "Ada"), ("Surname", "Smith")):
                SubElement(contact, f"{T}{name}").text = value
            item = mailbox.add(folder, contact)
            await alice.do("refresh", "mail")
            ada = (await alice.people())[ADA]
            numbers = [{"text": "+1 585 555 0001", "label": "boat"}, {"text": "+1 585 555 0002", "label": "mobile"}]
            await alice.http.patch(f"/people/{ada['id']}", json={"favourite": True, "numbers": numbers})
            assert (await alice.do("refresh", "mail"))["error"] == ""
            entries = {each.attrib["Key"]: each.text for each in item.element.iter(f"{T}Entry")}
            assert entries == {"MobilePhone": "+1 585 555 0002", "OtherTelephone": "+1 585 555 0001"}
            version = item.version
            mailbox.change(item.id, "CompanyName", "Engines")
            await alice.do("refresh", "mail")
            ada = (await alice.people())[ADA]
            assert (ada["company"], ada["favourite"]) == ("Engines", True)
            assert [(each["text"], each["label"]) for each in ada["numbers"]] == [
                ("+1 585 555 0001", "boat"),
                ("+1 585 555 0002", "mobile"),
            ]
            await alice.do("refresh", "mail")
            assert item.version == version + 1  # nothing was written back


@pytest.mark.feature("CON-09", "CLI-01")
async def test_signing_in_at_microsoft_365_from_the_command_line(
    phonehub: RunHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    certificate = make_certificate(tmp_path)
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_text("a key of the test's own", encoding="utf-8")
    for name, path in (
        ("SSL_CERT_FILE", certificate),
        ("REQUESTS_CA_BUNDLE", certificate),
        ("PHONEHUB_SECRETS_FILE", tmp_path / "secrets.json"),
        ("PHONEHUB_SECRETS_KEY_FILE", tmp_path / "key"),
    ):
        monkeypatch.setenv(name, str(path))
    with microsoft_running(certificate) as server:
        server.person("alice").put("1", {"displayName": ADA, "givenName": "Ada", "surname": "Smith"})
        text = (
            f'[plugins.contacts.sources.m365]\nkind = "graph"\nclient_id = "{CLIENT}"\n'
            f'authority = "{server.url}"\nurl = "{server.graph}"\n'
        )
        async with phonehub(config=text) as desk, Api(desk) as alice:
            told = await said(desk, "sources", "refresh", code=1)
            assert "nobody is signed in (phonehub contacts sources sign-in m365)" in told
            server.interval = 1
            signing_in = asyncio.create_task(said(desk, "sources", "sign-in", "m365"))
            async with asyncio.timeout(20):
                while not (wanted := (await alice.sources())[0]["sign_in"]):
                    await desk.hub.clock.sleep(0.02)
            server.approve(wanted["code"], "alice")
            printed = await signing_in
            assert f"open {server.url}/devicelogin and type {wanted['code']}" in printed
            assert "m365 is ready: 1 contacts" in printed
            assert {*await alice.people()} == {ADA}
        async with phonehub(config=text) as desk, Api(desk) as alice:
            await alice.http.patch(f"/people/{(await alice.people())[ADA]['id']}", json={"company": "Engines"})
            assert (await alice.do("refresh", "m365"))["state"] == "ready"
            assert server.person("alice").contacts["1"]["companyName"] == "Engines"
        kept = (tmp_path / "secrets.json").read_text(encoding="utf-8")
        logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("hub"))
        assert not [token for token in (*server.access, *server.refresh) if token in kept + logged]


def account_of(desk: Desk, name: str = "office", user: str = "alice") -> Any:
    plugin: Any = next(each for each in desk.hub.plugins if each.name == "contacts")
    return plugin.implementation._books[user].sources.accounts[name]
