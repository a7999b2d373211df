"""How the API says no: a status, and a body with a code for programs and a message for people."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from hub.errors import UserError
from hub.phone.adapter import PhoneError
from hub.phone.second_call import WouldEndCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"

STATUS = {
    "unknown_call": HTTPStatus.NOT_FOUND,
    "unknown_queue": HTTPStatus.NOT_FOUND,
    "unknown_contact": HTTPStatus.NOT_FOUND,
    "wrong_state": HTTPStatus.CONFLICT,
    "ambiguous_call": HTTPStatus.CONFLICT,
    "busy": HTTPStatus.CONFLICT,
    "would_end_call": HTTPStatus.CONFLICT,
    "forbidden": HTTPStatus.FORBIDDEN,
    "no_channel": HTTPStatus.SERVICE_UNAVAILABLE,
    "unsupported_codec": HTTPStatus.NOT_IMPLEMENTED,
    "not_installed": HTTPStatus.NOT_IMPLEMENTED,
    "refused": HTTPStatus.CONFLICT,
    "change_required": HTTPStatus.CONFLICT,
    "not_kept": HTTPStatus.CONFLICT,
    "unknown_user": HTTPStatus.NOT_FOUND,
    "no_image": HTTPStatus.NOT_FOUND,
    "wrong_password": HTTPStatus.FORBIDDEN,
    "wrong_pin": HTTPStatus.FORBIDDEN,
    "too_many_guesses": HTTPStatus.TOO_MANY_REQUESTS,
    "invalid_number": HTTPStatus.UNPROCESSABLE_ENTITY,
    "password_policy": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_handset": HTTPStatus.UNPROCESSABLE_ENTITY,
    "bad_image": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_permitted": HTTPStatus.FORBIDDEN,
    "missing_capability": HTTPStatus.NOT_IMPLEMENTED,
    "not_connected": HTTPStatus.SERVICE_UNAVAILABLE,
    "timeout": HTTPStatus.GATEWAY_TIMEOUT,
}
"""The HTTP status of each code of `PhoneError`; any other code is a refusal, 409."""


class Refusal(BaseModel):
    """Why a request was not done; `missing` is the capability that the phone lacks, `call` the call that would end."""

    code: str
    message: str
    missing: str | None = None
    call: str | None = None


class Refused(HTTPException):
    """Answer a request with a refusal; may be raised anywhere under a route, while its body is read too."""

    def __init__(self, status: HTTPStatus, code: str, message: str, missing: str | None = None) -> None:
        headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
        super().__init__(status, message, headers)
        self.refusal = Refusal(code=code, message=message, missing=missing)

    @classmethod
    def by_phone(cls, error: PhoneError, command: str = "") -> Refused:
        """Say what the phone said of a command."""
        missing = command if error.code == "missing_capability" else None
        refused = cls(STATUS.get(error.code, HTTPStatus.CONFLICT), error.code, str(error), missing)
        if isinstance(error, WouldEndCall):
            refused.refusal.call = error.call
        return refused

    @property
    def body(self) -> bytes:
        """The JSON text."""
        return self.refusal.model_dump_json(exclude_none=True).encode()

    def response(self) -> JSONResponse:
        """Make the answer."""
        content = self.refusal.model_dump(exclude_none=True)
        return JSONResponse(content, self.status_code, self.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have every error of an app answered with a refusal."""

    @app.exception_handler(Refused)
    def refused(_request: Request, error: Refused) -> JSONResponse:
        return error.response()

    @app.exception_handler(PhoneError)
    def by_phone(_request: Request, error: PhoneError) -> JSONResponse:
        return Refused.by_phone(error).response()

    @app.exception_handler(UserError)
    def by_user(_request: Request, error: UserError) -> JSONResponse:
        return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", str(error)).response()

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        told = "; ".join(f"{'.'.join(map(str, at['loc'][1:])) or at['loc'][0]}: {_wrong(at)}" for at in error.errors())
        return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", told).response()

    @app.exception_handler(HTTPException)
    def plain(_request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).name.lower()
        return Refused(HTTPStatus(error.status_code), code, str(error.detail)).response()

    @app.exception_handler(Exception)
    def broken(_request: Request, _error: Exception) -> JSONResponse:
        told = "something went wrong in the hub; its log says what"
        return Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", told).response()


def _wrong(at: dict[str, Any]) -> str:
    """Say what is wrong with a value; that something is missing in words of its own, for it is what people do most."""
    return "it is empty" if at["type"] in {"string_too_short", "too_short"} and not at["input"] else str(at["msg"])


@contextmanager
def asking(command: str) -> Iterator[None]:
    """Name the capability that a phone lacks for a command."""
    try:
        yield
    except PhoneError as error:
        raise Refused.by_phone(error, command) from None


def described(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may refuse so."""
    return {int(status): {"model": Refusal, "description": status.phrase} for status in statuses}
