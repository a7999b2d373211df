"""Signing in at Microsoft 365 by a code on another device (RFC 8628), and the tokens that come of it.

msal waits, so it works on threads. What it keeps lies where secrets are kept, and nowhere else.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from hub import SignIn, SourceRefused, SourceUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from msal import PublicClientApplication, SerializableTokenCache

    from hub import Context
    from hub_contacts.sources.graph_settings import GraphSettings

_SCOPES = ["Contacts.ReadWrite"]
_WITHIN = 30.0
_PENDING = {"authorization_pending", "slow_down"}


class GraphSignIn:
    """The tokens of one account; `name` is what they are kept by."""

    def __init__(self, name: str, settings: GraphSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context
        self._cache: SerializableTokenCache | None = None
        self._app: PublicClientApplication | None = None
        self._lock = asyncio.Lock()
        self._token = ""

    async def token(self, *, anew: bool = False) -> str:
        """Return an access token, another one if `anew`; raises `SourceRefused` where nobody is signed in."""
        async with self._lock:
            told = await self._apart(partial(self._silently, anew=anew))
        if not told or "access_token" not in told:
            said = f" ({told['error']})" if told and told.get("error") else ""
            raise SourceRefused.of(
                f"nobody is signed in{said}", f"phonehub contacts sources sign-in {self._name}", self._name
            )
        return self._hidden(told)

    async def sign_in(self, tell: Callable[[SignIn], None]) -> None:
        """Have a person sign in; return when that is done."""
        flow = await self._apart(lambda: self._opened().initiate_device_flow(scopes=_SCOPES))
        if "user_code" not in flow:
            raise self._refused(flow)
        until = self._context.clock.now().timestamp() + float(flow.get("expires_in", 900))
        tell(SignIn(str(flow["verification_uri"]), str(flow["user_code"]), datetime.fromtimestamp(until, UTC)))
        while True:
            await self._context.clock.sleep(float(flow.get("interval", 5)))
            told = await self._apart(partial(self._once, flow))
            if told.get("error") not in _PENDING:
                break
        if "access_token" not in told:
            raise self._refused(told)
        self._hidden(told)

    def _opened(self) -> PublicClientApplication:
        """Return msal's side, with what is kept; it may block."""
        if self._app is None:
            from msal import PublicClientApplication, SerializableTokenCache

            self._cache = SerializableTokenCache()
            if kept := self._context.kept_secret(self._name):
                self._cache.deserialize(kept)
            self._app = PublicClientApplication(
                self._settings.client_id,
                authority=f"{self._settings.authority}/{self._settings.tenant}",
                token_cache=self._cache,
                instance_discovery=False,
                timeout=_WITHIN,
            )
        return self._app

    def _silently(self, *, anew: bool) -> dict[str, Any] | None:
        app = self._opened()
        for account in app.get_accounts():
            told: dict[str, Any] | None = app.acquire_token_silent_with_error(_SCOPES, account, force_refresh=anew)
            return told
        return None

    def _once(self, flow: dict[str, Any]) -> dict[str, Any]:
        """Ask once whether the person has signed in."""
        told: dict[str, Any] = self._opened().acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
        if "access_token" in told:
            for account in self._opened().get_accounts()[1:]:  # somebody else was signed in before
                self._opened().remove_account(account)
        return told

    async def _apart(self, work: Callable[[], Any]) -> Any:
        return await asyncio.to_thread(self._told_to_people, work)

    def _told_to_people(self, work: Callable[[], Any]) -> Any:
        import requests

        try:
            told = work()
        except requests.exceptions.SSLError:
            remedy = "is the address right? Name a certificate authority of your own in REQUESTS_CA_BUNDLE"
            raise SourceRefused.of("the certificate of the sign-in is not trusted", remedy, self._name) from None
        except (requests.RequestException, ValueError) as error:
            said = " ".join(str(error).split())[:200]
            raise SourceUnreachable.of(
                f"where people sign in cannot be reached: {said}", "are you online? It is tried again", self._name
            ) from None
        if self._cache is not None and self._cache.has_state_changed:
            self._context.keep_secret(self._name, self._cache.serialize())
            self._cache.has_state_changed = False
        return told

    def _hidden(self, told: dict[str, Any]) -> str:
        token = str(told["access_token"])
        if token != self._token:
            self._context.hide(token, self._token)
            self._token = token
        return token

    def _refused(self, told: dict[str, Any]) -> SourceRefused:
        said = " ".join(str(told.get("error_description") or told.get("error") or "no reason").split())[:200]
        return SourceRefused.of(f"signing in was refused: {said}", "begin again", self._name)
