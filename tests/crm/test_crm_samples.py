"""The ready lookups for well-known CRMs, each in a real hub, against answers in the form that the CRM documents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from crm_server import Crm

    from hub import ContactFound

SAMPLES = Path(__file__).parents[2] / "samples" / "crm"
TOKEN = "pat-4711-secret"
CALLER = "+15855551234"
HUBSPOT = {
    "total": 1,
    "results": [
        {
            "id": "100451",
            "properties": {
                "company": "Engines Ltd", "createdate": "2024-01-17T19:55:04.281Z", "firstname": "Ada",
                "hs_object_id": "100451", "lastmodifieddate": "2024-09-11T13:27:39.356Z", "lastname": "Lovelace",
            },
            "createdAt": "2024-01-17T19:55:04.281Z",
            "updatedAt": "2024-09-11T13:27:39.356Z",
            "archived": False,
        }
    ],
}  # fmt: skip
PIPEDRIVE = {
    "success": True,
    "data": {
        "items": [
            {
                "result_score": 0.5092,
                "item": {
                    "id": 17, "type": "person", "name": "Ada Lovelace", "phones": ["+1 585 555 1234"],
                    "emails": ["ada@engines.example"], "primary_email": "ada@engines.example", "visible_to": 3,
                    "owner": {"id": 1}, "organization": {"id": 4, "name": "Engines Ltd", "address": None},
                    "custom_fields": [], "notes": [], "update_time": "2025-04-01T10:00:00Z",
                },
            }
        ]
    },
    "additional_data": {"next_cursor": None},
}  # fmt: skip
ZENDESK = {
    "users": [
        {
            "id": 35436, "url": "https://example.zendesk.com/api/v2/users/35436.json", "name": "Ada Lovelace",
            "email": "ada@engines.example", "phone": CALLER, "role": "end-user", "organization_id": 57542,
            "active": True, "verified": True, "notes": "", "photo": None,
        }
    ],
    "next_page": None, "previous_page": None, "count": 1,
}  # fmt: skip


def sample(name: str, crm: Crm) -> str:
    """Return a sample with this server in the place of the CRM's, and its secret in a file."""
    text = (SAMPLES / f"{name}.toml").read_text(encoding="utf-8")
    text, replaced = re.subn(r'(?m)^url = "https://[^/]+', f'url = "{crm.url}', text)
    assert replaced == 1
    return text.replace(f"${{keyring:phonehub/{name}}}", "${file:crm.token}")


@pytest.mark.feature("RULE-16", "CON-05")
@pytest.mark.parametrize(
    ("name", "answer", "found", "asked", "header"),
    [
        (
            "hubspot",
            HUBSPOT,
            ("hubspot:100451", "Engines Ltd", "https://app.hubspot.com/contacts/12345678/record/0-1/100451", ()),
            ("POST", "/crm/v3/objects/contacts/search", {}),
            ("Authorization", f"Bearer {TOKEN}"),
        ),
        (
            "pipedrive",
            PIPEDRIVE,
            ("pipedrive:17", "Engines Ltd", "https://example.pipedrive.com/person/17", ()),
            ("GET", "/api/v2/persons/search", {"term": ["5855551234"], "fields": ["phone"], "limit": ["5"]}),
            ("x-api-token", TOKEN),
        ),
        (
            "zendesk",
            ZENDESK,
            ("zendesk:35436", "", "https://example.zendesk.com/agent/users/35436", ("Customers",)),
            ("GET", "/api/v2/users/search.json", {"query": [f"role:end-user phone:{CALLER}"]}),
            ("Authorization", f"Bearer {TOKEN}"),
        ),
    ],
)
async def test_a_sample(
    tmp_path: Path,
    crm: Crm,
    caplog: pytest.LogCaptureFixture,
    name: str,
    answer: Any,
    found: tuple[object, ...],
    asked: tuple[object, ...],
    header: tuple[str, str],
) -> None:
    secret = tmp_path / "crm.token"
    secret.touch(mode=0o600)
    secret.write_text(TOKEN, encoding="utf-8")
    crm.answer = answer
    crm.released.clear()
    rule = "{on: contact_found, when: {caller: {company: '*'}}, do: {note: '{{ contact.name }} %COMPANY%'}}"
    async with running_desk(tmp_path, config=sample(name, crm), rules={"a.yaml": rule}) as desk:
        caller = desk.office.call(CALLER, "A CALLER")
        ring = await desk.events.type("ring")
        assert ring.call.name == "A CALLER", "the ring has not waited"  # type: ignore[attr-defined]
        crm.released.set()
        told: ContactFound = await desk.events.type("contact_found")  # type: ignore[assignment]
        contact = told.contact
        assert (contact.name, contact.source) == ("Ada Lovelace", name)
        assert (contact.id, contact.company, contact.link, contact.groups) == found
        assert told.call.name == "Ada Lovelace"
        desk.office.hang_up(caller)
        await desk.events.type("end")
        await desk.settled()
        (entry,) = await desk.hub.store.calls("alice")
        assert entry.name == "Ada Lovelace"
        assert [note.text for note in entry.notes] == ([f"Ada Lovelace {contact.company}"] if contact.company else [])
        again = desk.office.call(CALLER)
        await desk.events.type("contact_found", 2)
        desk.office.hang_up(again)
    (only,) = crm.asked
    assert (only.method, only.path, only.query) == asked
    assert only.headers[header[0]] == header[1]
    if name == "hubspot":
        assert {each["filters"][0]["value"] for each in only.body["filterGroups"]} == {"5855551234"}
        assert only.headers["Content-Type"] == "application/json"
    assert TOKEN not in caplog.text
