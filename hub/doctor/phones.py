"""Each user's phone: whether the phone system can be reached, and lets the user in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hub.clock import SystemClock
from hub.doctor.finding import Finding, Verdict, good
from hub.errors import UserError
from hub.phone.adapter import ConnectionLost, SignInRefused
from hub.phone.chosen import chosen_adapter
from hub.secrets import Redactor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.config import Config
    from hub.phone.adapter import Adapter, AdapterKind, Session

WITHIN = 15.0
"""Seconds that a phone system has to let somebody in."""
ADRIFT = timedelta(seconds=10)
"""How far apart two clocks may be."""

_REMEDIES = {
    "wrong_password": '"phonehub config secret" keeps the right one; then start the hub again',
    "unknown_user": "correct `user` in the phone's table",
    "unknown_handset": "correct `handsets` in the phone's table; empty means all of the user's",
    "unsupported_version": "bring the older of the two up to date",
}


def told_by_hub(user: str, phone: Mapping[str, Any]) -> list[Finding]:
    """Say how a phone stands, as the running hub tells it."""
    about, state, message = f"phone of {user}", str(phone["state"]), str(phone["message"])
    if state == "connected":
        return [good(about, f"connected; it can {', '.join(phone['capabilities'])}")]
    if state == "signed_out":
        return [Finding(about, Verdict.NOTE, message or "signed out", 'sign in with "phonehub sign-in"')]
    if state == "refused":
        return [Finding(about, Verdict.BAD, message, "mend the phone's table, then start the hub again")]
    remedy = "look whether the phone system runs, and at its address in the phone's table"
    return [Finding(about, Verdict.BAD, f"{state}: {message}" if message else state, remedy)]


async def tried(config: Config, user: str, kinds: Mapping[str, AdapterKind]) -> list[Finding]:
    """Sign in as the user, which a hub that is not running does not do, and leave again."""
    about = f"phone of {user}"
    redactor = Redactor()
    try:
        plan = await asyncio.to_thread(config.dial_plan, user, redactor)
        adapter = await asyncio.to_thread(chosen_adapter, config, user, kinds, plan, SystemClock(), redactor)
    except UserError as error:
        return [Finding.of(about, problem) for problem in error.problems]
    if adapter is None:
        return [Finding(about, Verdict.NOTE, "there is none", f"add one: [users.{user}.phone]")]
    try:
        async with asyncio.timeout(WITHIN):
            return await _signed_in(about, adapter)
    except SignInRefused as refusal:
        remedy = _REMEDIES.get(refusal.code, "correct the phone's table")
        return [Finding(about, Verdict.BAD, f"reached, but it refuses: {redactor(str(refusal))}", remedy)]
    except (TimeoutError, ConnectionLost) as loss:
        told = redactor(str(loss)) or f"no answer in {WITHIN:.0f} s"
        remedy = "look whether the phone system runs, and at its address in the phone's table"
        return [Finding(about, Verdict.BAD, f"not reached: {told}", remedy)]
    except Exception as error:  # noqa: BLE001  an adapter is a plugin's, and may raise anything
        told = redactor(f"{type(error).__name__}: {error}")
        return [Finding(about, Verdict.BAD, f"its adapter failed: {told}", "tell its author")]


async def _signed_in(about: str, adapter: Adapter) -> list[Finding]:
    session = await adapter.open("")
    try:
        told = f"reached and signed in; it can {', '.join(sorted(session.capabilities))}"
        return [good(about, told), *_clock(about, session)]
    finally:
        await session.close()


def _clock(about: str, session: Session) -> list[Finding]:
    apart = session.snapshot.at - SystemClock().now()
    if abs(apart) < ADRIFT:
        return []
    way = "behind" if apart > timedelta() else "ahead of"
    told = f"this computer's clock is {abs(apart)} {way} the phone system's"
    return [Finding(about, Verdict.NOTE, told, "let both set their clocks from the network (NTP)")]
