"""The messages between the simulated phone system and its clients: JSON in WebSocket frames, docs/wire-protocol.md.

Everything read here is hostile. Fields that are not known are ignored, so that later versions can add some. Texts are
clipped, and what is no Unicode becomes U+FFFD; control characters in names stay, they are the reader's business.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from hub.sim.exchange.refusal import Code
from hub.sim.wire_account import ChangePassword, ChangePin, GetImage, ImageAnswer, SetImage, Wipe
from hub.sim.wire_agents import AgentSignIn, AgentSignOut, AgentStateRequest
from hub.sim.wire_answers import (
    BoardEvent,
    DndEvent,
    Done,
    Error,
    LegEvent,
    Pong,
    PresenceEvent,
    SignedIn,
    SnapshotAnswer,
)
from hub.sim.wire_colleagues import ColleaguesEvent, ContactsEvent, MarkContact
from hub.sim.wire_requests import (
    Announce,
    Answer,
    AnswerLine,
    Appearance,
    ClearCalls,
    Complete,
    Conference,
    Consult,
    DetachMedia,
    Dial,
    Dnd,
    Dtmf,
    End,
    GetSnapshot,
    HandOff,
    Hold,
    Ignore,
    Intercom,
    Leave,
    Mute,
    Park,
    PickUp,
    Ping,
    Presence,
    Record,
    Resume,
    ResumeShared,
    Retrieve,
    Seize,
    SignIn,
    ToVoicemail,
    Transfer,
)
from hub.sim.wire_types import LONGEST_ID, Wire, whole

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


_OfCalls = Dial | Answer | Hold | Resume | End | Ignore | Mute | Dtmf | Record | DetachMedia | Announce
_OfUsers = Dnd | Presence | ClearCalls
_OfLines = Appearance | ResumeShared | Seize | AnswerLine
_OfAgents = AgentSignIn | AgentSignOut | AgentStateRequest
_OfParties = (
    Intercom | Consult | Transfer | Complete | ToVoicemail | Conference | Leave | Park | Retrieve | PickUp | HandOff
)
_OfAccounts = ChangePassword | ChangePin | SetImage | GetImage | MarkContact
Asking = _OfCalls | _OfUsers | _OfLines | _OfAgents | _OfParties | _OfAccounts
"""What stands for a command."""
FromClient = SignIn | Asking | GetSnapshot | Ping
Event = LegEvent | DndEvent | PresenceEvent | BoardEvent | ColleaguesEvent | ContactsEvent
"""What tells something of the user."""
FromServer = SignedIn | Done | Error | Event | SnapshotAnswer | ImageAnswer | Wipe | Pong

M = TypeVar("M", bound=Wire)


def _by_type(*models: type[M]) -> dict[str, type[M]]:
    return {model.model_fields["type"].default: model for model in models}


FROM_CLIENT: dict[str, type[FromClient]] = _by_type(*get_args(FromClient))
FROM_SERVER: dict[str, type[FromServer]] = _by_type(*get_args(FromServer))


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
