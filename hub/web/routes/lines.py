"""Line keys, outside lines, and all calls of the phone system."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from hub.web.asking import OwnPhone  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import Begun, PartyAnswer
from hub.web.models_lines import AnotherCall, ChosenAppearance, SystemCallAnswer, SystemCallOrder
from hub.web.routes.calls import ANY, asking, may_refuse

router = APIRouter(tags=["lines"])
Name = Annotated[str, Path(description="its name", max_length=200)]
Line = Annotated[str, Path(description=f"the line's name, or `{ANY}` for any that is idle", max_length=200)]


@router.put("/appearance", responses=may_refuse)
async def choose(wanted: ChosenAppearance, phone: OwnPhone) -> ChosenAppearance:
    """Choose the line key for the next outbound calls of a device; it stays chosen."""
    with asking("appearance"):
        await phone.choose_appearance(wanted.appearance, wanted.device)
    return wanted


@router.post("/appearances/{name:path}/resume", responses=may_refuse)
async def resume(name: Name, phone: OwnPhone, where: AnotherCall | None = None) -> Begun:
    """Take what is on shared hold at an appearance to one of the user's devices."""
    with asking("resume_shared"):
        where = where or AnotherCall()
        return Begun.model_validate({"call": await phone.resume_shared(name, where.device, may_end=where.may_end)})


@router.post("/lines/{line:path}/seize", status_code=HTTPStatus.ACCEPTED, responses=may_refuse)
async def seize(line: Line, phone: OwnPhone, where: AnotherCall | None = None) -> Begun:
    """Take an idle outside line; the digits to call are sent over the call that begins."""
    with asking("seize"):
        where = where or AnotherCall()
        wanted = "" if line == ANY else line
        return Begun.model_validate({"call": await phone.seize_line(wanted, where.device, may_end=where.may_end)})


@router.post("/lines/{line:path}/answer", responses=may_refuse)
async def answer(line: Name, phone: OwnPhone, where: AnotherCall | None = None) -> Begun:
    """Answer what rings at an outside line."""
    with asking("answer_line"):
        where = where or AnotherCall()
        return Begun.model_validate({"call": await phone.answer_line(line, where.device, may_end=where.may_end)})


@router.get("/system-calls", responses=may_refuse)
def system_calls(
    phone: OwnPhone,
    sort: SystemCallOrder = SystemCallOrder.START,
    descending: Annotated[bool, Query(description="the last first")] = False,  # noqa: FBT002  a query
) -> list[SystemCallAnswer]:
    """List all calls of the phone system, as far as the user may see them."""
    with asking("system_calls"):
        timed = phone.system_calls()
    calls = [
        SystemCallAnswer(
            id=call.id,
            started=call.started,
            duration=seconds,
            state=call.state,
            originator=PartyAnswer.model_validate(call.originator),
            destination=PartyAnswer.model_validate(call.destination),
        )
        for call, seconds in timed
    ]
    return sorted(calls, key=lambda call: _place(call, sort), reverse=descending)


def _place(call: SystemCallAnswer, sort: SystemCallOrder) -> Any:
    match sort:
        case SystemCallOrder.START:
            return call.started
        case SystemCallOrder.DURATION:
            return call.duration
        case SystemCallOrder.STATE:
            return call.state
    party: PartyAnswer = getattr(call, sort)
    return (party.name.casefold(), party.number.text)
