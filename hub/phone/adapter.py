"""The contract between the hub and a phone system.

An adapter is what a plugin registers for one kind of phone system (`register_adapters`). For each user the hub makes
one from the user's `[users.NAME.phone]` table and opens sessions with it, one at a time, again after each loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from pydantic import BaseModel

    from hub.clock import Clock
    from hub.core.dial_plan import DialPlan
    from hub.core.signals import Signal, Snapshot
    from hub.phone.about import PhoneInfo
    from hub.phone.commands import Command


class PhoneError(Exception):
    """The phone system did not do what was asked; `str()` is for a person, `code` for a program.

    Codes in use: `unknown_call`, `wrong_state`, `missing_capability`, `not_permitted`, `invalid_number`, `busy`,
    `would_end_call`, `not_connected`, `timeout`, `refused`; about an account `wrong_password`, `wrong_pin`,
    `too_many_guesses`, `password_policy`, `change_required`, `not_kept`, `unknown_user`, `unknown_handset`,
    `bad_image`, `no_image`.
    """

    def __init__(self, message: str, code: str = "refused") -> None:
        super().__init__(message)
        self.code = code


class ConnectionLost(PhoneError):  # noqa: N818  the field's word; the base says that it is an error
    """The connection is gone or could not be made; trying again may help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "not_connected")


class SignInRefused(PhoneError):  # noqa: N818
    """The phone system will not have this user; trying again without a change will not help.

    Codes: `wrong_password`, `unknown_user`, `unknown_handset`, `unsupported_version`, and `change_required`: the
    adapter is a `PasswordRenewing`, and its `renew_password` must come first.
    """


class Wiped(PhoneError):  # noqa: N818
    """The phone system's administrator wipes this device: what is kept of the user must go, and nobody signs in again.

    Raised by `Adapter.open`, and by `Session.signals` after the signals before it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, "wiped")


@dataclass(frozen=True, slots=True)
class Device:
    """A handset of the user: what can be asked of it, and whether this session `watches` it."""

    id: str
    name: str
    capabilities: frozenset[str]
    watched: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the user is at the phone system."""

    name: str = ""
    extension: str = ""
    devices: tuple[Device, ...] = ()


class Session(Protocol):
    """One signed-in connection to a phone system; it may have a `profile` (`Profile`) of its user."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What can be asked: the names of commands, and of features."""
        ...

    @property
    def about(self) -> PhoneInfo:
        """What the phone system and the handsets that are watched declare."""
        ...

    @property
    def snapshot(self) -> Snapshot:
        """What was true when the session opened; what ended since the mark that `open` was given."""
        ...

    def signals(self) -> AsyncIterator[Signal]:
        """Yield what happens after the snapshot, in order, until `close`; `ConnectionLost` if the connection goes."""
        ...

    async def do(self, command: Command) -> Mapping[str, str]:
        """Carry out a command: return when the phone system has accepted it, raise `PhoneError` when it has not.

        The effect comes as signals, before or after. Returns what the phone system said with that: `leg`, the leg that
        the command is about or has begun, where it tells; a few commands have more.
        """
        ...

    async def close(self) -> None:
        """Sign out and leave the connection; calls go on. May be called twice."""
        ...


class Adapter(Protocol):
    """One user's way to one phone system."""

    async def open(self, mark: str) -> Session:
        """Connect and sign in; `mark` is the last one seen, or empty.

        Raises `ConnectionLost` if the phone system cannot be reached, `SignInRefused` if it refuses.
        """
        ...


@runtime_checkable
class PasswordRenewing(Protocol):
    """An adapter for a phone system that can require a new password before anybody signs in."""

    async def renew_password(self, new: str) -> None:
        """Change the password that the adapter has for a new one; raises what `open` and `Session.do` raise."""
        ...


@dataclass(frozen=True, slots=True)
class AdapterKind:
    """What a plugin registers: the `adapter = "..."` word of the config, the model of the table, and how to make one.

    `make(settings, plan, clock)` gets the checked table (an instance of `config`), the user's dial plan, with which
    numbers become `Number`s at the edge, and the hub's clock.
    """

    name: str
    config: type[BaseModel]
    make: Callable[[Any, DialPlan, Clock], Adapter]
