"""Who may sign in, and what they are told. Pure."""

from __future__ import annotations

import hashlib
import hmac
from importlib import metadata
from typing import TYPE_CHECKING

from hub.sim.exchange.office import COMMANDS, FEATURES
from hub.sim.exchange.refusal import Code
from hub.sim.wire_answers import Error, SignedIn
from hub.sim.wire_types import WireHandset

if TYPE_CHECKING:
    from hub.sim import wire_requests
    from hub.sim.exchange.office import Handset, Office, User
    from hub.sim.wire_answers import WireState


class Admission:
    """The door of an office. `protocols` are the lowest and the highest version of the protocol spoken."""

    def __init__(self, office: Office, protocols: tuple[int, int]) -> None:
        self._office = office
        self._protocols = protocols

    def admit(self, request: wire_requests.SignIn) -> tuple[User, tuple[Handset, ...]] | Error:
        """Return the user and the handsets to watch, or why not."""
        lowest, highest = self._protocols
        if request.protocol < lowest:
            text = f"this server speaks versions {lowest} to {highest} of the protocol, not {request.protocol}"
            return Error(id=request.id, code=Code.UNSUPPORTED_VERSION, message=text, protocols=(lowest, highest))
        user = self._office.users.get(request.user)
        if user is None:
            return Error(id=request.id, code=Code.UNKNOWN_USER, message=f"there is no user {request.user!r}")
        if not _same_secret(request.password.get_secret_value(), user.password):
            return Error(id=request.id, code=Code.WRONG_PASSWORD, message=f"wrong password for {request.user!r}")
        own = tuple(handset.id for handset in user.handsets)
        unknown = [handset for handset in request.handsets if handset not in own]
        if unknown:
            text = f"{user.name} has no handset {', '.join(map(repr, unknown))}"
            return Error(id=request.id, code=Code.UNKNOWN_HANDSET, message=text, handsets=own)
        return user, tuple(one for one in user.handsets if not request.handsets or one.id in request.handsets)

    def greeting(
        self, request: wire_requests.SignIn, user: User, handsets: tuple[Handset, ...], snapshot: WireState
    ) -> SignedIn:
        """Return what somebody who was let in is told."""
        return SignedIn(
            id=request.id,
            protocol=min(request.protocol, self._protocols[1]),
            product=f"phonehub simulated phone system: {self._office.name}",
            version=metadata.version("phonehub"),
            user=user.name,
            name=user.full_name,
            extension=user.extension,
            capabilities=tuple(sorted({*COMMANDS, *FEATURES})),
            handsets=tuple(
                WireHandset(id=one.id, name=one.name, capabilities=tuple(sorted(one.capabilities))) for one in handsets
            ),
            snapshot=snapshot,
        )


def _same_secret(one: str, other: str) -> bool:
    """Compare in a time that tells nothing of where they differ, nor of their lengths."""
    left, right = (hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (one, other))
    return hmac.compare_digest(left, right)
