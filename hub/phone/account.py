"""What a user has at the phone system beside calls: a session, a password, a PIN, an image."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode, b64encode
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub import events
from hub.errors import UserError
from hub.phone.account_commands import ChangePassword, ChangePin, GetImage, SetImage
from hub.phone.adapter import PasswordRenewing, PhoneError
from hub.phone.connection import ConnectionState
from hub.phone.credentials import PASSWORD
from hub.phone.picture import checked, made_small
from hub.phone.standing import HANDSETS, Standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path

    from hub.phone.adapter import Adapter, Device, SignInRefused
    from hub.phone.credentials import Credentials
    from hub.phone.phone import Phone
    from hub.phone.picture import Picture

log = logging.getLogger(__name__)

_OUTCOMES = (ConnectionState.CONNECTED, ConnectionState.REFUSED, ConnectionState.LOST, ConnectionState.SIGNED_OUT)
_IN_DOUBT = {"timeout", "not_connected"}
SIGNED_OUT = 'signed out; "phonehub sign-in" signs in again'


@dataclass(frozen=True, slots=True)
class Changed:
    """A secret was changed at the phone system. `kept`: here too; `remedy`: what is left to do, empty if nothing is."""

    kept: bool
    remedy: str = ""


class Account:
    """One user's account. Commands raise `PhoneError`, or `UserError` for what a person must mend here; one at a time.

    `make(instead)` makes the adapter anew from the configuration, with other settings instead of some, and may block.
    `path` is the file of the `standing`. `learn` is told each secret, so that it is hidden everywhere. A sign-in is
    given up after `within` seconds.
    """

    def __init__(
        self,
        phone: Phone,
        credentials: Credentials,
        standing: Standing,
        path: Path,
        *,
        make: Callable[[Mapping[str, Any]], Adapter],
        learn: Callable[[str], None],
        within: float = 20.0,
    ) -> None:
        self.standing = standing
        self._phone = phone
        self._credentials = credentials
        self._path = path
        self._make = make
        self._learn = learn
        self._within = within
        self._lock = asyncio.Lock()
        self._awaited: tuple[ConnectionState, ...] = ()
        self._outcome: asyncio.Future[ConnectionState] | None = None
        phone.account = self

    @property
    def name(self) -> str:
        """The user's full name, as the phone system tells while connected."""
        return self._phone.connection.profile.name

    @property
    def extension(self) -> str:
        """The user's extension, likewise."""
        return self._phone.connection.profile.extension

    @property
    def devices(self) -> tuple[Device, ...]:
        """The user's handsets, likewise."""
        return self._phone.connection.profile.devices

    @property
    def must_change(self) -> bool:
        """Whether the phone system wants a new password before it lets the user in."""
        refusal = self._phone.connection.refusal
        return refusal is not None and refusal.code == "change_required"

    # --- session ---

    async def sign_in(self, *, password: str = "", handsets: Sequence[str] | None = None) -> Changed:
        """Begin a session: with this password, which is then kept, and with these handsets (empty: all of them).

        Without them as it was. If it fails, everything is as before.
        """
        async with self._lock:
            return await self._sign_in(password, handsets)

    async def sign_out(self) -> None:
        """End the session; none begins until somebody signs in, not after a restart either. Calls go on."""
        async with self._lock:
            if self._phone.state is ConnectionState.SIGNED_OUT:
                return
            await self._save(signed_out=SIGNED_OUT)
            async with self._deciding(ConnectionState.SIGNED_OUT):
                await self._phone.connection.sign_out(SIGNED_OUT)

    # --- secrets ---

    async def change_password(self, old: str, new: str) -> Changed:
        """Change the password, and keep the new one where the old one was.

        Where the phone system wants a new one before it lets the user in, the user is signed in with it. Whatever
        fails, the one that holds is not lost.
        """
        self._learn(old)
        self._learn(new)
        async with self._lock:
            await self._credentials.stage(new)
            must = self.must_change
            try:
                if must:
                    await self._renew(old, new)
                else:
                    await self._phone.connection.do(ChangePassword(old, new))
            except PhoneError as error:
                if error.code in _IN_DOUBT and self._phone.state is not ConnectionState.SIGNED_OUT:
                    told = f"{error}; it is not known which password holds now: both are kept, the next sign-in tells"
                    raise PhoneError(told, error.code) from None
                await self._credentials.settle(taken=False)
                raise
            try:
                await self._credentials.settle(taken=True)
            except UserError as error:
                told = f"the phone system has the new password, but it could not be kept here: {error}"
                raise PhoneError(told, "not_kept") from None
            adapter = await self._made({PASSWORD: new})
            if must:
                await self._enter(adapter)
                await self._save(handsets=self.standing.handsets)
            else:
                self._phone.connection.renew(adapter)
        return self._changed()

    async def change_pin(self, old: str, new: str) -> None:
        """Change the PIN; a dial plan's access code that holds it is its owner's to change."""
        self._learn(old)
        self._learn(new)
        await self._phone.connection.do(ChangePin(old, new))

    # --- image ---

    async def set_image(self, content: bytes) -> Picture:
        """Show colleagues this PNG or JPEG; return what was made of it."""
        picture = await asyncio.to_thread(made_small, content)
        await self._phone.connection.do(SetImage(b64encode(picture.data).decode("ascii")))
        return picture

    async def clear_image(self) -> None:
        """Show no image."""
        await self._phone.connection.do(SetImage(""))

    async def image(self, user: str = "") -> Picture:
        """Return the image of a colleague, by name or extension; empty: one's own."""
        told = await self._phone.connection.do(GetImage(user))
        try:
            return await asyncio.to_thread(checked, b64decode(told.get("data", ""), validate=True))
        except (UserError, ValueError) as error:
            raise PhoneError(f"the phone system sends no picture: {error}") from None

    # --- told by the phone ---

    def on_state(self, state: ConnectionState) -> None:
        """Take note of how the connection stands."""
        waiting = self._outcome
        if waiting is not None and not waiting.done() and state in self._awaited:
            waiting.set_result(state)

    async def on_refused(self, refusal: SignInRefused) -> Adapter | None:
        """Try a new password of which it was not known whether it holds; not while one is just being tried."""
        if self._lock.locked():
            return None
        try:
            if refusal.code == "wrong_password" and await self._credentials.staged():
                return await self._made({})
        except UserError as error:
            log.warning("another password cannot be tried: %s", error)
        return None

    async def on_wiped(self, message: str) -> None:
        """Forget what is kept of the user, and let everybody else do so."""
        try:
            await self._save(signed_out=message, wiped=True)
        except UserError as error:
            log.error("that the phone of %s was wiped cannot be written down: %s", self._phone.user, error)  # noqa: TRY400
        await self.wipe()

    async def wipe(self) -> None:
        """Forget the credentials, and tell plugins to forget what they hold: at each start, until somebody signs in."""
        await self._credentials.forget()
        self._phone.tell(events.Wipe)

    # --- how it is done ---

    async def _sign_in(self, password: str, handsets: Sequence[str] | None) -> Changed:
        phone, connection = self._phone, self._phone.connection
        if not password and handsets is None and phone.state is ConnectionState.CONNECTED:
            return Changed(kept=True)
        chosen = self.standing.handsets if handsets is None else tuple(handsets)
        instead: dict[str, Any] = {} if chosen is None else {HANDSETS: chosen}
        if password:
            self._learn(password)
            instead[PASSWORD] = password
            await self._credentials.stage(password)
        before, was = connection.adapter, phone.state
        try:
            await self._enter(await asyncio.to_thread(self._make, instead))
        except (PhoneError, UserError) as error:
            if password:
                await self._credentials.settle(taken=False)
            await self._go_back(before, was, error)
            raise
        if password:
            await self._credentials.settle(taken=True)
        await self._save(handsets=chosen)
        return self._changed() if password else Changed(kept=True)

    async def _enter(self, adapter: Adapter) -> None:
        """Sign in, and see what comes of it."""
        connection = self._phone.connection
        async with self._deciding(*_OUTCOMES):
            await connection.sign_in(adapter)
        if connection.refusal is not None:
            raise PhoneError(str(connection.refusal), connection.refusal.code)
        if connection.adapter is None:
            raise PhoneError(self._phone.message, "wiped")
        if self._phone.state is not ConnectionState.CONNECTED:
            raise PhoneError(connection.loss or self._phone.message, "not_connected")

    async def _go_back(self, before: Adapter | None, was: ConnectionState, error: Exception) -> None:
        """Leave everything as it was before a sign-in that failed; one that needs a new password waits for that."""
        connection = self._phone.connection
        if connection.adapter is before or getattr(error, "code", "") == "change_required":
            return
        if before is None:
            await connection.sign_out(self.standing.signed_out or SIGNED_OUT)
        elif was is not ConnectionState.REFUSED:  # else the same would only be refused again
            await connection.sign_in(before)

    async def _renew(self, old: str, new: str) -> None:
        adapter = await self._made({PASSWORD: old})
        if not isinstance(adapter, PasswordRenewing):
            raise PhoneError("this phone system cannot change a password before the sign-in", "missing_capability")
        try:
            async with asyncio.timeout(self._within):
                await adapter.renew_password(new)
        except TimeoutError:
            raise PhoneError(f"the phone system did not answer in {self._within:g} s", "timeout") from None

    async def _made(self, instead: Mapping[str, Any]) -> Adapter:
        return await asyncio.to_thread(self._make, {**self.standing.instead, **instead})

    async def _save(
        self, *, signed_out: str = "", wiped: bool = False, handsets: tuple[str, ...] | None = None
    ) -> None:
        if signed_out:
            handsets = self.standing.handsets
        standing = Standing(signed_out=signed_out, wiped=wiped, handsets=handsets)
        if standing != self.standing:
            self.standing = standing
            await asyncio.to_thread(standing.save, self._path)

    def _changed(self) -> Changed:
        if self._credentials.name:
            return Changed(kept=True)
        return Changed(kept=False, remedy=f"put the new password where {self._credentials.password} finds it")

    @asynccontextmanager
    async def _deciding(self, *states: ConnectionState) -> AsyncIterator[None]:
        """Do what brings the phone into one of these states, and wait for that."""
        self._awaited = states
        self._outcome = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._within):
                yield
                await self._outcome
        except TimeoutError:
            raise PhoneError(f"the phone has not come to that within {self._within:g} s", "timeout") from None
        finally:
            self._outcome = None
