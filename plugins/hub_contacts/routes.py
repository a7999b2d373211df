from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response

from hub import User, UserError, upload
from hub_contacts import exporting
from hub_contacts.asking import Own, with_books
from hub_contacts.contact import Contact, Photo
from hub_contacts.importing import routes as importing
from hub_contacts.models import ContactModel, Deleted, PageModel, View, Wanted
from hub_contacts.query import Field, Match, Show, Sort
from hub_contacts.query import Query as PageQuery
from hub_contacts.sources import routes as sources
from hub_contacts.stored import Stored, new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from hub_contacts.book import Book

ContactId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="the contact's id")]
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
LARGEST_PHOTO = 16_000_000
_PICTURE = {
    "requestBody": {
        "required": True,
        "content": {each: {"schema": {"type": "string", "format": "binary"}} for each in sorted(PICTURES)},
    }
}
_NOT_THERE: dict[int | str, dict[str, Any]] = {404: {"description": "Not Found"}}
_NOT_YOURS: dict[int | str, dict[str, Any]] = {**_NOT_THERE, 403: {"description": "Forbidden"}}


async def contacts(
    book: Own,
    search: Annotated[str, Query(max_length=200)] = "",
    show: Annotated[list[Show] | None, Query(description="groups that are on; else as last chosen")] = None,
    sort: Sort | None = None,
    match: Match | None = None,
    field: Annotated[Field | None, Query(description="where to search")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> PageModel:
    """List a page of the user's contacts, by the view that was last chosen where nothing else is asked."""
    chosen = await _view(book)
    query = PageQuery(
        show=frozenset(chosen.show if show is None else show),
        sort=sort or chosen.sort,
        search=search,
        match=match or chosen.match,
        field=field or chosen.field,
        limit=limit,
        offset=offset,
    )
    total, found = await book.page(query)
    return PageModel(total=total, contacts=[ContactModel.of(each) for each in found])


async def add(
    book: Own,
    wanted: Wanted,
    source: Annotated[str, Query(max_length=40, description="the source that gets it; empty: none")] = "",
) -> ContactModel:
    """Add a personal contact, one's own or of a source."""
    if source:
        await book.sources.check_writable(source)
    (kept,) = await book.put([Stored(id=new_id(), contact=_over(wanted, Contact(source=source)))])
    return ContactModel.of(kept)


async def delete_all(book: Own) -> Deleted:
    """Delete all of the user's own contacts; those that sources have stay."""
    return Deleted(deleted=await book.delete_all(""))


async def view(book: Own) -> View:
    """Tell how contacts are shown."""
    return await _view(book)


async def choose(book: Own, wanted: View) -> View:
    """Choose how contacts are shown."""
    await book.choose_view(wanted.model_dump_json())
    return wanted


async def delete_of(request: Request, user: User, whose: Annotated[str, Path(max_length=128)]) -> Deleted:
    """Delete all contacts of another user, as an administrator, who cannot read them."""
    if user not in request.state.administrators:
        raise HTTPException(HTTPStatus.FORBIDDEN, "only administrators delete other people's contacts")
    if whose not in request.state.books:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no user {whose}")
    book: Book = request.state.books[whose]
    deleted = await book.delete_all()
    book.managed.look()
    return Deleted(deleted=deleted)


async def contact(book: Own, contact: ContactId) -> ContactModel:
    """Show a contact."""
    return ContactModel.of(_there(await book.get(contact)))


async def edit(book: Own, contact: ContactId, wanted: Wanted) -> ContactModel:
    """Change what is given of a contact; of those of the phone system only `favourite` and the primary number."""
    stored = _there(await book.get(contact))
    if not stored.is_ours:
        favourite, primary = _marks(stored, wanted)
        return ContactModel.of(await book.managed.mark(stored, favourite=favourite, primary=primary))
    changed = await book.edit(contact, lambda stored: replace(stored, contact=_over(wanted, stored.contact)))
    return ContactModel.of(_there(changed))


async def delete(book: Own, contact: ContactId) -> None:
    """Delete a personal contact."""
    if not _there(await book.get(contact)).is_ours:
        raise HTTPException(HTTPStatus.FORBIDDEN, "it is the phone system's: delete it there")
    await book.delete([contact])


async def photo(book: Own, contact: ContactId) -> Response:
    """Send a contact's photo, to be saved: nobody has looked into it."""
    found = _there(await book.get(contact)).contact.photo
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "this contact has no photo")
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "attachment",
        "Cache-Control": "private, no-store",
    }
    shown = found.media_type if found.media_type in PICTURES else "application/octet-stream"
    return Response(found.data, media_type=shown, headers=headers)


@upload(*sorted(PICTURES), largest=LARGEST_PHOTO)
async def put_photo(request: Request, book: Own, contact: ContactId) -> ContactModel:
    """Give a contact a photo, sent as it is; nobody looks into it."""
    media_type = request.headers["content-type"].partition(";")[0].strip().lower()
    data = await request.body()
    if media_type not in PICTURES or not data:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"send a picture: {', '.join(sorted(PICTURES))}")
    changed = await book.edit(contact, lambda stored: _with_photo(stored, Photo(data, media_type)))
    return ContactModel.of(_there(changed))


async def delete_photo(book: Own, contact: ContactId) -> None:
    """Take a contact's photo away."""
    _there(await book.edit(contact, lambda stored: _with_photo(stored, None)))


ROUTES: tuple[tuple[str, str, Callable[..., Any], dict[str, Any]], ...] = (
    ("GET", "/people", contacts, {}),
    ("POST", "/people", add, {"status_code": HTTPStatus.CREATED}),
    ("DELETE", "/people", delete_all, {}),
    ("GET", "/view", view, {}),
    ("PUT", "/view", choose, {}),
    ("DELETE", "/of/{whose}", delete_of, {"responses": _NOT_YOURS}),
    ("GET", "/people/{contact}", contact, {"responses": _NOT_THERE}),
    ("PATCH", "/people/{contact}", edit, {"responses": _NOT_YOURS}),
    ("DELETE", "/people/{contact}", delete, {"status_code": HTTPStatus.NO_CONTENT, "responses": _NOT_YOURS}),
    ("GET", "/people/{contact}/photo", photo, {"responses": _NOT_THERE, "response_class": Response}),
    ("PUT", "/people/{contact}/photo", put_photo, {"responses": _NOT_YOURS, "openapi_extra": _PICTURE}),
    (
        "DELETE",
        "/people/{contact}/photo",
        delete_photo,
        {"status_code": HTTPStatus.NO_CONTENT, "responses": _NOT_YOURS},
    ),
)


def routes(books: Mapping[str, Book], administrators: Collection[str]) -> APIRouter:
    """Return the routes over the users' books; each user reaches their own alone."""
    router = APIRouter(dependencies=[Depends(with_books(books, administrators))])
    for method, path, endpoint, more in (*ROUTES, *importing.ROUTES, *exporting.ROUTES, *sources.ROUTES):
        router.add_api_route(path, endpoint, methods=[method], **more)
    return router


async def _view(book: Book) -> View:
    kept = await book.view()
    return View.model_validate_json(kept) if kept else View()


def _there(stored: Stored | None) -> Stored:
    if stored is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "you have no contact of that id")
    return stored


def _over(wanted: Wanted, contact: Contact) -> Contact:
    try:
        return wanted.over(contact)
    except ValueError as error:
        raise UserError.of(str(error)) from None


def _marks(stored: Stored, wanted: Wanted) -> tuple[bool | None, str | None]:
    """Return what is to be changed of a contact of the phone system: favourite, primary number (None: nothing)."""
    given = wanted.model_fields_set
    if not given <= {"favourite", "numbers"}:
        raise HTTPException(
            HTTPStatus.FORBIDDEN, "it is the phone system's: only favourite and the primary number can be changed here"
        )
    favourite = wanted.favourite if "favourite" in given else None
    if "numbers" not in given:
        return favourite, None
    texts = [(number.text, number.label) for number in stored.contact.numbers]
    if [(number.text, number.label) for number in wanted.numbers] != texts:
        raise HTTPException(HTTPStatus.FORBIDDEN, "it is the phone system's: its numbers stay as they are")
    return favourite, next((number.text for number in wanted.numbers if number.primary), "")


def _with_photo(stored: Stored, photo: Photo | None) -> Stored:
    if not stored.is_ours:
        raise HTTPException(HTTPStatus.FORBIDDEN, "it is the phone system's: its photo stays")
    kind = photo.media_type if photo else ""
    return replace(stored, contact=replace(stored.contact, photo=photo), photo_type=kind)
