from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Why the simulated phone system will not do something: the `code` of an `error` message."""

    TOO_MANY_GUESSES = "too_many_guesses"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105  a word of the protocol, no password
    UNKNOWN_USER = "unknown_user"
    UNKNOWN_HANDSET = "unknown_handset"
    UNSUPPORTED_VERSION = "unsupported_version"
    WRONG_PIN = "wrong_pin"
    UNKNOWN_QUEUE = "unknown_queue"
    UNKNOWN_CALL = "unknown_call"
    UNKNOWN_CONTACT = "unknown_contact"
    WRONG_STATE = "wrong_state"
    MISSING_CAPABILITY = "missing_capability"
    NOT_PERMITTED = "not_permitted"
    INVALID_NUMBER = "invalid_number"
    BUSY = "busy"
    NO_CHANNEL = "no_channel"
    UNSUPPORTED_CODEC = "unsupported_codec"
    UNREACHABLE = "unreachable"
    CHANGE_REQUIRED = "change_required"
    PASSWORD_POLICY = "password_policy"  # noqa: S105  likewise
    WIPED = "wiped"
    BAD_IMAGE = "bad_image"
    NO_IMAGE = "no_image"
    BAD_REQUEST = "bad_request"
    TOO_LARGE = "too_large"


class Refused(Exception):  # noqa: N818  the protocol's word
    """What was asked is not done and nothing has changed; `str()` is for a person, `code` for a program."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
