"""Who asks the exchange for something, and what is within their reach. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.core.call import CallState
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from hub.phone import commands
    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.office import Handset, User
    from hub.sim.exchange.switch import Switch


@dataclass(frozen=True, slots=True)
class Asking:
    """A user who asks, from the client that watches these `handsets` (None: all of the user's).

    What is done `by_hand`, at the handset itself, needs no capability of it.
    """

    user: User
    handsets: frozenset[str] | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command was accepted: the `leg` that it is about, if any, and what else is `told` with that."""

    leg: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


Deed = Callable[[datetime, Asking, Any], Accepted]
"""Does what one kind of command asks, at a time; raises `Refused`, with nothing done."""
Deeds = Mapping["type[commands.Command]", Deed]


class Reach:
    """Finds what a command names, if whoever asks may name it; each method raises `Refused` otherwise."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def leg(self, asking: Asking, leg: str, capability: str) -> Branch:
        """Return a leg of the user, at a handset that has the capability."""
        branch = self._switch.branches.get(leg)
        own = branch is not None and branch.user == asking.user.name
        if branch is None or not own or (asking.handsets is not None and branch.device not in asking.handsets):
            raise Refused(Code.UNKNOWN_CALL, f"there is no call leg {leg[:80]!r}")
        self.require(asking, branch.device, capability)
        return branch

    def handset(self, asking: Asking, wanted: str, capability: str) -> Handset:
        """Return the handset of this id, or (empty) the user's first that has the capability."""
        user = asking.user
        own = [handset for handset in user.handsets if asking.handsets is None or handset.id in asking.handsets]
        if wanted:
            own = [handset for handset in own if handset.id == wanted]
        else:
            own.sort(key=lambda handset: capability not in handset.capabilities)
        if not own:
            raise Refused(Code.UNKNOWN_HANDSET, f"{user.name} has no handset {wanted[:80]!r} here")
        self.require(asking, own[0].id, capability)
        return own[0]

    def require(self, asking: Asking, device: str, capability: str) -> None:
        """Refuse what the handset cannot do."""
        found = self._switch.office.handset(device)
        if not asking.by_hand and (found is None or capability not in found[1].capabilities):
            raise Refused(Code.MISSING_CAPABILITY, f"{device} lacks the capability {capability}")

    def any_handset(self, asking: Asking, capability: str) -> None:
        """Refuse what none of the user's handsets can do."""
        user = asking.user
        if not asking.by_hand and not any(capability in handset.capabilities for handset in user.handsets):
            raise Refused(Code.MISSING_CAPABILITY, f"no handset of {user.name} has the capability {capability}")

    def free_to_talk(self, device: str) -> None:
        """Refuse what a handset that is dialling cannot do."""
        if any(branch.dialling for branch in self._switch.at_device(device)):
            raise Refused(Code.WRONG_STATE, f"{device} is dialling: end that call first")

    def free_appearance(self, handset: Handset) -> None:
        """Refuse another call at a handset that is full."""
        in_use = [leg for leg in self._switch.at_device(handset.id) if leg.state is not CallState.FAILED]
        if len(in_use) >= handset.appearances:
            raise Refused(Code.WRONG_STATE, f"all {handset.appearances} appearances of {handset.id} are in use")
