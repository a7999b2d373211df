"""Calls with more than one party: transfer, conference, orbits, pick-up, handoff, intercom, redial."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from hub.core.call import Call  # noqa: TC001  FastAPI reads the annotations
from hub.web.asking import OwnPhone  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import Begun, CallAnswer, Consulted, Dialled, ToDial
from hub.web.models_parties import (
    Box,
    Device,
    Orbit,
    OtherDevice,
    ParkedAnswer,
    Target,
    ToPickUp,
    ToRetrieve,
)
from hub.web.routes.calls import Id, asking, may_refuse, named

router = APIRouter(tags=["calls"])


@router.post("/redial", status_code=HTTPStatus.ACCEPTED, responses=may_refuse)
async def redial(phone: OwnPhone, where: Device | None = None) -> Dialled:
    """Call the number that was dialled last."""
    where = where or Device()
    with asking("dial"):
        return Dialled.model_validate(await phone.redial(where.device, may_end=where.may_end))


@router.post("/intercom", status_code=HTTPStatus.ACCEPTED, responses=may_refuse)
async def intercom(wanted: ToDial, phone: OwnPhone) -> Dialled:
    """Call a colleague so that their handset answers by itself."""
    with asking("intercom"):
        return Dialled.model_validate(await phone.intercom(wanted.number, wanted.device, may_end=wanted.may_end))


@router.post("/calls/{call:path}/transfer", response_model=CallAnswer, responses=may_refuse)
async def transfer(call: Id, to: Target, phone: OwnPhone) -> Call:
    """Send a call on to a number at once; a ringing one is deflected."""
    with asking("transfer"):
        return await phone.transfer(to.number, named(call))


@router.post("/calls/{call:path}/voicemail", response_model=CallAnswer, responses=may_refuse)
async def to_voicemail(call: Id, phone: OwnPhone, whose: Box | None = None) -> Call:
    """Send a call to a voicemail box."""
    with asking("transfer_to_voicemail"):
        return await phone.to_voicemail(whose.user if whose else "", named(call))


@router.post("/calls/{call:path}/consult", responses=may_refuse)
async def consult(call: Id, to: Target, phone: OwnPhone) -> Consulted:
    """Hold a call and call somebody for its sake; again: try somebody else."""
    with asking("consult"):
        return Consulted.model_validate(await phone.consult(to.number, named(call)))


@router.post("/calls/{call:path}/complete", response_model=CallAnswer, responses=may_refuse)
async def complete(call: Id, phone: OwnPhone) -> Call:
    """Put the held caller and whoever was consulted through to each other."""
    with asking("complete_transfer"):
        return await phone.complete(named(call))


@router.post("/calls/{call:path}/cancel", response_model=CallAnswer, responses=may_refuse)
async def cancel(call: Id, phone: OwnPhone) -> Call:
    """Drop whoever was consulted, and take the caller back."""
    with asking("resume"):
        return await phone.cancel(named(call))


@router.post("/calls/{call:path}/conference", response_model=CallAnswer, responses=may_refuse)
async def conference(call: Id, phone: OwnPhone) -> Call:
    """Let the held and the active call talk together."""
    with asking("conference"):
        return await phone.conference(named(call))


@router.post("/calls/{call:path}/leave", response_model=CallAnswer, responses=may_refuse)
async def leave(call: Id, phone: OwnPhone) -> Call:
    """Leave a conference; the others go on."""
    with asking("leave_conference"):
        return await phone.leave(named(call))


@router.post("/calls/{call:path}/end-conference", response_model=CallAnswer, responses=may_refuse)
async def end_conference(call: Id, phone: OwnPhone) -> Call:
    """Hang up on everybody in a conference."""
    with asking("end"):
        return await phone.end_conference(named(call))


@router.post("/calls/{call:path}/park", responses=may_refuse)
async def park(call: Id, phone: OwnPhone, where: Orbit | None = None) -> ParkedAnswer:
    """Park a call in an orbit."""
    with asking("park"):
        parked, orbit = await phone.park(named(call), where.orbit if where else "")
        return ParkedAnswer(call=CallAnswer.model_validate(parked), orbit=orbit)


@router.post("/retrieve", status_code=HTTPStatus.ACCEPTED, responses=may_refuse)
async def retrieve(what: ToRetrieve, phone: OwnPhone) -> Begun:
    """Take a parked call to a device."""
    with asking("retrieve"):
        return Begun.model_validate({"call": await phone.retrieve(what.orbit, what.device, may_end=what.may_end)})


@router.post("/pick-up", status_code=HTTPStatus.ACCEPTED, responses=may_refuse)
async def pick_up(where: ToPickUp, phone: OwnPhone) -> Begun:
    """Answer a call that rings at somebody else's handset."""
    with asking("pick_up"):
        return Begun.model_validate({"call": await phone.pick_up(where.whom, where.device, may_end=where.may_end)})


@router.post("/calls/{call:path}/handoff", response_model=CallAnswer, responses=may_refuse)
async def hand_off(call: Id, to: OtherDevice, phone: OwnPhone) -> Call:
    """Move a call to another device of the user, once it is answered there."""
    with asking("handoff"):
        return await phone.hand_off(to.device, named(call))
