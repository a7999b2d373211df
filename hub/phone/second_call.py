"""What another call does to the one that a handset has: it puts that on hold, or ends it, as the handset is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.call import CallState
from hub.phone.adapter import PhoneError
from hub.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.core.call import Call
    from hub.phone.about import PhoneInfo

_LONGEST = 60
"""Characters of a name that are told."""


class WouldEndCall(PhoneError):  # noqa: N818  what it tells
    """The handset has a call which would end; `call` is its id. Asked with `may_end`, it does."""

    def __init__(self, device: str, call: Call) -> None:
        party = printable(call.party.name or call.party.number.national or call.party.number.text, _LONGEST)
        told = f"{device} puts no call on hold: this ends call {printable(call.id)} with {party or 'somebody unknown'}"
        super().__init__(told, "would_end_call")
        self.call = call.id


def check_second_call(about: PhoneInfo, calls: Iterable[Call], device: str, capability: str) -> None:
    """Raise `WouldEndCall` if another call at a device (empty: the first that has the capability) ends one there."""
    handset = about.handset(device, capability)
    if handset is None or handset.auto_hold:
        return
    for call in calls:
        if any(leg.state is CallState.CONNECTED and leg.leg.device == handset.id for leg in call.legs):
            raise WouldEndCall(handset.id, call)
