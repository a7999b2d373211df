"""Who asks the exchange for something, and what is within their reach. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from hub.phone import commands
    from hub.sim.exchange.conversation import Branch, Conversation
    from hub.sim.exchange.office import Handset, User
    from hub.sim.exchange.switch import Switch


@dataclass(frozen=True, slots=True)
class Asking:
    """A user who asks, from the client that watches these `handsets` (None: all of the user's).

    What is done `by_hand`, at the handset itself, needs no capability of it. `session` is whose end ends what lasts no
    longer than that.
    """

    user: User
    handsets: frozenset[str] | None = None
    by_hand: bool = False
    session: object = None


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
        return self.able(asking, wanted, capability)[0]

    def able(self, asking: Asking, wanted: str, capability: str) -> list[Handset]:
        """Return the handset of this id, or (empty) all of the user's that have the capability; at least one."""
        own = [
            handset
            for handset in asking.user.handsets
            if wanted in {"", handset.id} and (asking.handsets is None or handset.id in asking.handsets)
        ]
        if not own:
            raise Refused(Code.UNKNOWN_HANDSET, f"{asking.user.name} has no handset {wanted[:80]!r} here")
        able = [handset for handset in own if asking.by_hand or capability in handset.capabilities]
        if not able:
            raise _lacking(own, capability)
        return able

    def with_line(self, asking: Asking, wanted: str, capability: str, line: str) -> Handset:
        """Return the handset of this id, or (empty) the user's first that can, with a key for an outside line."""
        able = self.able(asking, wanted, capability)
        having = [handset for handset in able if not line or line in handset.lines]
        if not having:
            has = "; ".join(f"{handset.id} has {', '.join(handset.lines) or 'none'}" for handset in able)
            raise Refused(Code.BAD_REQUEST, f"there is no key for the outside line {line[:80]!r}: {has}")
        return having[0]

    def require(self, asking: Asking, device: str, capability: str) -> None:
        """Refuse what the handset cannot do."""
        found = self._switch.office.handset(device)
        if found is not None and not asking.by_hand and capability not in found[1].capabilities:
            raise _lacking((found[1],), capability)

    def any_handset(self, asking: Asking, capability: str) -> None:
        """Refuse what none of the user's handsets can do."""
        handsets = asking.user.handsets
        if not asking.by_hand and not any(capability in handset.capabilities for handset in handsets):
            raise _lacking(handsets, capability)

    def permit(self, asking: Asking, word: str) -> None:
        """Refuse what the user may not do, at whichever handset."""
        if word not in asking.user.permissions:
            raise Refused(Code.NOT_PERMITTED, f"{asking.user.name} is not permitted to {word.replace('_', ' ')}")

    def in_company(self, branch: Branch) -> None:
        """Refuse what needs somebody at the other end."""
        talk = branch.talk
        if talk.sent_on or all(other.is_same_party(branch) for other in talk.joined):
            raise Refused(Code.WRONG_STATE, "nobody is at the other end of this call yet")

    def free_to_talk(self, device: str) -> None:
        """Refuse what a handset that is dialling cannot do."""
        if any(branch.dialling for branch in self._switch.at_device(device)):
            raise Refused(Code.WRONG_STATE, f"{device} is dialling: end that call first")

    def key_for(self, handset: Handset, talk: Conversation) -> str:
        """Return the key on which a handset can take a call; refuse it where there is no room."""
        self.free_to_talk(handset.id)
        if any(branch.talk is talk for branch in self._switch.at_device(handset.id)):
            return ""
        return self._switch.keys.for_outbound(handset, outside=False).name

    def free_appearance(self, handset: Handset) -> None:
        """Refuse another call at a handset that is full."""
        self._switch.keys.for_outbound(handset)


def _lacking(handsets: Sequence[Handset], capability: str) -> Refused:
    """Name what is missing, and everywhere that it is."""
    names = " and ".join(f"{handset.id} ({handset.model})" if handset.model else handset.id for handset in handsets)
    lacks = "lacks" if len(handsets) == 1 else "lack"
    return Refused(Code.MISSING_CAPABILITY, f"{names or 'no handset'} {lacks} the capability {capability}")
