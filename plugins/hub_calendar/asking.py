"""Who is asking for appointments: each user reaches their own alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, HTTPException, Request

from hub import User  # noqa: TC001  FastAPI reads the annotations
from hub_calendar.agenda import Agenda

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping


def _own(request: Request, user: User) -> Agenda:
    if user not in request.state.agendas:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "the calendar is not at work for you: see the hub's log")
    agenda: Agenda = request.state.agendas[user]
    return agenda


Own = Annotated[Agenda, Depends(_own)]
"""In a route: the appointments of the user who is asking."""


def with_agendas(agendas: Mapping[str, Agenda]) -> Callable[[Request], AsyncIterator[None]]:
    """Return the dependency that gives routes the users' appointments."""

    async def given(request: Request) -> AsyncIterator[None]:
        request.state.agendas = agendas
        yield

    return given
