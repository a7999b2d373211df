"""What a phone system under test says of itself, and can be made to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar

import pytest

if TYPE_CHECKING:
    from hub.phone.adapter import Adapter

CALLER = "+15855551234"
CALLER_NAME = "Jane \u202e'Quote\" Ünïcode"

T = TypeVar("T")


class PhoneSystem(ABC):
    """A running phone system, a user of it whose adapter is tested, and the world that calls this user.

    `answering` is a number that answers by itself when the user dials it, `not_a_number` a text that cannot be dialled.
    What follows may be left out, and what it is needed for is skipped:

    - `over_a_line`: the digits that reach somebody who answers over a seized outside line.
    - `shared_appearance`: a line key that the user's handset and the colleague's have in common.
    - `colleague_number`: where the user reaches the colleague, whose handset rings.
    - `queue`: the name of a queue whose agent the user is, signed out at first; others sign in to it with `pin`.
    - `pin`: the user's PIN. `new_pin`, `password`, `new_password`: new ones that the rules let pass, and the present.
    """

    answering: str
    not_a_number: str = "no number"
    over_a_line: ClassVar[str] = ""
    shared_appearance: ClassVar[str] = ""
    colleague_number: ClassVar[str] = ""
    queue: ClassVar[str] = ""
    pin: ClassVar[str] = ""
    new_pin: ClassVar[str] = ""
    password: ClassVar[str] = ""
    new_password: ClassVar[str] = ""

    @abstractmethod
    def adapter(self) -> Adapter:
        """Return a new adapter for the user, at one handset."""

    @abstractmethod
    async def ring(self, number: str, name: str) -> None:
        """Let somebody outside call the user; return when the phone system knows of the call."""

    @abstractmethod
    async def caller_hangs_up(self) -> None:
        """Let that caller hang up; return when the phone system knows."""

    @abstractmethod
    async def cut(self) -> None:
        """Cut the connections of all adapters without a word."""

    def with_wrong_password(self) -> Adapter | None:
        """Return an adapter that signs in with a wrong password."""
        return None

    def with_unknown_user(self) -> Adapter | None:
        """Return an adapter that signs in as somebody who is not there."""
        return None

    def unreachable(self) -> Adapter | None:
        """Return an adapter for an address where nobody answers."""
        return None

    def with_password(self, _password: str) -> Adapter | None:
        """Return an adapter for the user that signs in with this password."""
        return None

    def at_another_handset(self) -> Adapter | None:
        """Return an adapter for another handset of the same user."""
        return None

    def of_a_colleague(self) -> Adapter | None:
        """Return an adapter for another user, at one handset."""
        return None

    async def ring_colleague(self, _number: str, _name: str) -> bool | None:
        """Let somebody outside call the colleague alone, whom `caller_hangs_up` then is about; True if that is so."""
        return None

    async def call_queue(self, _number: str, _name: str) -> bool | None:
        """Let somebody outside call the queue, likewise."""
        return None

    async def leave_message(self) -> bool | None:
        """Let somebody leave a voicemail message for the user, and hang up; True when it is there."""
        return None

    async def digits_heard(self) -> str | None:
        """Return the digits that the caller has heard so far."""
        return None


def given(value: T | None, what: str) -> T:
    """Return what a phone system under test has given; skip the test if it is nothing."""
    if not value:
        pytest.skip(f"this phone system under test has no {what}")
    return value
