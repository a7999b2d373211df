"""Why a recording failed: a word for programs, and what a person can do about it."""

from __future__ import annotations

import errno

ADVICE = {
    "no_audio": "no audio arrives: check the firewall, and that the phone system reaches [receiving] address and ports",
    "no_channel": "the phone system has no free audio channel: try again later, or have its administrator add some",
    "no_port": "no UDP port is free: set more of them, [receiving] ports, or let calls be recorded by another hub",
    "folder_missing": "the folder is not there: make it, or set another one, [recording] folder",
    "folder_refused": "the folder cannot be written: make it yours, or set another one, [recording] folder",
    "disk_full": "the disk is full: make room; what was recorded until then is kept",
    "too_large": "the file can grow no further; what was recorded until then is kept, start again for more",
    "write_failed": "the file could not be written: look at the disk; what was recorded until then is kept",
    "unsupported_codec": "the phone system offers no codec that can be recorded: have it use G.711 for this handset",
    "missing_capability": "this phone system or handset cannot have calls recorded",
    "not_connected": "the hub is not connected to the phone system: wait until it is, and start again",
    "timeout": "the phone system did not answer: start again",
    "refused": "the phone system refused to give the call's audio: ask its administrator",
    "not_installed": 'recording is not installed: pip install "phonehub[recording]"',
}
"""What to do about each failure."""

_BY_ERROR = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "too_large",
    errno.ENOENT: "folder_missing",
    errno.ENOTDIR: "folder_missing",
    errno.EACCES: "folder_refused",
    errno.EPERM: "folder_refused",
    errno.EROFS: "folder_refused",
}


class Failure(Exception):  # noqa: N818  the field's word
    """A recording failed, or could not begin; `reason` is one of `ADVICE`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or ADVICE.get(reason, reason))
        self.reason = reason

    @property
    def advice(self) -> str:
        """What a person can do."""
        return ADVICE.get(self.reason, ADVICE["refused"])


def of_error(error: OSError) -> Failure:
    """Return what went wrong with a file."""
    reason = _BY_ERROR.get(error.errno or 0, "write_failed")
    return Failure(reason, f"{error.strerror or error}")
