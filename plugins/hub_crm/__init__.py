"""Looks callers up in a CRM, by HTTP requests and answers that the configuration describes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hub import NumberKind, hookimpl
from hub_crm.cache import Cache
from hub_crm.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from hub import Contact, Context, Number
    from hub_crm.lookup import Lookup

__all__ = ["Crm"]

_ASKED_FOR = frozenset({NumberKind.EXTERNAL, NumberKind.PREMIUM})


class Crm:
    """Each user's lookups, asked all at once; what they find comes after the ring, as `contact_found`."""

    def __init__(self) -> None:
        self._lookups: dict[str, tuple[Lookup, ...]] = {}

    @hookimpl
    def register_config(self) -> type[BaseModel]:
        """Return what `[plugins.crm]` may hold."""
        return Settings

    @hookimpl
    def start(self, context: Context) -> None:
        """Make the user's lookups ready; their secrets are looked up here, where a keyring may block."""
        if not context.config.lookups:
            return
        from hub_crm.lookup import Lookup

        cache = Cache(context.clock.monotonic)
        self._lookups[context.user] = tuple(
            Lookup(name, table, context, cache) for name, table in context.config.lookups.items()
        )

    @hookimpl
    async def find_contact(self, number: Number, context: Context) -> Sequence[Contact]:
        """Ask every lookup at once who has a public number; extensions and emergency numbers are told to nobody."""
        lookups = self._lookups.get(context.user, ())
        if not number.e164 or number.kind not in _ASKED_FOR or not lookups:
            return ()
        answers = await asyncio.gather(*(lookup.find(number) for lookup in lookups), return_exceptions=True)
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        for failure in failures:
            if not isinstance(failure, LookupError):
                raise failure
            context.log.warning("%s", failure)
        if len(failures) == len(lookups):
            raise failures[0]
        return [contact for answer in answers if not isinstance(answer, BaseException) for contact in answer]

    @hookimpl
    def stop(self, context: Context) -> None:
        """Forget the user's lookups and what they found."""
        self._lookups.pop(context.user, None)

    @hookimpl
    def on_wipe(self, context: Context) -> None:
        """Forget what was found for the user."""
        for lookup in self._lookups.get(context.user, ()):
            lookup.forget()
