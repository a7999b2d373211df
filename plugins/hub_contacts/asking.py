"""Who is asking for contacts: each user reaches their own alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, HTTPException, Request

from hub import User  # noqa: TC001  FastAPI reads the annotations
from hub_contacts.book import Book
from hub_contacts.rows import ImportGoesOn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping


def _own(request: Request, user: User) -> Book:
    if user not in request.state.books:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "contacts are not at work for you: see the hub's log")
    book: Book = request.state.books[user]
    return book


Own = Annotated[Book, Depends(_own)]
"""In a route: the contacts of the user who is asking."""


def with_books(books: Mapping[str, Book], administrators: Collection[str]) -> Callable[[Request], AsyncIterator[None]]:
    """Return the dependency that gives routes the users' books; what an import forbids meanwhile is a conflict."""

    async def given(request: Request) -> AsyncIterator[None]:
        request.state.books, request.state.administrators = books, administrators
        try:
            yield
        except ImportGoesOn as error:
            raise HTTPException(HTTPStatus.CONFLICT, str(error)) from None

    return given
