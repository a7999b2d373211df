"""What the routes that take files answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from hub import UserError
from hub_contacts.importing.duplicates import Duplicates
from hub_contacts.importing.imports import State
from hub_contacts.importing.opened import FileFormat
from hub_contacts.models import ContactModel
from hub_contacts.refused import Refused
from hub_contacts.stored import Stored, as_ours

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub_contacts.contact import Contact
    from hub_contacts.importing.imports import Import
    from hub_contacts.importing.opened import Opened


class ColumnModel(BaseModel):
    """A column of a CSV file, and what it was taken for, as a mapping says it: empty if for nothing."""

    heading: str
    field: str


class RefusedModel(BaseModel):
    """What of a file was not taken in: the line where it begins, and why; `partly` where the rest of it was taken."""

    line: int
    reason: str
    partly: bool


class RefusedPage(BaseModel):
    """Refusals in the order of the file, and where the next ones begin; none are left where there are none."""

    refused: list[RefusedModel]
    after: int


class Read(BaseModel):
    """What a file was taken for. `preset` is the program that wrote it, as far as its headings tell."""

    format: FileFormat
    preset: str
    delimiter: str
    columns: list[ColumnModel]


class Preview(Read):
    """What the first cards or rows of a file would become."""

    contacts: list[ContactModel]
    refused: list[RefusedModel]

    @classmethod
    def of(cls, opened: Opened, found: Iterable[Contact | Refused]) -> Preview:
        """Say what was read of a file."""
        contacts, refused = [], []
        for each in found:
            if isinstance(each, Refused):
                refused.append(refused_model(each))
            else:
                kind = each.photo.media_type if each.photo else ""
                contacts.append(ContactModel.of(Stored(id="", contact=as_ours(each), photo_type=kind)))
        return cls.model_construct(**_read(opened), contacts=contacts, refused=refused)


class ImportModel(Read):
    """An import: `read` of its `size` in bytes so far, and what became of the contacts of the file.

    While it is `running`, and where it `failed` or was `stopped`, none of them is there; so of a dry run.
    """

    id: str
    state: State
    reason: str
    duplicates: Duplicates
    dry_run: bool
    size: int
    read: int
    added: int
    merged: int
    skipped: int
    refused: int

    @classmethod
    def of(cls, begun: Import) -> ImportModel:
        """Say how an import stands."""
        return cls(
            **_read(begun.opened),
            **asdict(begun.counts),
            id=begun.id,
            state=begun.state,
            reason=begun.reason,
            duplicates=begun.duplicates,
            dry_run=begun.is_dry,
            size=begun.size,
            read=begun.read,
            refused=begun.refused.count,
        )


def refused_model(refused: Refused) -> RefusedModel:
    """Say what was refused."""
    return RefusedModel(line=refused.line, reason=refused.reason, partly=refused.partly)


def mapping_of(given: Iterable[str]) -> dict[str | int, str]:
    """Return a mapping as it was said, each `COLUMN=FIELD`; raises `UserError`."""
    told: dict[str | int, str] = {}
    for each in given:
        column, equals, target = each.rpartition("=")
        if not equals or not column.strip():
            raise UserError.of(f'"{each[:60]}" says no column', "write COLUMN=FIELD", "map")
        name = column.strip()
        told[int(name) if name.isascii() and name.isdigit() else name] = target.strip()
    return told


def _read(opened: Opened) -> dict[str, Any]:
    sheet = opened.sheet
    if sheet is None:
        return {"format": opened.format, "preset": "", "delimiter": "", "columns": []}
    columns = [
        ColumnModel(heading=heading, field=str(column or ""))
        for heading, column in zip(sheet.headings, sheet.columns, strict=True)
    ]
    return {"format": opened.format, "preset": sheet.preset, "delimiter": sheet.delimiter, "columns": columns}
