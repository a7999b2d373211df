"""Every route and every command, as another user and as administrator: none shows a user's contacts."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner
from contacts_client import client, everybody, imported
from websockets.asyncio.client import connect

from hub.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    import httpx

    from hub.testing.harness import Desk

    RunHub = Callable[..., AbstractAsyncContextManager[Desk]]

MARKS = ("Zzyzx", "7775551", "5557771", "zzyzx.example")
MINE: dict[str, Any] = {
    "first": "Zzyzx",
    "company": "Zzyzx Ltd",
    "numbers": [{"text": "+1 585 777-5551"}, {"text": "585 555 7771"}],
    "emails": [{"text": "a@zzyzx.example"}],
    "note": "Zzyzx",
    "groups": ["Zzyzx"],
}
FILE = b"Last Name,Phone,Company\nZzyzx,+15857775551,Zzyzx\nnumberless Zzyzx,,\n"
ADMIN = '[plugins.contacts]\nadministrators = ["bob"]\n'
WIPE = ("DELETE", "/api/plugins/contacts/of/{whose}")
LASTING = {"events", "demo", "run", "sim", "play", "discover"}
"""Commands that go on, or need more than a hub."""


def seen(text: str) -> list[str]:
    """Return the marks of a user's contacts in a text, however it is written."""
    return [mark for mark in MARKS if mark in text or mark in text.replace(" ", "").replace("-", "")]


def routes(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in sorted(described["paths"].items()):
        for method, told in methods.items():
            yield method.upper(), path, told


def body(schema: dict[str, Any], parts: dict[str, Any]) -> Any:
    """Return something that a schema takes, as short as may be."""
    if "$ref" in schema:
        return body(parts[schema["$ref"].rpartition("/")[2]], parts)
    if several := schema.get("anyOf", schema.get("allOf")):
        return body(several[0], parts)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: body(schema["properties"][name], parts) for name in schema.get("required", ())}
    return {"string": "1", "integer": 1, "number": 1, "boolean": True, "array": []}.get(schema.get("type", ""))


async def answer(asked: httpx.AsyncClient, method: str, path: str, told: dict[str, Any], parts: Any) -> str:
    """Ask a route, with what it needs, and return all that it says."""
    content = told.get("requestBody", {}).get("content", {})
    query = {
        each["name"]: body(each["schema"], parts)
        for each in told.get("parameters", ())
        if each["in"] == "query" and each.get("required")
    }
    if content and "application/json" not in content:
        kind = next(iter(content))
        said = await asked.request(method, path, params=query, content=b"x", headers={"Content-Type": kind})
    else:
        sent = body(content["application/json"]["schema"], parts) if content else {}
        said = await asked.request(method, path, params=query, json=None if method == "GET" else sent)
    return f"{said.status_code} {said.headers} {said.text}"


@pytest.mark.feature("CON-11")
async def test_no_route_shows_or_changes_anothers_contacts(phonehub: RunHub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "hub")
    users = ("alice", "bob")
    async with phonehub(users=users, config=ADMIN) as desk, client(desk) as alice, client(desk, "bob") as other:
        contact = (await alice.post("/contacts/people", json=MINE)).json()
        begun = await imported(alice, FILE, duplicates="keep")
        caller = desk.office.call("+15857775551")
        ring: Any = await desk.events.type("ring")
        assert seen(ring.call.contacts[0].name)
        before = sorted(map(json.dumps, await everybody(alice)))
        ids = {
            "contact": contact["id"],
            "import": begun["id"],
            "whose": "alice",
            "call": ring.call.id,
            "name": "contacts",
        }
        server = desk.hub.server
        assert server is not None
        other.base_url = server.url
        described = (await other.get("/api/openapi.json")).json()
        parts = described["components"]["schemas"]
        headers = {"Authorization": other.headers["authorization"]}
        address = f"ws{server.url.removeprefix('http')}/api/events"
        async with connect(address, additional_headers=headers, proxy=None) as stream:
            tried = 0
            for method, path, told in routes(described):
                if (method, path) == WIPE:
                    continue
                names = [each["name"] for each in told.get("parameters", ()) if each["in"] == "path"]
                where = path.format(**{name: ids.get(name, "alice") for name in names})
                said = await answer(other, method, where, told, parts)
                assert not seen(said), (method, path)
                tried += 1
            assert tried > 60
            for search in ("Zzyzx", "5857775551"):
                for path in ("/api/plugins/contacts/people", "/api/history", "/api/plugins/contacts/export?format=csv"):
                    said = (await other.get(path, params={"search": search, "format": "csv"})).text
                    assert not seen(said.replace(f'"search":"{search}"', "")), path
            assert sorted(map(json.dumps, await everybody(alice))) == before
            desk.office.hang_up(caller)
            assert (await other.delete("/api/plugins/contacts/of/alice")).json() == {"deleted": 2}
            assert await everybody(alice) == []
            await desk.settled()
            heard = [await asyncio.wait_for(stream.recv(), 10)]
        assert not seen("".join(map(str, heard)))
        told_to_other = [repr(event) for event in desk.events.all if event.user != "alice"]
        assert not seen("".join(told_to_other))
        ours = [event for event in desk.events.all if event.type.startswith("contacts.")]
        assert ours
        assert not seen("".join(map(repr, ours)))
    assert not seen("".join(record.getMessage() for record in caplog.records if record.name.startswith("hub")))


def written(folder: Path) -> list[Path]:
    return list(folder.glob("*.csv"))


def commands(group: click.Group, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands(command, *before, name)
            elif command is not None and name not in LASTING:
                yield (*before, name), command


@pytest.mark.feature("CON-11")
async def test_no_command_shows_or_changes_anothers_contacts(
    phonehub: RunHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    users = ("alice", "bob")
    async with phonehub(users=users, config=ADMIN) as desk, client(desk) as alice:
        contact = (await alice.post("/contacts/people", json=MINE)).json()
        before = await everybody(alice)
        config = str(desk.hub.config.path)
        group = cli.get_command(click.Context(cli), "contacts")
        assert isinstance(group, click.Group)
        shows = {
            name: cli.get_command(click.Context(cli), name) for name in ("calls", "history", "colleagues", "phone")
        }
        every = [*commands(group, "contacts"), *(((name,), command) for name, command in shows.items() if command)]
        assert len(every) > 12
        for which in (contact["id"], "Zzyzx", "5857775551"):
            for words, command in every:
                needed = [each for each in command.params if isinstance(each, click.Argument) and each.required]
                values = [str(tmp_path / f"{'.'.join(words)}-{which}.csv") if "file" in (each.name or "") else which
                          for each in needed]  # fmt: skip
                more = ["--note", "x"] if words[-1] == "edit" else []
                done = await asyncio.to_thread(
                    CliRunner().invoke,
                    cli,
                    ["--config", config, "--user", "bob", *words, *values, *more],
                    input="y\n" * 3,
                )
                assert not seen(done.output.replace(which, "")), words
        assert not seen("".join(file.read_text("utf-8-sig") for file in await asyncio.to_thread(written, tmp_path)))
        assert await everybody(alice) == before
