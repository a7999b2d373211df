"""The user's account: password, PIN, image."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode, b64encode

import pytest

from hub.phone.account_commands import ChangePassword, ChangePin, GetImage, SetImage
from hub.phone.adapter import SignInRefused
from hub.testing.contract.base import Contract, listening, refused
from hub.testing.contract.phone_system import PhoneSystem, given
from hub.testing.listener import Listener


class AccountContract(Contract):
    """What every adapter must do for the user's account."""

    async def test_the_password_is_changed(self, phone_system: PhoneSystem) -> None:
        """The old one must be right and the new one by the rules; from then on the new one signs in."""
        old, new = given(phone_system.password, "password"), given(phone_system.new_password, "new password")
        async with listening(phone_system, "change_password") as listener:
            await refused(listener, ChangePassword(f"{old}x", new), "wrong_password")
            await refused(listener, ChangePassword(old, ""), "password_policy")
            await listener.session.do(ChangePassword(old, new))
        with pytest.raises(SignInRefused) as refusal:
            await given(phone_system.with_password(old), "adapter for a password").open("")
        assert refusal.value.code == "wrong_password"
        async with Listener.opened(given(phone_system.with_password(new), "adapter for a password")) as again:
            assert again.capabilities

    async def test_the_pin_is_changed(self, phone_system: PhoneSystem) -> None:
        """Likewise."""
        old, new = given(phone_system.pin, "PIN"), given(phone_system.new_pin, "new PIN")
        async with listening(phone_system, "change_pin") as listener:
            await refused(listener, ChangePin(f"{old}0", new), "wrong_pin")
            await refused(listener, ChangePin(old, ""), "password_policy")
            await listener.session.do(ChangePin(old, new))
            await refused(listener, ChangePin(old, new), "wrong_pin")

    async def test_the_image_is_set_and_cleared(self, phone_system: PhoneSystem) -> None:
        """What was set can be got; what is no image is refused."""
        async with listening(phone_system, "set_image", "get_image") as listener:
            await refused(listener, SetImage(b64encode(b"no image").decode()), "bad_image")
            await listener.session.do(SetImage(b64encode(_PNG).decode()))
            told = await listener.session.do(GetImage(""))
            assert (told["media_type"], b64decode(told["data"])) == ("image/png", _PNG)
            await listener.session.do(SetImage(""))
            await refused(listener, GetImage(""), "no_image")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_PNG = b"".join(
    (
        b"\x89PNG\r\n\x1a\n",
        _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        _chunk(b"IDAT", zlib.compress(b"\0\x80")),
        _chunk(b"IEND", b""),
    )
)
"""One grey pixel."""
