"""The phone and its calls: what it does, and what can be asked of it."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path

from hub.core.call import Call  # noqa: TC001  FastAPI reads the annotations
from hub.phone.adapter import PhoneError
from hub.web.asking import OwnPhone, User  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import (
    CallAnswer,
    Dialled,
    Digits,
    Dnd,
    HowToHold,
    Mute,
    PhoneAnswer,
    SecondCall,
    ToDial,
)
from hub.web.refusals import Refused, described

if TYPE_CHECKING:
    from collections.abc import Iterator


ANY = "-"
"""In place of a call's id: the only call that can be meant."""

router = APIRouter(tags=["calls"])
Id = Annotated[str, Path(description=f"the call's id, or `{ANY}` for the only one that can be meant", max_length=1000)]
may_refuse = described(
    HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE
)


@router.get("/phone")
def phone(user: User, phone: OwnPhone) -> PhoneAnswer:
    """Tell how the user's phone stands."""
    return PhoneAnswer.of(user, phone)


@router.get("/calls", response_model=list[CallAnswer])
def calls(phone: OwnPhone) -> tuple[Call, ...]:
    """List the user's calls that live, oldest first."""
    return phone.calls


@router.post("/calls", status_code=HTTPStatus.ACCEPTED, responses=may_refuse)
async def dial(wanted: ToDial, phone: OwnPhone) -> Dialled:
    """Call a number or `tel:` link."""
    with asking("dial"):
        dialled = await phone.dial(wanted.number, wanted.device, wanted.appearance, may_end=wanted.may_end)
        return Dialled.model_validate(dialled)


@router.post("/calls/{call:path}/answer", response_model=CallAnswer, responses=may_refuse)
async def answer(call: Id, phone: OwnPhone, how: SecondCall | None = None) -> Call:
    """Answer a ringing call."""
    with asking("answer"):
        return await phone.answer(named(call), may_end=how is not None and how.may_end)


@router.post("/calls/{call:path}/hold", response_model=CallAnswer, responses=may_refuse)
async def hold(call: Id, phone: OwnPhone, how: HowToHold | None = None) -> Call:
    """Put a connected call on hold."""
    with asking("hold"):
        return await phone.hold(named(call), how.kind if how else None)


@router.post("/calls/{call:path}/resume", response_model=CallAnswer, responses=may_refuse)
async def resume(call: Id, phone: OwnPhone, how: SecondCall | None = None) -> Call:
    """Take a held call back."""
    with asking("resume"):
        return await phone.resume(named(call), may_end=how is not None and how.may_end)


@router.post("/calls/{call:path}/end", response_model=CallAnswer, responses=may_refuse)
async def end(call: Id, phone: OwnPhone) -> Call:
    """Hang a call up; a ringing one is declined."""
    with asking("end"):
        return await phone.end(named(call))


@router.post("/calls/{call:path}/ignore", response_model=CallAnswer, responses=may_refuse)
async def ignore(call: Id, phone: OwnPhone) -> Call:
    """Silence a ringing call here; it goes on ringing elsewhere."""
    with asking("ignore"):
        return await phone.ignore(named(call))


@router.put("/calls/{call:path}/mute", response_model=CallAnswer, responses=may_refuse)
async def mute(call: Id, wanted: Mute, phone: OwnPhone) -> Call:
    """Let the far end of a connected call hear nothing, or hear again."""
    with asking("mute"):
        return await phone.mute(wanted.on, named(call))


@router.post("/calls/{call:path}/digits", response_model=CallAnswer, responses=may_refuse)
async def send_digits(call: Id, wanted: Digits, phone: OwnPhone) -> Call:
    """Send digits over a connected call."""
    with asking("dtmf"):
        return await phone.send_digits(wanted.digits, named(call))


@router.put("/dnd", responses=may_refuse)
async def set_dnd(wanted: Dnd, phone: OwnPhone) -> Dnd:
    """Switch do-not-disturb."""
    with asking("dnd"):
        await phone.set_dnd(wanted.on, source="hand")
    return wanted


@contextmanager
def asking(command: str) -> Iterator[None]:
    """Name the capability that a phone lacks."""
    try:
        yield
    except PhoneError as error:
        raise Refused.by_phone(error, command) from None


def named(call: str) -> str:
    """Return the call's id, empty for the only one that can be meant."""
    return "" if call == ANY else call
