"""Files of contacts sent to a real hub: what is there afterwards, and what is told."""

from __future__ import annotations

import asyncio
import gzip
import io
import threading
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from contacts_client import client, everybody, imported, refused, sent, until

from hub import Wipe
from hub_contacts.importing.imports import Import, Imports

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from hub import DialPlan
    from hub.testing.harness import Desk
    from hub_contacts.stored import Stored

    RunHub = Callable[..., AbstractAsyncContextManager[Desk]]

OUTLOOK = (
    "First Name,Last Name,Company,Business Phone,Mobile Phone,E-mail Address,Favourite colour\r\n"
    'Ada,Löwenstein,"Engines, Ltd",(585) 555-1234,+44 20 7946 0958,ada@engines.example,blue\r\n'
    'Bo,Berg,,585-555-0002,,,"red\r\nand green"\r\n'
    "Nobody,,,,,,\r\n"
    "Cy,Cole,,585-555-0003,,,\r\n"
)
CARDS = """BEGIN:VCARD
VERSION:4.0
FN:Ada Löwenstein
N:Löwenstein;Ada;;;
TEL;TYPE=work;VALUE=uri:tel:+15855551234
PHOTO:data:image/png;base64,iVBORw0KGgo=
END:VCARD
BEGIN:VCARD
VERSION:2.1
N:Broken
BEGIN:VCARD
VERSION:2.1
N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg
TEL;HOME:030 123
END:VCARD
"""


def imports_of(desk: Desk, user: str = "alice") -> Imports:
    plugin: Any = next(each for each in desk.hub.plugins if each.name == "contacts")
    imports: Imports = plugin.implementation._books[user].imports
    return imports


@pytest.mark.feature("CON-06")
async def test_a_csv_file_is_imported_and_each_refused_row_told(phonehub: RunHub) -> None:
    async with phonehub() as desk, client(desk) as alice:
        told = await imported(alice, OUTLOOK.encode("cp1252"))
        assert (told["state"], told["format"], told["preset"]) == ("done", "csv", "outlook-en")
        assert (told["added"], told["merged"], told["skipped"], told["refused"]) == (3, 0, 0, 1)
        assert told["read"] == told["size"] == len(OUTLOOK.encode("cp1252"))
        assert [each["heading"] for each in told["columns"] if not each["field"]] == ["Favourite colour"]
        assert await refused(alice, told) == [(5, "the row has no number (Nobody)")]
        found = {each["name"]: each for each in await everybody(alice)}
        assert sorted(found) == ["Ada Löwenstein", "Bo Berg", "Cy Cole"]
        assert found["Ada Löwenstein"]["company"] == "Engines, Ltd"
        assert [(each["text"], each["label"]) for each in found["Ada Löwenstein"]["numbers"]] == [
            ("(585) 555-1234", "work"),
            ("+44 20 7946 0958", "mobile"),
        ]
        last = await desk.events.until(lambda all_: [e for e in all_ if getattr(e, "state", "") == "done"])
        assert (last[0].type, getattr(last[0], "added", 0)) == ("contacts.import", 3)
        changes = [event for event in desk.events.all if event.type == "contacts.changed"]
        assert [getattr(change, "ids", None) for change in changes] == [()]


@pytest.mark.feature("CON-07")
async def test_vcards_are_imported_and_a_broken_one_told(phonehub: RunHub) -> None:
    async with phonehub() as desk, client(desk) as alice:
        told = await imported(alice, CARDS.encode(), kind="text/vcard")
        assert (told["format"], told["added"], told["refused"]) == ("vcard", 2, 1)
        ((line, reason),) = await refused(alice, told)
        assert line == 8
        assert "END:VCARD is missing" in reason
        found = await everybody(alice)
        assert [each["name"] for each in found] == ["Ada Löwenstein", "Jörg Müller"]
        photo = await alice.get(f"/contacts/people/{found[0]['id']}/photo")
        assert (photo.content, photo.headers["content-type"]) == (b"\x89PNG\r\n\x1a\n", "image/png")


@pytest.mark.feature("CON-06")
async def test_a_preview_and_a_dry_run_keep_nothing(phonehub: RunHub) -> None:
    async with phonehub() as desk, client(desk) as alice:
        shown = (await sent(alice, OUTLOOK.encode(), "/contacts/preview", rows=2)).json()
        assert [each["name"] for each in shown["contacts"]] == ["Ada Löwenstein", "Bo Berg"]
        assert {each["heading"]: each["field"] for each in shown["columns"]}["Business Phone"] == "number:work"
        assert (await imported(alice, OUTLOOK.encode(), dry_run=True))["added"] == 3
        assert await everybody(alice) == []
        await alice.post("/contacts/people", json={"last": "Berg", "first": "Bo", "numbers": [{"text": "5855550002"}]})
        told = await imported(alice, OUTLOOK.encode(), dry_run=True, duplicates="merge")
        assert (told["state"], told["dry_run"], told["added"], told["skipped"]) == ("done", True, 2, 1)
        assert len(await everybody(alice)) == 1


@pytest.mark.feature("CON-06")
async def test_columns_are_mapped_by_hand(phonehub: RunHub) -> None:
    file = "Wer;Wo;Ruf\nAda;Engines;5855551234\n".encode("utf-16")
    async with phonehub() as desk, client(desk) as alice:
        unknown = await sent(alice, file)
        assert (unknown.status_code, unknown.json()["code"]) == (422, "invalid_request")
        assert "no column with numbers is known among: column 1, column 2, column 3" in unknown.json()["message"]
        wrong = await sent(alice, file, map=["Wehr=last", "Wo=firm"])
        assert 'there is no column "Wehr" (did you mean "Wer"?)' in wrong.json()["message"]
        assert '"firm" is no field of a contact' in wrong.json()["message"]
        assert (await sent(alice, file, map=["last"])).status_code == 422
        told = await imported(alice, file, map=["Wer=last", "2=company", "Ruf=number:direct line"])
        assert [each["field"] for each in told["columns"]] == ["last", "company", "number:direct line"]
        (found,) = await everybody(alice)
        assert (found["last"], found["company"]) == ("Ada", "Engines")
        assert found["numbers"][0]["label"] == "direct line"


@pytest.mark.feature("CON-06")
@pytest.mark.parametrize(
    ("duplicates", "expected", "companies", "notes"),
    [
        ("skip", (1, 0, 2), ["Old"], ["first"]),
        ("merge", (1, 1, 1), ["Old"], ["first\ncompany: New"]),
        ("keep", (3, 0, 0), ["", "New", "Old"], ["", "", "first"]),
    ],
)
async def test_what_is_there_already_is_skipped_merged_or_kept(
    phonehub: RunHub, duplicates: str, expected: tuple[int, int, int], companies: list[str], notes: list[str]
) -> None:
    file = (
        b"Last Name,Company,Phone,E-mail\nBerg,New,+1 585 555 0002,b@x.example\nBerg,,585 555 0002,b@x.example\n"
        b"Cole,,5855550003,\n"
    )
    async with phonehub() as desk, client(desk) as alice:
        mine = {"last": "Berg", "company": "Old", "note": "first", "numbers": [{"text": "(585) 555-0002"}]}
        added = (await alice.post("/contacts/people", json=mine)).json()
        told = await imported(alice, file, duplicates=duplicates)
        assert (told["added"], told["merged"], told["skipped"]) == expected
        bergs = [each for each in await everybody(alice) if each["last"] == "Berg"]
        assert sorted(each["company"] for each in bergs) == companies
        assert sorted(each["note"] for each in bergs) == notes
        assert added["id"] in [each["id"] for each in bergs]
        if duplicates == "merge":
            assert [each["text"] for each in bergs[0]["emails"]] == ["b@x.example"]
        # the same file again: nothing is left to be done
        again = await imported(alice, file, duplicates="merge")
        assert (again["added"], again["merged"]) == ((0, 0) if duplicates != "skip" else (0, 1))


@pytest.mark.feature("CON-06", "CON-07")
async def test_what_is_no_file_of_contacts_is_refused_clearly(phonehub: RunHub) -> None:
    files = (
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n \r\n", "the file is empty"),
        (b"\0" * 5000, "the file is empty"),
        (gzip.compress(OUTLOOK.encode()), "gzip"),
        (b"%PDF-1.7\n1 0 obj", "a PDF"),
        (b"<!DOCTYPE html><html><body>Sign in", "a web page"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "no text"),
        (b"Last Name,Colour\nA,blue\n", "no column with numbers is known among: Last Name, Colour"),
    )
    async with phonehub() as desk, client(desk) as alice:
        for file, told in files:
            for path in ("/contacts/imports", "/contacts/preview"):
                answer = await sent(alice, file, path)
                assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
                assert told in answer.json()["message"]
        assert (await alice.get("/contacts/imports")).json() == []


@pytest.mark.feature("CON-06", "CON-07")
async def test_hostile_files_do_no_harm(phonehub: RunHub) -> None:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("contacts.csv", OUTLOOK)
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:{}\nTEL:1{}\nEND:VCARD\n"
    many_lines = "BEGIN:VCARD\nVERSION:3.0\nFN:Long\nNOTE:x\n" + " y\n" * 600_000 + "END:VCARD\n"
    large_photo = f"BEGIN:VCARD\nVERSION:3.0\nFN:Big\nPHOTO;ENCODING=b:{'A' * 50_000_000}\nEND:VCARD\n"
    cells = (
        b"Last Name,Phone,Company\n"
        b"=cmd|'/c calc'!A1,5550001,../../etc/passwd\n"
        b"Nul\0l,555\x000002,\xff\xfe\xfd\n"
        b'"never closed,5550003,x\n'
        b"Fine,5550004,x\n"
    )
    async with phonehub() as desk, client(desk) as alice:
        answer = await sent(alice, zipped.getvalue())
        assert "a ZIP archive or an Excel workbook" in answer.json()["message"]
        told = await imported(alice, (many_lines + card.format("A", 1)).encode())
        assert (told["added"], told["refused"]) == (1, 1)
        told = await imported(alice, (large_photo + card.format("B", 2)).encode())
        assert (told["added"], told["refused"]) == (1, 1)
        assert "larger than" in (await refused(alice, told))[0][1]
        told = await imported(alice, cells, encoding="cp1252")
        assert told["state"] == "done"
        found = {each["last"]: each for each in await everybody(alice)}
        assert found["=cmd|'/c calc'!A1"]["company"] == "../../etc/passwd"
        assert found["Null"]["numbers"][0]["text"] == "5550002"
        assert "Fine" in found
        assert (await sent(alice, cells, encoding="utf-99")).status_code == 422
        assert (await sent(alice, cells, encoding="zlib")).status_code == 422
        assert (await sent(alice, cells, delimiter='"')).status_code == 422
        assert (await sent(alice, cells, kind="text/plain")).status_code == 415
        assert (await sent(alice, cells, kind="multipart/form-data")).status_code == 415
        assert (await sent(alice, b"{}", kind="application/json")).status_code == 422


@pytest.mark.feature("CON-06", "CON-11")
async def test_while_an_import_goes_on_nothing_of_it_is_seen_and_it_can_be_stopped(
    phonehub: RunHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = threading.Event()
    read = Import.next

    def slowly(self: Import, plan: DialPlan, now: float) -> list[Stored] | None:
        found = read(self, plan, now)
        if found is None:
            assert may_go_on.wait(30)
        return found

    monkeypatch.setattr(Import, "next", slowly)
    async with phonehub(users=("alice", "bob")) as desk, client(desk) as alice, client(desk, "bob") as bob:
        kept = (await alice.post("/contacts/people", json={"last": "Berg", "numbers": [{"text": "5855550002"}]})).json()
        begun = (await sent(alice, OUTLOOK.encode(), duplicates="merge")).json()
        path = f"/contacts/imports/{begun['id']}"
        told = await until(alice, begun, lambda told: told["added"] + told["merged"] == 3)
        assert told["state"] == "running"
        assert [each["id"] for each in await everybody(alice)] == [kept["id"]]
        refusals = [
            await alice.post("/contacts/people", json={"last": "X"}),
            await alice.patch(f"/contacts/people/{kept['id']}", json={"note": "x"}),
            await alice.delete(f"/contacts/people/{kept['id']}"),
            await alice.delete("/contacts/people"),
            await sent(alice, OUTLOOK.encode()),
        ]
        assert [(each.status_code, each.json()["code"]) for each in refusals] == [(409, "conflict")] * 5
        assert (await bob.post("/contacts/people", json={"last": "X"})).status_code == 201
        assert (await bob.get(path)).status_code == (await bob.delete(path)).status_code == 404
        stopping = asyncio.create_task(alice.delete(path))
        await until(alice, begun, lambda _: imports_of(desk).all[0].is_unwanted)
        may_go_on.set()
        assert (await stopping).json()["state"] == "stopped"
        changed = {"note": "mine", "company": ""}
        assert (await alice.patch(f"/contacts/people/{kept['id']}", json=changed)).json()["note"] == "mine"
        assert len(await everybody(alice)) == 1


@pytest.mark.feature("CON-11")
async def test_a_wipe_stops_an_import(phonehub: RunHub) -> None:
    rows = "".join(f"Last{number},+1585555{number:04}\n" for number in range(9000))
    async with phonehub() as desk, client(desk) as alice:
        begun = (await sent(alice, f"Last Name,Phone\n{rows}".encode())).json()
        desk.hub.emit(Wipe(seq=0, at=desk.hub.clock.now(), user="alice"))
        await desk.settled()
        assert (await alice.get(f"/contacts/imports/{begun['id']}")).json()["state"] == "stopped"
        assert await everybody(alice) == []
        assert (await imported(alice, OUTLOOK.encode()))["added"] == 3
        assert len(await everybody(alice)) == 3


@pytest.mark.feature("CON-06")
async def test_of_an_import_that_the_hub_did_not_wait_for_nothing_is_there(phonehub: RunHub) -> None:
    rows = "".join(f"Last{number},+1585555{number:04}\n" for number in range(9000))
    file = f"Last Name,Phone\n{rows}".encode()
    async with phonehub() as desk, client(desk) as alice:
        begun = (await sent(alice, file)).json()
        assert (await until(alice, begun, lambda told: told["added"] > 500))["state"] == "running"
    async with phonehub() as desk, client(desk) as alice:
        assert await everybody(alice) == []
        assert (await imported(alice, OUTLOOK.encode()))["added"] == 3
        assert len(await everybody(alice)) == 3
