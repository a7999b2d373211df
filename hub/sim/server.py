"""The simulated phone system as a server: the exchange behind a WebSocket, see docs/wire-protocol.md."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from base64 import b64encode
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from hub.clock import SystemClock
from hub.phone.commands import AttachMedia, DetachMedia
from hub.sim import versions, wire, wire_account, wire_answers, wire_requests
from hub.sim.admission import Admission
from hub.sim.asked import command_of
from hub.sim.audio.destination import check_destination
from hub.sim.client import Client
from hub.sim.exchange.exchange import Exchange
from hub.sim.exchange.journal import BoardTold, ContactsTold, DndTold, LegTold, PresenceTold, WipeTold
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.wire_account import Wipe
from hub.sim.wire_answers import WireState
from hub.sim.wire_colleagues import ColleaguesEvent, ContactsEvent

if TYPE_CHECKING:
    from datetime import datetime

    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request, Response

    from hub.sim.audio.sender import AudioSender
    from hub.sim.exchange.exchange import UserSnapshot
    from hub.sim.exchange.journal import ColleaguesTold, Told
    from hub.sim.exchange.office import Handset, Office, User

log = logging.getLogger(__name__)

_HARD_LIMIT = 16 * wire.LONGEST_REQUEST
"""Bytes of a message at which the connection is closed; between the soft limit and this one it is refused."""
_POLICY_VIOLATION = 1008
_EVENTS: dict[type[Told], type[wire.Event]] = {
    LegTold: wire_answers.LegEvent,
    DndTold: wire_answers.DndEvent,
    PresenceTold: wire_answers.PresenceEvent,
    BoardTold: wire_answers.BoardEvent,
    ContactsTold: ContactsEvent,
}


class SimServer:
    """Serves an office to other processes; an asynchronous context manager.

    `port` 0 takes a free one. `backlog` is how many messages may wait for a slow client, `most_clients` how many are
    served, `sign_in_within` how many seconds a client has to say who it is. `pace` divides the office's durations,
    `protocols` are the lowest and the highest version spoken.
    """

    def __init__(
        self,
        office: Office,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        pace: float = 1.0,
        backlog: int = 2000,
        most_clients: int = 1000,
        sign_in_within: float = 10.0,
        protocols: tuple[int, int] = (versions.OLDEST, versions.NEWEST),
    ) -> None:
        self.office = office
        self.host = host
        self.port = port
        self.clients: set[Client] = set()
        self._backlog = backlog
        self._most_clients = most_clients
        self._sign_in_within = sign_in_within
        self._clock = SystemClock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tick_handle: asyncio.TimerHandle | None = None
        self._server: Server | None = None
        self._audio: AudioSender | None = None
        epoch = f"{int(self.now().timestamp() * 1000):x}{secrets.token_hex(2)}"
        self.exchange = Exchange(
            office, epoch=epoch, tell=self._tell, tell_all=self._tell_colleagues, wake=self._wake, pace=pace
        )
        self._admission = Admission(office, self.exchange.accounts, protocols)

    @property
    def url(self) -> str:
        """The address to sign in at."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ws://{host}:{self.port}"

    def now(self) -> datetime:
        """Return the time of the office."""
        return self._clock.now()

    async def start(self) -> None:
        """Listen; raises `OSError` if the address is taken."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(_load_audio)
        quiet = logging.getLogger("hub.sim.websocket")
        quiet.setLevel(logging.WARNING)  # below that the library logs whole messages, with the passwords in them
        self._server = await serve(
            self._serve,
            self.host,
            self.port,
            origins=[None],
            process_request=self._too_many,
            compression=None,
            max_size=_HARD_LIMIT,
            close_timeout=1.0,
            logger=quiet,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        self._wake()

    async def stop(self) -> None:
        """Close all connections and stop listening. May be called twice."""
        if self._tick_handle is not None:
            self._tick_handle.cancel()
        self._loop = None
        if self._audio is not None:
            audio, self._audio = self._audio, None
            await audio.stop()
        for client in self.clients:
            client.flowing.set()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def drop_connections(self, user: str = "") -> int:
        """Cut the connections of a user (empty: all) without a word; return how many."""
        dropped = [client for client in self.clients if user in {"", client.user}]
        for client in dropped:
            client.drop()
        return len(dropped)

    # --- what the administrator does ---

    def wipe(self, user: str, device: str, password: str) -> None:
        """Wipe a device of a user, who has this password from now on: see `Exchange.wipe`. Raises `Refused`."""
        self.exchange.wipe(self.now(), user, device, password)

    # --- what the exchange wants ---

    def _wake(self) -> None:
        due = self.exchange.next_due
        if self._loop is None or due is None:
            return
        if self._tick_handle is not None:
            self._tick_handle.cancel()
        self._tick_handle = self._loop.call_later(max(0.0, (due - self.now()).total_seconds()), self._tick)

    def _tick(self) -> None:
        try:
            self.exchange.advance(self.now())
        finally:
            self._wake()
            if self._audio is not None:
                self._audio.changed()

    def _tell(self, told: Told) -> None:
        if self._audio is not None:
            self._audio.changed()
        clients = [client for client in self.clients if client.user == told.user]
        if isinstance(told, WipeTold):
            for client in clients:
                if told.handset in client.handsets:
                    client.send(Wipe.model_validate(told))
                    client.dismiss()
            return
        if isinstance(told, LegTold):
            clients = [client for client in clients if told.leg.device in {"", *client.handsets}]
        if not clients:
            return
        event = _EVENTS[type(told)].model_validate(told)
        said = {version: versions.told(event, version) for version in {client.protocol for client in clients}}
        texts = {version: wire.encode(message) for version, message in said.items() if message is not None}
        for client in clients:
            if client.protocol in texts:
                client.send_raw(texts[client.protocol])

    def _tell_colleagues(self, told: ColleaguesTold) -> None:
        """Tell all who may see it; those who have changed themselves are told of the others."""
        texts: dict[tuple[int, str, bool], str] = {}
        for client in self.clients:
            sees = self.office.users[client.user].sees_colleagues
            kind = (client.protocol, client.user if client.user in told.changed else "", sees)
            if kind not in texts:
                changed = self.exchange.colleagues.seen_by(client.user, told.changed)
                message = versions.told(ColleaguesEvent(at=told.at, changed=changed or ()), client.protocol)
                texts[kind] = wire.encode(message) if changed and message else ""
            if texts[kind]:
                client.send_raw(texts[kind])

    # --- what clients want ---

    def _too_many(self, connection: ServerConnection, _request: Request) -> Response | None:
        if self._server is None or len(self._server.connections) < self._most_clients:
            return None
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "too many clients\n")

    async def _serve(self, socket: ServerConnection) -> None:
        try:
            client = await self._admit(socket)
        except (ConnectionClosed, TimeoutError):
            return
        if client is None:
            return
        writing = asyncio.create_task(client.write())
        try:
            while not client.is_dropped:  # what it sent before may still be there to be read
                data = await client.receive()
                if not client.is_leaving:
                    client.send(self._answer(client, data))
        except ConnectionClosed:
            log.info("a client of %r has left", client.user)
        finally:
            self.clients.discard(client)
            self.exchange.audio.release(client)
            if self._audio is not None:
                self._audio.changed()
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _admit(self, socket: ServerConnection) -> Client | None:
        async with asyncio.timeout(self._sign_in_within):
            data = await socket.recv(decode=False)
            try:
                request = wire.read_request(data)
            except wire.WireError as error:
                refusal = wire_answers.Error(id=error.request, code=error.code, message=str(error))
            else:
                if isinstance(request, wire_requests.SignIn):
                    found = self._admission.admit(request, self.now())
                    if not isinstance(found, wire_answers.Error):
                        return self._welcome(socket, request, *found)
                    refusal = found
                else:
                    refusal = wire_answers.Error(id=request.id, code=Code.BAD_REQUEST, message="sign in first")
            log.info("a sign-in was refused: %s", refusal.code)
            await socket.send(wire.encode(refusal))
            await socket.close(_POLICY_VIOLATION, refusal.code)
        return None

    def _welcome(
        self, socket: ServerConnection, request: wire_requests.SignIn, user: User, handsets: tuple[Handset, ...]
    ) -> Client:
        watched = frozenset(handset.id for handset in handsets)
        client = Client(socket, user.name, watched, self._backlog, self._admission.version(request))
        # nothing happens between the snapshot and the first event, as long as nobody awaits in between
        client.send(self._admission.greeting(request, user, handsets, self._snapshot(client, request.since)))
        self.clients.add(client)
        log.info("%r signed in", user.name)
        return client

    def _answer(self, client: Client, data: bytes) -> wire.FromServer:
        try:
            request = wire.read_request(data)
        except wire.WireError as error:
            return wire_answers.Error(id=error.request, code=error.code, message=str(error))
        match request:
            case wire_requests.Ping():
                return wire_answers.Pong(id=request.id)
            case wire_requests.GetSnapshot():
                return wire_answers.SnapshotAnswer(id=request.id, snapshot=self._snapshot(client, request.since))
            case wire_requests.SignIn():
                return wire_answers.Error(id=request.id, code=Code.BAD_REQUEST, message="already signed in")
        return self._command(client, request)

    def _command(self, client: Client, request: wire.Asking) -> wire.FromServer:
        try:
            versions.check(client.protocol, request.type)
            if isinstance(request, wire_account.GetImage):
                return self._image(request, request.user or client.user)
            command = command_of(request)
            check_destination(command, client.address)
            accepted = self.exchange.command(self.now(), client.user, command, handsets=client.handsets, session=client)
        except Refused as refused:
            handsets = tuple(sorted(client.handsets)) if refused.code is Code.UNKNOWN_HANDSET else ()
            return wire_answers.Error(id=request.id, code=refused.code, message=str(refused), handsets=handsets)
        told = dict(accepted.told)
        if isinstance(command, AttachMedia | DetachMedia):
            sender = self._sender()
            sender.changed()
            if isinstance(command, AttachMedia):
                told |= sender.source(command.near)
        return wire_answers.Done(id=request.id, leg=accepted.leg, told=told)

    def _sender(self) -> AudioSender:
        if self._audio is None:  # nobody gets here where it is not installed
            from hub.sim.audio.sender import AudioSender

            self._audio = AudioSender(self.office, self.exchange.audio)
        return self._audio

    def _image(self, request: wire_account.GetImage, of: str) -> wire.FromServer:
        user, image = self.exchange.accounts.image(of)
        data = b64encode(image.data).decode("ascii")
        return wire_account.ImageAnswer(id=request.id, user=user, media_type=image.media_type, data=data)

    def _snapshot(self, client: Client, since: str) -> WireState:
        found: UserSnapshot = self.exchange.snapshot(self.now(), client.user, since, client.handsets)
        return WireState.model_validate(found)


def _load_audio() -> None:
    """Import what sending audio needs, which takes a while, where it is installed."""
    with contextlib.suppress(ImportError):
        import hub.sim.audio.sender  # noqa: F401  for later
