"""The routes that take files."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, HTTPException, Path, Query, Request
from starlette.requests import ClientDisconnect

from hub import upload
from hub_contacts.asking import Own  # noqa: TC001  FastAPI reads the annotations
from hub_contacts.importing.duplicates import Duplicates
from hub_contacts.importing.imports import Import
from hub_contacts.importing.models import ImportModel, Preview, RefusedPage, mapping_of, refused_model
from hub_contacts.importing.opened import Asked, FileFormat, Opened
from hub_contacts.importing.receiving import receive

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

LARGEST = 2 * 1024**3
"""Bytes that a file may have."""
TYPES = ("application/octet-stream", "text/csv", "text/directory", "text/vcard", "text/x-vcard")
_NOT_THERE: dict[int | str, dict[str, Any]] = {404: {"description": "Not Found"}}
_BUSY: dict[int | str, dict[str, Any]] = {409: {"description": "Conflict"}}
_FILE = {"schema": {"type": "string", "format": "binary"}}
_TAKES = {"requestBody": {"required": True, "content": dict.fromkeys(TYPES, _FILE)}}


def _asked(
    kind: Annotated[FileFormat | None, Query(alias="format", description="found out where it is not said")] = None,
    mapping: Annotated[
        list[str] | None, Query(alias="map", description="COLUMN=FIELD: what a column is, by heading or number from 1")
    ] = None,
    delimiter: Annotated[str, Query(pattern='^[^"\r\n]?$')] = "",
    encoding: Annotated[str, Query(max_length=40)] = "",
) -> Asked:
    return Asked(format=kind, mapping=mapping_of(mapping or ()), delimiter=delimiter, encoding=encoding)


As = Annotated[Asked, Depends(_asked)]


def _import(book: Own, import_id: Annotated[str, Path(alias="import", description="the import's id")]) -> Import:
    found = book.imports.get(import_id)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no import of that id; only the last few are remembered")
    return found


Known = Annotated[Import, Depends(_import)]


@upload(*TYPES, largest=LARGEST)
async def preview(request: Request, book: Own, asked: As, rows: Annotated[int, Query(ge=1, le=100)] = 10) -> Preview:
    """Tell what a file is taken for, and what its first rows or cards would become; nothing is kept."""
    file, _ = await _sent(request, book)
    with file:
        return await asyncio.to_thread(lambda: Preview.of(opened := Opened(file, asked), opened.preview(rows)))


@upload(*TYPES, largest=LARGEST)
async def begin(
    request: Request,
    book: Own,
    asked: As,
    duplicates: Annotated[Duplicates, Query(description="what becomes of those that are there")] = Duplicates.SKIP,
    dry_run: Annotated[bool, Query(description="tell what would be done, and keep nothing")] = False,  # noqa: FBT002
) -> ImportModel:
    """Import a file of contacts, sent as it is; all of them are there at once when that is done."""
    book.imports.check_free()
    file, size = await _sent(request, book)
    try:
        opened = await asyncio.to_thread(Opened, file, asked)
        return ImportModel.of(book.imports.begin(file, opened, size, duplicates, is_dry=dry_run))
    except BaseException:
        file.close()
        raise


async def imports(book: Own) -> list[ImportModel]:
    """List the last imports, the newest first."""
    return [ImportModel.of(each) for each in book.imports.all]


async def show(known: Known) -> ImportModel:
    """Tell how an import stands."""
    return ImportModel.of(known)


async def refused(
    known: Known,
    after: Annotated[int, Query(ge=0, lt=2**62, description="where the page before ended")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> RefusedPage:
    """List what was refused, with line and reason."""
    try:
        found, end = await asyncio.to_thread(known.refused.page, after, limit)
    except ValueError:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "after: no page ended there") from None
    return RefusedPage(refused=list(map(refused_model, found)), after=end)


async def stop(book: Own, known: Known) -> ImportModel:
    """Stop an import: then nothing of it is there, unless it was done already."""
    await book.imports.stop(known)
    return ImportModel.of(known)


ROUTES: tuple[tuple[str, str, Callable[..., Any], dict[str, Any]], ...] = (
    ("POST", "/preview", preview, {"openapi_extra": _TAKES}),
    (
        "POST",
        "/imports",
        begin,
        {"openapi_extra": _TAKES, "status_code": HTTPStatus.ACCEPTED, "responses": _BUSY},
    ),
    ("GET", "/imports", imports, {}),
    ("GET", "/imports/{import}", show, {"responses": _NOT_THERE}),
    ("GET", "/imports/{import}/refused", refused, {"responses": _NOT_THERE}),
    ("DELETE", "/imports/{import}", stop, {"responses": _NOT_THERE}),
)


async def _sent(request: Request, book: Own) -> tuple[BinaryIO, int]:
    try:
        return await receive(request.stream(), book.folder)
    except ClientDisconnect:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the file was not sent to its end") from None
