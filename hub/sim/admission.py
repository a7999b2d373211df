"""Who may sign in, and what they are told. Pure."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from hub.sim.exchange.office import CAPABILITIES
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.wire_answers import Error, SignedIn
from hub.sim.wire_types import WireHandset

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from hub.sim import wire_requests
    from hub.sim.exchange.accounts import Accounts
    from hub.sim.exchange.office import Handset, Office, User
    from hub.sim.wire_answers import WireState


class Admission:
    """The door of an office. `protocols` are the lowest and the highest version of the protocol spoken."""

    def __init__(self, office: Office, accounts: Accounts, protocols: tuple[int, int]) -> None:
        self._office = office
        self._accounts = accounts
        self._protocols = protocols

    def admit(self, request: wire_requests.SignIn, at: datetime) -> tuple[User, tuple[Handset, ...]] | Error:
        """Return the user and the handsets to watch, or why not."""
        lowest, highest = self._protocols
        if request.protocol < lowest:
            text = f"this server speaks versions {lowest} to {highest} of the protocol, not {request.protocol}"
            return Error(id=request.id, code=Code.UNSUPPORTED_VERSION, message=text, protocols=(lowest, highest))
        user = self._office.users.get(request.user)
        if user is None:
            return Error(id=request.id, code=Code.UNKNOWN_USER, message=f"there is no user {request.user!r}")
        own = tuple(handset.id for handset in user.handsets)
        password = request.password.get_secret_value()
        try:
            self._recognise(user.name, password, request.handsets or own, at)
            unknown = [handset for handset in request.handsets if handset not in own]
            if unknown:
                text = f"{user.name} has no handset {', '.join(map(repr, unknown))}"
                return Error(id=request.id, code=Code.UNKNOWN_HANDSET, message=text, handsets=own)
            self._renew(user.name, password, request.new_password, at)
        except Refused as refused:
            return Error(id=request.id, code=refused.code, message=str(refused))
        return user, tuple(one for one in user.handsets if not request.handsets or one.id in request.handsets)

    def version(self, request: wire_requests.SignIn) -> int:
        """Return the version of the protocol to speak with somebody who was let in."""
        return min(request.protocol, self._protocols[1])

    def _recognise(self, user: str, password: str, devices: Iterable[str], at: datetime) -> None:
        if device := self._accounts.was_wiped(user, password, devices):
            text = f"the administrator has wiped {device} of {user}: sign in with the new password"
            raise Refused(Code.WIPED, text)
        if not self._accounts.admits(user, password, at):
            raise Refused(Code.WRONG_PASSWORD, f"wrong password for {user!r}")

    def _renew(self, user: str, password: str, new: str, at: datetime) -> None:
        if new:
            self._accounts.renew_password(user, password, new, at)
        if self._accounts.must_change(user):
            raise Refused(Code.CHANGE_REQUIRED, f"{user} must choose a new password before anything else")

    def greeting(
        self, request: wire_requests.SignIn, user: User, handsets: tuple[Handset, ...], snapshot: WireState
    ) -> SignedIn:
        """Return what somebody who was let in is told."""
        return SignedIn(
            id=request.id,
            protocol=self.version(request),
            product=f"phonehub simulated phone system: {self._office.name}",
            version=metadata.version("phonehub"),
            user=user.name,
            name=user.full_name,
            extension=user.extension,
            capabilities=tuple(sorted(CAPABILITIES)),
            handsets=tuple(map(_described, handsets)),
            further=tuple(_described(one) for one in user.handsets if one not in handsets),
            snapshot=snapshot,
        )


def _described(handset: Handset) -> WireHandset:
    return WireHandset(
        id=handset.id,
        name=handset.name,
        model=handset.model,
        capabilities=tuple(sorted(handset.capabilities)),
        conference_size=handset.conference_size,
        appearances=tuple(key.name for key in handset.appearances),
        auto_hold=handset.auto_hold,
    )
