"""What users have of their own at the phone system, and what the administrator does to them. Pure.

Former passwords and PINs are kept as digests, which is enough for a simulation.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from hub.errors import UserError
from hub.phone.account_commands import ChangePassword, ChangePin, SetImage
from hub.phone.picture import checked
from hub.sim.exchange.reach import Accepted
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from hub.phone.picture import Picture
    from hub.sim.exchange.office import Office, User
    from hub.sim.exchange.password_policy import Policy
    from hub.sim.exchange.reach import Asking, Deeds


LONGEST_LOCKOUT = 3600.0
"""Seconds."""


@dataclass(slots=True)
class _Secret:
    """A password or PIN: the present one and those before it. `wrong` ones in a row were given by now."""

    what: str
    policy: Policy
    former: deque[bytes]
    wrong: int = 0
    heard_from: datetime | None = None

    @classmethod
    def of(cls, what: str, secret: str, policy: Policy) -> _Secret:
        return cls(what, policy, deque([_digest(secret)] if secret else [], maxlen=max(1, policy.history)))

    def guess(self, secret: str, at: datetime, pace: float) -> bool:
        """Whether it is it; raises `Refused` while nothing is heard, since there were too many wrong ones."""
        if self.heard_from is not None and at < self.heard_from:
            wait = ceil((self.heard_from - at).total_seconds())
            text = f"there were {self.wrong} wrong {self.what}s in a row: try again in {wait} s"
            raise Refused(Code.TOO_MANY_GUESSES, text)
        if self.is_it(secret):
            self.wrong, self.heard_from = 0, None
            return True
        self.wrong += 1
        if (further := self.wrong - self.policy.guesses) >= 0:
            wait = min(LONGEST_LOCKOUT, self.policy.lockout * 2 ** min(further, 32)) / pace
            self.heard_from = at + timedelta(seconds=wait)
        return False

    def is_it(self, secret: str) -> bool:
        """Compare in a time that tells nothing of where they differ, nor of their lengths."""
        present = self.former[-1] if self.former else b""
        return hmac.compare_digest(_digest(secret) if secret else b"", present)

    def change(self, new: str, known: Iterable[str]) -> None:
        """Take a new one; raises `Refused` with all that is wrong with it."""
        was_used = bool(self.policy.history) and _digest(new) in self.former
        if problems := list(self.policy.problems(new, known=known, was_used=was_used)):
            raise Refused(Code.PASSWORD_POLICY, "; ".join(problems))
        self.take(new)

    def take(self, new: str) -> None:
        """Be another one from now on."""
        self.former.append(_digest(new))
        self.wrong, self.heard_from = 0, None


@dataclass(slots=True)
class _Account:
    password: _Secret
    pin: _Secret
    must_change: bool
    image: Picture | None = None
    wiped: dict[str, bytes] = field(default_factory=dict)
    """By device: the password that was good when it was wiped."""


class Accounts:
    """The accounts of an office's users. Who guesses has to wait: see `PasswordPolicy`; `pace` divides that.

    What asks for a password or a PIN raises `Refused` meanwhile, for the right one too.
    """

    def __init__(self, office: Office, *, pace: float = 1.0) -> None:
        self._pace = pace
        self._users = dict(office.users)
        self._accounts = {
            name: _Account(
                _Secret.of("password", user.password, office.passwords),
                _Secret.of("PIN", user.pin, office.pins),
                user.must_change,
            )
            for name, user in office.users.items()
        }

    @property
    def deeds(self) -> Deeds:
        """What can be asked."""
        return {ChangePassword: self._change_password, ChangePin: self._change_pin, SetImage: self._set_image}

    def user(self, name: str) -> User:
        """Return a user, with the PIN of now; KeyError if there is none."""
        return self._users[name]

    def admits(self, user: str, password: str, at: datetime) -> bool:
        """Whether it is the user's password."""
        return self._accounts[user].password.guess(password, at, self._pace)

    def has_pin(self, user: str, pin: str, at: datetime) -> bool:
        """Whether it is the user's PIN; who has none has no empty one."""
        return bool(pin) and self._accounts[user].pin.guess(pin, at, self._pace)

    def must_change(self, user: str) -> bool:
        """Whether the user must change the password before anything else."""
        return self._accounts[user].must_change

    def was_wiped(self, user: str, password: str, devices: Iterable[str]) -> str:
        """Return which of these devices was wiped while this, which it is no more, was the password; empty: none."""
        wiped = self._accounts[user].wiped
        if self._accounts[user].password.is_it(password):
            return ""
        given = _digest(password)
        return next((device for device in devices if hmac.compare_digest(wiped.get(device, b""), given)), "")

    def renew_password(self, user: str, old: str, new: str, at: datetime) -> None:
        """Change a password; raises `Refused`, with nothing changed."""
        account = self._accounts[user]
        if not account.password.guess(old, at, self._pace):
            raise Refused(Code.WRONG_PASSWORD, f"the old password is not that of {user!r}")
        account.password.change(new, self._known(user))
        account.must_change = False

    def image(self, of: str) -> tuple[str, Picture]:
        """Return whose image it is, by name or extension, and the image; raises `Refused` if there is none."""
        name = next((user.name for user in self._users.values() if of in {user.name, user.extension}), None)
        if name is None:
            raise Refused(Code.UNKNOWN_USER, f"there is no user {of[:80]!r}")
        image = self._accounts[name].image
        if image is None:
            raise Refused(Code.NO_IMAGE, f"{name} has no image")
        return name, image

    # --- what the administrator does ---

    def require_change(self, user: str) -> None:
        """Let the user sign in only with a new password, once."""
        self._accounts[user].must_change = True

    def wipe(self, user: str, device: str, password: str) -> None:
        """Let a device of the user know at its next sign-in that it is wiped; the user's password is this from now on.

        Raises `Refused`: the password may not be the one that the device knows.
        """
        account = self._accounts[user]
        if account.password.is_it(password):
            raise Refused(Code.PASSWORD_POLICY, "the wiped device knows this password: give another one")
        account.wiped[device] = account.password.former[-1]
        account.password.take(password)

    # --- what users do ---

    def _change_password(self, at: datetime, asking: Asking, command: ChangePassword) -> Accepted:
        self.renew_password(asking.user.name, command.old, command.new, at)
        return Accepted()

    def _change_pin(self, at: datetime, asking: Asking, command: ChangePin) -> Accepted:
        user = asking.user.name
        pin = self._accounts[user].pin
        if not pin.guess(command.old, at, self._pace):
            raise Refused(Code.WRONG_PIN, f"the old PIN is not that of {user!r}")
        pin.change(command.new, self._known(user))
        self._users[user] = replace(self._users[user], pin=command.new)
        return Accepted()

    def _set_image(self, _at: datetime, asking: Asking, command: SetImage) -> Accepted:
        account = self._accounts[asking.user.name]
        try:
            account.image = checked(b64decode(command.data, validate=True)) if command.data else None
        except ValueError:
            raise Refused(Code.BAD_IMAGE, "the image is not base64") from None
        except UserError as error:
            raise Refused(Code.BAD_IMAGE, str(error)) from None
        return Accepted()

    def _known(self, user: str) -> tuple[str, ...]:
        """What others know of a user."""
        of = self._users[user]
        return (of.name, of.extension, *of.full_name.split(), *(handset.id for handset in of.handsets))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
