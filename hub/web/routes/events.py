"""The WebSocket on which events are told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, cast

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from hub.events import plain
from hub.web.asking import host_of, user_of_token
from hub.web.models import PhoneAnswer

if TYPE_CHECKING:
    from hub.web.host import PhoneOf
    from hub.web.stream import Client, Stream

TOKEN_WITHIN = 5.0
"""Seconds that a client has to send its token."""
SENT_WITHIN = 10.0
"""Seconds that a client may take to read what is sent; it is sent away after that."""
UNAUTHORIZED = 4401
TOO_SLOW = 4408

router = APIRouter(tags=["events"])


@router.websocket("/events")
async def events(socket: WebSocket) -> None:
    """Tell the user's events as they happen.

    The token comes in the `Authorization` header, or as the first message, `{"token": "..."}`. The first thing told is
    `hello` with the phone and the calls as they are; every event after it is later.
    """
    await socket.accept()
    user = user_of_token(socket, await _token(socket))
    if user is None:
        await _close(socket, UNAUTHORIZED, "send a user's token")
        return
    stream = cast("Stream", socket.app.state.stream)
    client = stream.join(user)
    try:
        await _run(socket, client, _hello(user, host_of(socket).phones[user]))
    finally:
        stream.leave(client)


async def _run(socket: WebSocket, client: Client, hello: str) -> None:
    """Send until the client goes or is too slow; what it says is not listened to."""
    sides = [asyncio.create_task(_send_all(socket, client, hello)), asyncio.create_task(_until_gone(socket))]
    try:
        await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for side in sides:
            side.cancel()
        await asyncio.gather(*sides, return_exceptions=True)


async def _until_gone(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send_all(socket: WebSocket, client: Client, hello: str) -> None:
    try:
        waiting = [hello]
        while True:
            for text in waiting:
                async with asyncio.timeout(SENT_WITHIN):
                    await socket.send_text(text)
            waiting = await client.take()
    except TimeoutError:
        await _close(socket, TOO_SLOW, "too slow")
    except WebSocketDisconnect:
        return


def _hello(user: str, phone: PhoneOf) -> str:
    stands = PhoneAnswer.of(user, phone).model_dump(mode="json")
    return json.dumps({"type": "hello", "user": user, "phone": stands, "calls": plain(phone.calls)})


async def _token(socket: WebSocket) -> str:
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    if token:
        return token.strip() if scheme.lower() == "bearer" else ""
    try:
        async with asyncio.timeout(TOKEN_WITHIN):
            said = json.loads(await socket.receive_text())
    except (TimeoutError, WebSocketDisconnect, ValueError, KeyError, RecursionError):
        return ""
    found = said.get("token") if isinstance(said, dict) else None
    return found if isinstance(found, str) else ""


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    """A client that has gone, or does not read, is not waited for."""
    if socket.client_state is WebSocketState.CONNECTED:
        with contextlib.suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(1.0):
                await socket.close(code, reason)
