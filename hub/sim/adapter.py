"""The hub's way to the simulated phone system; also the pattern for adapters that speak over a WebSocket."""

from __future__ import annotations

import asyncio
import logging
import ssl
from socket import gaierror
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from hub.phone.account_commands import ChangePassword
from hub.phone.adapter import ConnectionLost, PhoneError, SignInRefused, Wiped
from hub.sim import versions, wire, wire_answers, wire_requests
from hub.sim.exchange.refusal import Code
from hub.sim.session import DEFAULT_PATIENCE, Patience, SimSession
from hub.sim.translate import Translator

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from hub.clock import Clock
    from hub.core.dial_plan import DialPlan

_REFUSALS = {
    Code.WRONG_PASSWORD: "store the right one, or ask the administrator for a new one",
    Code.UNKNOWN_USER: "check the spelling of the user name",
    Code.UNKNOWN_HANDSET: "choose among those that exist, or leave handsets empty for all of them",
    Code.CHANGE_REQUIRED: "choose one with: phonehub account password",
    Code.UNSUPPORTED_VERSION: "update the older of the two, the hub or the phone system",
}
"""Sign-in errors that trying again does not mend, and what does."""


def _websocket_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        complete = parts.scheme in {"ws", "wss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise ValueError("a server address reads ws://HOST:PORT or wss://HOST:PORT")
    if parts.username or parts.password:
        raise ValueError("the address holds no user and no password; they have their own settings")
    return url


class SimSettings(BaseModel):
    """The `[users.NAME.phone]` table for `adapter = "sim"`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    server: Annotated[str, AfterValidator(_websocket_url)] = Field(description="ws:// or wss:// address of the server")
    user: str = Field(min_length=1, max_length=128, description="the user's name at the phone system")
    password: SecretStr = Field(description="by reference, like ${keyring:phonehub/alice}")
    handsets: tuple[str, ...] = Field(default=(), description="the handsets to watch; empty: all of the user's")


class SimAdapter:
    """One user's way to a simulated phone system.

    Deadlines in seconds: `connect_within` for the connection, `sign_in_within` for the answer to the sign-in; those of
    the session are its `patience`.
    """

    def __init__(
        self,
        settings: SimSettings,
        plan: DialPlan,
        clock: Clock,
        *,
        connect_within: float = 5.0,
        sign_in_within: float = 5.0,
        patience: Patience = DEFAULT_PATIENCE,
    ) -> None:
        self._settings = settings
        self._translator = Translator(plan)
        self._clock = clock
        self._connect_within = connect_within
        self._sign_in_within = sign_in_within
        self._patience = patience

    async def open(self, mark: str) -> SimSession:
        """Connect and sign in; see `hub.phone.adapter.Adapter`."""
        socket = await self._connect()
        signed_in = False
        try:
            welcome = await self._sign_in(socket, mark)
            signed_in = True
        finally:
            if not signed_in:
                socket.transport.abort()
        return SimSession(socket, welcome, self._translator, self._clock, self._patience)

    async def renew_password(self, new: str) -> None:
        """Sign in with a new password beside the present one, and leave; see `hub.phone.adapter.PasswordRenewing`."""
        socket = await self._connect()
        try:
            welcome = await self._sign_in(socket, "", new)
        finally:
            socket.transport.abort()
        if not versions.has(welcome.protocol, ChangePassword.name):
            text = f"{self._place()}: it speaks a version of the protocol that changes no passwords"
            raise PhoneError(text, Code.MISSING_CAPABILITY)

    async def _connect(self) -> ClientConnection:
        server = self._settings.server
        quiet = logging.getLogger("hub.sim.websocket")
        quiet.setLevel(logging.WARNING)  # below that the library logs whole messages, with the passwords in them
        try:
            return await connect(
                server,
                open_timeout=self._connect_within,
                ping_interval=None,  # silence is watched by the session, which also notices a server that hangs
                close_timeout=1.0,
                max_size=wire.LONGEST_ANSWER,
                compression=None,
                proxy=None,
                logger=quiet,
            )
        except TimeoutError:
            raise self._lost(f"no connection within {self._connect_within:g} s") from None
        except gaierror as error:
            host = urlsplit(server).hostname
            raise self._lost(f"the host {host!r} is unknown ({error.strerror}): check how it is spelt") from None
        except ssl.SSLError as error:
            raise self._lost(f"no secure connection ({error.reason}): is it a wss:// server?") from None
        except OSError as error:
            remedy = "check the port and that the phone system is running"
            raise self._lost(f"nothing listens there or it is out of reach ({error}): {remedy}") from None
        except (InvalidHandshake, InvalidURI, ValueError) as error:
            raise self._lost(f"it is no WebSocket server, or it refuses ({error})") from None

    async def _sign_in(self, socket: ClientConnection, mark: str, new: str = "") -> wire_answers.SignedIn:
        settings = self._settings
        request = wire_requests.SignIn(
            protocol=versions.NEWEST,
            user=settings.user,
            password=settings.password,
            handsets=settings.handsets,
            since=mark,
            new_password=new,
        )
        try:
            async with asyncio.timeout(self._sign_in_within):
                await socket.send(wire.encode(request))
                answer = wire.read_answer(await socket.recv(decode=False))
        except TimeoutError:
            raise self._lost(f"it did not answer the sign-in within {self._sign_in_within:g} s") from None
        except ConnectionClosed as closed:
            raise self._lost(f"it closed the connection during the sign-in ({closed})") from None
        except wire.WireError as error:
            raise self._lost(f"it does not speak the protocol of a simulated phone system ({error})") from None
        if isinstance(answer, wire_answers.Error):
            raise self._refused(answer)
        if not isinstance(answer, wire_answers.SignedIn):
            raise self._lost("it did not answer the sign-in but said something else")
        if not versions.OLDEST <= answer.protocol <= versions.NEWEST:
            mine = f"versions {versions.OLDEST} to {versions.NEWEST}"
            text = f"it speaks version {answer.protocol} of the protocol, this hub {mine}"
            raise self._refused(wire_answers.Error(code=Code.UNSUPPORTED_VERSION, message=text))
        return versions.declared(answer)

    def _refused(self, error: wire_answers.Error) -> PhoneError:
        remedies = {code.value: remedy for code, remedy in _REFUSALS.items()}
        if error.code == Code.WIPED:
            return Wiped(f"{self._place()}: {error.message}")
        if error.code == Code.TOO_MANY_GUESSES:  # perhaps somebody else's: whether ours is right is seen after that
            return self._lost(error.message)
        if error.code == Code.PASSWORD_POLICY:
            return PhoneError(error.message, error.code)
        if error.code not in remedies:
            return self._lost(f"it refuses the sign-in ({error.code}: {error.message})")
        known = f"; they are: {', '.join(error.handsets)}" if error.handsets else ""
        text = f"{self._place()}: {error.message}{known} ({remedies[error.code]})"
        return SignInRefused(text, error.code)

    def _lost(self, cause: str) -> ConnectionLost:
        return ConnectionLost(f"{self._place()}: {cause}")

    def _place(self) -> str:
        return f"phone system {self._settings.server}, user {self._settings.user!r}"
