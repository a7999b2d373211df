from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query

from hub_calendar.asking import Own, with_agendas
from hub_calendar.models import AppointmentModel, CalendarSourceModel, Chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub_calendar.agenda import Agenda

_NOT_THERE: dict[int | str, dict[str, Any]] = {404: {"description": "Not Found"}}
_MOST = 1000


def routes(agendas: Mapping[str, Agenda]) -> APIRouter:
    """Return the routes over the users' appointments."""
    router = APIRouter(dependencies=[Depends(with_agendas(agendas))])
    router.add_api_route("/appointments", appointments, methods=["GET"])
    router.add_api_route("/now", now, methods=["GET"])
    router.add_api_route("/presence", choose, methods=["POST"], responses=_NOT_THERE)
    router.add_api_route("/sources", sources, methods=["GET"])
    router.add_api_route("/sources/{source}/refresh", refresh, methods=["POST"], responses=_NOT_THERE)
    return router


async def appointments(
    agenda: Own, days: Annotated[float, Query(gt=0, le=60, description="how many days from now")] = 7.0
) -> list[AppointmentModel]:
    """List the appointments from now on, a thousand at most."""
    start = agenda.now()
    found = agenda.timeline.between(start, start + timedelta(days=days))
    return [AppointmentModel.of(each, agenda.settings, agenda.zone) for each in found[:_MOST]]


async def now(agenda: Own) -> list[AppointmentModel]:
    """List what is on now, the strongest show-as first."""
    return [AppointmentModel.of(each, agenda.settings, agenda.zone) for each in agenda.timeline.at(agenda.now())]


async def choose(agenda: Own, wanted: Chosen) -> AppointmentModel:
    """Choose the presence during an appointment; it is kept here, the calendar itself stays as it is."""
    if agenda.find(wanted.id) is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such appointment in these weeks")
    await agenda.choose(wanted.id, wanted.presence)
    found = agenda.find(wanted.id)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "the appointment is gone")
    return AppointmentModel.of(found, agenda.settings, agenda.zone)


async def sources(agenda: Own) -> list[CalendarSourceModel]:
    """List where appointments come from, and how each stands."""
    return [CalendarSourceModel.of(each) for each in agenda.accounts.values()]


async def refresh(agenda: Own, source: Annotated[str, Path(description="the source's name")]) -> CalendarSourceModel:
    """Read a source now; the answer comes when that is done, or still goes on after 20 s."""
    if source not in agenda.accounts:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no source {source}; the configuration names them")
    await agenda.accounts[source].refresh()
    return CalendarSourceModel.of(agenda.accounts[source])
