"""The messages between the simulated phone system and its clients: JSON in WebSocket frames, docs/wire-protocol.md.

Everything read here is hostile. Fields that are not known are ignored, so that later versions can add some. Texts are
clipped, and what is no Unicode becomes U+FFFD; control characters in names stay, they are the reader's business.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, SecretStr, StrictBool, ValidationError, field_serializer

from hub.core.call import Cause
from hub.core.signals import Kind  # noqa: TC001  pydantic reads it
from hub.sim.exchange.refusal import Code
from hub.sim.wire_types import (
    LONGEST_ID,
    Capabilities,
    Id,
    MessageText,
    Name,
    NumberText,
    Password,
    Time,
    Wire,
    WireHandset,
    WireLeg,
    WireState,
    whole,
)

PROTOCOL = 1
"""The version of the protocol that this module speaks."""
LONGEST_REQUEST = 64 * 1024
"""Bytes of the longest message that the server reads."""
LONGEST_ANSWER = 8 * 1024 * 1024
"""Bytes of the longest message that a client should be ready to read: a snapshot."""


class WireError(Exception):
    """A message that cannot be read; `id` is the request's where that could be read."""

    def __init__(self, message: str, code: Code = Code.BAD_REQUEST, request: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.request = request


# --- from the client ---


class SignIn(Wire):
    """Must come first: who is there, with the highest `protocol` they speak."""

    type: Literal["sign_in"] = "sign_in"
    id: Id = ""
    protocol: int
    user: Id
    password: Password
    handsets: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    since: Id = ""

    @field_serializer("password", when_used="json")
    def _plain(self, password: SecretStr) -> str:
        return password.get_secret_value()


class Dial(Wire):
    """Call a number from a handset (empty: the first that can)."""

    type: Literal["dial"] = "dial"
    id: Id
    number: NumberText
    handset: Id = ""


class Answer(Wire):
    """Answer a ringing leg."""

    type: Literal["answer"] = "answer"
    id: Id
    leg: Id


class Hold(Wire):
    """Put a connected leg on hold."""

    type: Literal["hold"] = "hold"
    id: Id
    leg: Id


class Resume(Wire):
    """Take a held leg back."""

    type: Literal["resume"] = "resume"
    id: Id
    leg: Id


class End(Wire):
    """Hang a leg up, decline it if it rings."""

    type: Literal["end"] = "end"
    id: Id
    leg: Id


class Ignore(Wire):
    """Silence the handset of a ringing leg."""

    type: Literal["ignore"] = "ignore"
    id: Id
    leg: Id


class Dnd(Wire):
    """Switch do-not-disturb."""

    type: Literal["dnd"] = "dnd"
    id: Id
    on: StrictBool


class GetSnapshot(Wire):
    """Ask what is true now, and what ended since a mark."""

    type: Literal["snapshot"] = "snapshot"
    id: Id
    since: Id = ""


class Ping(Wire):
    """Ask whether anybody is there."""

    type: Literal["ping"] = "ping"
    id: Id


# --- from the server ---


class SignedIn(Wire):
    """The answer to a good `sign_in`."""

    type: Literal["signed_in"] = "signed_in"
    id: Id = ""
    protocol: int
    product: Name = ""
    version: Name = ""
    user: Id = ""
    name: Name = ""
    extension: NumberText = ""
    capabilities: Capabilities
    handsets: Annotated[tuple[WireHandset, ...], Field(max_length=100)] = ()
    snapshot: WireState


class Done(Wire):
    """The command is accepted; `leg` is the one it was about."""

    type: Literal["done"] = "done"
    id: Id
    leg: Id = ""


class Error(Wire):
    """The request was refused and nothing has changed."""

    type: Literal["error"] = "error"
    id: Id = ""
    code: Id
    message: MessageText = ""
    handsets: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    protocols: Annotated[tuple[int, ...], Field(max_length=2)] = ()


class LegEvent(Wire):
    """Something happened to a leg."""

    type: Literal["leg"] = "leg"
    mark: Id
    at: Time
    kind: Kind
    leg: WireLeg
    cause: Cause = Cause.NORMAL


class DndEvent(Wire):
    """Do-not-disturb was switched."""

    type: Literal["dnd_changed"] = "dnd_changed"
    mark: Id
    at: Time
    on: StrictBool


class SnapshotAnswer(Wire):
    """The answer to `snapshot`."""

    type: Literal["snapshot"] = "snapshot"
    id: Id
    snapshot: WireState


class Pong(Wire):
    """The answer to `ping`."""

    type: Literal["pong"] = "pong"
    id: Id


FromClient = SignIn | Dial | Answer | Hold | Resume | End | Ignore | Dnd | GetSnapshot | Ping
FromServer = SignedIn | Done | Error | LegEvent | DndEvent | SnapshotAnswer | Pong

M = TypeVar("M", bound=Wire)


def _by_type(*models: type[M]) -> dict[str, type[M]]:
    return {model.model_fields["type"].default: model for model in models}


FROM_CLIENT: dict[str, type[FromClient]] = _by_type(
    SignIn, Dial, Answer, Hold, Resume, End, Ignore, Dnd, GetSnapshot, Ping
)
FROM_SERVER: dict[str, type[FromServer]] = _by_type(SignedIn, Done, Error, LegEvent, DndEvent, SnapshotAnswer, Pong)


def encode(message: Wire) -> str:
    """Return a message as JSON in ASCII."""
    return json.dumps(message.model_dump(mode="json"), separators=(",", ":"))


def read_request(data: bytes | str) -> FromClient:
    """Read what a client sent; raises `WireError`."""
    if len(data) > LONGEST_REQUEST:
        raise WireError(f"longer than {LONGEST_REQUEST} bytes", Code.TOO_LARGE)
    fields = _fields(data)
    model = FROM_CLIENT.get(_word(fields))
    if model is None:
        raise WireError(f"no such message: {_word(fields)[:40]!r}", request=_request(fields))
    return _checked(model, fields)


def read_answer(data: bytes | str) -> FromServer | None:
    """Read what the server sent; None for a message of a later version. Raises `WireError`."""
    fields = _fields(data)
    model = FROM_SERVER.get(_word(fields))
    return None if model is None else _checked(model, fields)


def _fields(data: bytes | str) -> dict[str, Any]:
    text = data.decode("utf-8", errors="replace") if isinstance(data, bytes) else data
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"no JSON: {str(error)[:200]}") from None
    if not isinstance(fields, dict):
        raise WireError("a message is a JSON object")
    return fields


def _word(fields: dict[str, Any]) -> str:
    word = fields.get("type")
    return word if isinstance(word, str) else ""


def _request(fields: dict[str, Any]) -> str:
    request = fields.get("id")
    return whole(request[:LONGEST_ID]) if isinstance(request, str) else ""


def _checked(model: type[M], fields: dict[str, Any]) -> M:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        # what was sent stays out of the message: it may hold a password
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        told = "; ".join(f"{'.'.join(map(str, one['loc']))[:80]}: {one['msg']}" for one in problems[:5])
        raise WireError(f"{_word(fields)}: {told}", request=_request(fields)) from None
