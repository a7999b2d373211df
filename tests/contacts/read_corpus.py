"""Reads the awkward files beside the tests; as a program, it writes down anew what is read from them."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from hub_contacts.contact import Contact, Photo
from hub_contacts.refused import Refused
from hub_contacts.vcard.read import read_vcards

DATA = Path(__file__).parent / "data"
VCARDS = sorted(DATA.glob("*.vcf"))
GOLDEN = DATA / "vcards.json"


def told(each: Contact | Refused) -> dict[str, Any]:
    """Return what was read in JSON's types, without what is not said."""
    if isinstance(each, Refused):
        return {"line": each.line, "reason": each.reason, **({"partly": True} if each.partly else {})}
    found = {field.name: getattr(each, field.name) for field in fields(each)}
    found = {name: value for name, value in found.items() if value and (name, value) != ("kind", "personal")}
    if isinstance(found.get("photo"), Photo):
        found["photo"] = [len(found["photo"].data), found["photo"].media_type]
    if "extra" in found:
        found["extra"] = [[each.group, each.name, each.params, each.value] for each in found["extra"]]
    jsonable: dict[str, Any] = json.loads(json.dumps(found))
    return jsonable


def read(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as stream:
        return [told(each) for each in read_vcards(stream)]


if __name__ == "__main__":
    GOLDEN.write_text(
        json.dumps({path.name: read(path) for path in VCARDS}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
