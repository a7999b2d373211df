"""The user's account at the phone system: session, password, PIN, image."""

from __future__ import annotations

from base64 import b64decode
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response

from hub.errors import UserError
from hub.web.account_models import AccountAnswer, ChangedAnswer, DeviceAnswer, ImageSet, ImageToSet, ToChange, ToSignIn
from hub.web.asking import OwnAccount, OwnPhone, User  # noqa: TC001  FastAPI reads the annotations
from hub.web.refusals import asking, described

OWN = "-"
"""In place of a colleague: oneself."""

router = APIRouter(prefix="/account", tags=["account"])
_may_refuse = described(
    HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE
)
_PICTURES = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/png", "image/jpeg")}


@router.get("")
def standing(user: User, phone: OwnPhone, account: OwnAccount) -> AccountAnswer:
    """Tell who the user is at the phone system, and how the sign-in stands."""
    return AccountAnswer(
        user=user,
        state=str(phone.state),
        message=phone.message,
        name=account.name,
        extension=account.extension,
        devices=tuple(map(DeviceAnswer.model_validate, account.devices)),
        must_change=account.must_change,
        wiped=account.standing.wiped,
    )


@router.post("/sign-in", responses=_may_refuse)
async def sign_in(wanted: ToSignIn, account: OwnAccount) -> ChangedAnswer:
    """Sign in, with another password or at other handsets if they are given; if that fails, all is as before."""
    password = wanted.password.get_secret_value() if wanted.password else ""
    with asking("sign_in"):
        return ChangedAnswer.model_validate(await account.sign_in(password=password, handsets=wanted.handsets))


@router.post("/sign-out", responses=_may_refuse)
async def sign_out(user: User, phone: OwnPhone, account: OwnAccount) -> AccountAnswer:
    """Sign out until somebody signs in, over restarts too; calls go on."""
    with asking("sign_out"):
        await account.sign_out()
    return standing(user, phone, account)


@router.put("/password", responses=_may_refuse)
async def password(wanted: ToChange, account: OwnAccount) -> ChangedAnswer:
    """Change the password, by the phone system's rules."""
    with asking("change_password"):
        changed = await account.change_password(wanted.old.get_secret_value(), wanted.new.get_secret_value())
    return ChangedAnswer.model_validate(changed)


@router.put("/pin", responses=_may_refuse, status_code=HTTPStatus.NO_CONTENT)
async def pin(wanted: ToChange, account: OwnAccount) -> None:
    """Change the PIN, by the phone system's rules; `old` is empty where there was none."""
    with asking("change_pin"):
        await account.change_pin(wanted.old.get_secret_value(), wanted.new.get_secret_value())


@router.put("/image", responses=_may_refuse)
async def set_image(wanted: ImageToSet, account: OwnAccount) -> ImageSet:
    """Show colleagues a picture, which is made small."""
    try:
        content = b64decode(wanted.data, validate=True)
    except ValueError:  # also of text that is not ASCII
        raise UserError.of("data: this is not base64") from None
    with asking("set_image"):
        return ImageSet.model_validate(await account.set_image(content))


@router.delete("/image", responses=_may_refuse, status_code=HTTPStatus.NO_CONTENT)
async def clear_image(account: OwnAccount) -> None:
    """Show no picture."""
    with asking("set_image"):
        await account.clear_image()


@router.get(
    "/image/{of}",
    responses={**_may_refuse, **described(HTTPStatus.NOT_FOUND), 200: {"content": _PICTURES}},
    response_class=Response,
)
async def image(
    of: Annotated[str, Path(description=f"a user's name or extension, or `{OWN}` for oneself", max_length=128)],
    account: OwnAccount,
) -> Response:
    """Return the picture of a colleague."""
    with asking("get_image"):
        found = await account.image("" if of == OWN else of)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"}
    return Response(found.data, media_type=found.media_type, headers=headers)
