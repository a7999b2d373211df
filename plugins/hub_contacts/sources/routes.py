"""The routes of sources."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, HTTPException, Path

from hub_contacts.asking import Own  # noqa: TC001  FastAPI reads the annotations
from hub_contacts.sources.account import Account
from hub_contacts.sources.models import Refresh, SourceModel

if TYPE_CHECKING:
    from collections.abc import Callable

_NOT_THERE: dict[int | str, dict[str, Any]] = {404: {"description": "Not Found"}}


async def _account(book: Own, source: Annotated[str, Path(description="the source's name")]) -> Account:
    await book.sources.begun()
    if source not in book.sources.accounts:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no source {source}; the configuration names them")
    return book.sources.accounts[source]


Known = Annotated[Account, Depends(_account)]


async def sources(book: Own) -> list[SourceModel]:
    """List where contacts come from, and how each stands."""
    await book.sources.begun()
    return [SourceModel.of(each) for each in book.sources.accounts.values()]


async def show(known: Known) -> SourceModel:
    """Tell how a source stands."""
    return SourceModel.of(known)


async def enable(known: Known) -> SourceModel:
    """Switch a source on: its contacts come."""
    await known.switch(on=True)
    return SourceModel.of(known)


async def disable(known: Known) -> SourceModel:
    """Switch a source off: its contacts go here, and stay there."""
    await known.switch(on=False)
    return SourceModel.of(known)


async def refresh(known: Known, wanted: Refresh) -> SourceModel:
    """Look at a source now; the answer comes when that is done, or still goes on after 20 s."""
    await known.refresh(accept=wanted.accept)
    return SourceModel.of(known)


async def sign_in(known: Known) -> SourceModel:
    """Sign in at a source anew: `sign_in` of the answer says what to do."""
    await known.sign_in()
    return SourceModel.of(known)


ROUTES: tuple[tuple[str, str, Callable[..., Any], dict[str, Any]], ...] = (
    ("GET", "/sources", sources, {}),
    ("GET", "/sources/{source}", show, {"responses": _NOT_THERE}),
    ("POST", "/sources/{source}/enable", enable, {"responses": _NOT_THERE}),
    ("POST", "/sources/{source}/disable", disable, {"responses": _NOT_THERE}),
    ("POST", "/sources/{source}/refresh", refresh, {"responses": _NOT_THERE}),
    ("POST", "/sources/{source}/sign-in", sign_in, {"responses": _NOT_THERE}),
)
