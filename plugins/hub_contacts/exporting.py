"""Contacts as a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, BinaryIO

from fastapi import Query
from starlette.responses import Response, StreamingResponse

from hub_contacts.asking import Own  # noqa: TC001  FastAPI reads the annotations
from hub_contacts.contact import Contact
from hub_contacts.query import Field, Match, Show, Sort
from hub_contacts.query import Query as Wanted
from hub_contacts.sheet.write import write_csv
from hub_contacts.vcard.write import Version, write_vcards

COUNT = "X-Contact-Count"
"""The header that tells how many contacts are in the file."""
_PIECE = 1 << 18


class FileKind(StrEnum):
    """What is written."""

    CSV = "csv"
    VCARD = "vcard"
    VCARD3 = "vcard3"


Writer = Callable[[Iterable[Contact], BinaryIO], int]
_KINDS: dict[FileKind, tuple[Writer, str, str]] = {
    FileKind.CSV: (write_csv, "text/csv; charset=utf-8", "contacts.csv"),
    FileKind.VCARD: (write_vcards, "text/vcard; charset=utf-8", "contacts.vcf"),
    FileKind.VCARD3: (partial(write_vcards, version=Version.V3), "text/vcard; charset=utf-8", "contacts.vcf"),
}


async def export(
    book: Own,
    kind: Annotated[FileKind, Query(alias="format", description="`vcard` is version 4.0, `vcard3` 3.0")],
    search: Annotated[str, Query(max_length=200)] = "",
    show: Annotated[list[Show] | None, Query(description="groups of contacts; else the personal ones")] = None,
    sort: Sort = Sort.LAST,
    match: Match = Match.CONTAINS,
    field: Field = Field.ALL,
) -> Response:
    """Send contacts as a file that imports without loss; the header `X-Contact-Count` tells how many there are."""
    shown = frozenset(show or [Show.PERSONAL])
    write, media_type, name = _KINDS[kind]
    wanted = Wanted(show=shown, sort=sort, search=search, match=match, field=field)
    file, count = await book.written(wanted, write)
    headers = {
        COUNT: str(count),
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(_pieces(file), media_type=media_type, headers=headers)


ROUTES: tuple[tuple[str, str, Callable[..., Any], dict[str, Any]], ...] = (
    ("GET", "/export", export, {"response_class": Response}),
)


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
