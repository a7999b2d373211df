"""What a phone system and its handsets declare of themselves. Features depend on capabilities, never on a name."""

from __future__ import annotations

from dataclasses import dataclass

from hub.phone.account_commands import ACCOUNT
from hub.phone.commands import MarkContact

WITHOUT_HANDSET = frozenset({"colleagues", "contacts", MarkContact.name, *(one.name for one in ACCOUNT)})
"""The capabilities that a phone system has for every user, whatever their handsets can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsetInfo:
    """One of the user's handsets: what it can do, how many parties talk together there, its line keys by name.

    `auto_hold` says what another call does to the one that it has: put it on hold, or end it.
    """

    id: str
    name: str = ""
    model: str = ""
    capabilities: frozenset[str] = frozenset()
    conference_size: int = 0
    appearances: tuple[str, ...] = ()
    auto_hold: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneInfo:
    """The phone system, its own `capabilities`, and the handsets that the hub watches; empty where it does not tell."""

    product: str = ""
    version: str = ""
    capabilities: frozenset[str] = frozenset()
    handsets: tuple[HandsetInfo, ...] = ()

    def lacking(self, capability: str) -> str:
        """Say who lacks a capability: the phone system, or every handset, by name."""
        if capability in self.capabilities and self.handsets:
            names = " and ".join(f"{one.id} ({one.model})" if one.model else one.id for one in self.handsets)
            return f"{names} {'lacks' if len(self.handsets) == 1 else 'lack'} the capability {capability}"
        system = f"{self.product} {self.version}".strip()
        return f"the phone system {system} lacks the capability {capability}".replace("  ", " ")

    def handset(self, device: str, capability: str) -> HandsetInfo | None:
        """Return a handset (empty: the first that has the capability); None if there is no such."""
        if device:
            return next((one for one in self.handsets if one.id == device), None)
        return next((one for one in self.handsets if capability in one.capabilities), None)

    def can(self, device: str, capability: str) -> bool:
        """Tell whether a handset can do that; one that is not declared is taken to."""
        declared = next((one for one in self.handsets if one.id == device), None)
        return declared is None or capability in declared.capabilities
