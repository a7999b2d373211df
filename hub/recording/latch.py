"""Whose packets a stream is made of: anybody who knows its port can send there. Pure."""

from __future__ import annotations

from hub.media.rtp import FIXED_HEADER, VERSION

FELL_SILENT = 5.0
"""Seconds without a packet after which another sender is let in."""


class Latch:
    """Keeps a stream to one sender: the one that was `named`, else the first that sends what may be RTP.

    That is the latching of RFC 7362, section 4. A sender gives way to another one after `silent_after` seconds of
    silence, or soon after `changed`; one that was named, and has been heard, to none. Where it has not, as when an
    address is translated on the way, others are let in so long after `began`. Senders are as `hub.recording.datagrams`
    tells them, times are monotonic seconds.
    """

    def __init__(self, named: bytes = b"", *, began: float = 0.0, silent_after: float = FELL_SILENT) -> None:
        self.sender = self._named = named
        self.refused = 0
        self._is_certain = False
        self._silent_after = silent_after
        self._kept_until = began + silent_after if named else 0.0
        self._open_until = 0.0

    def changed(self, at: float, named: bytes = b"") -> None:
        """Know that the phone system was told to send anew: from then on, from who is named or from wherever."""
        self._named, self._is_certain = named, False
        self._kept_until = at + self._silent_after
        self._open_until = 0.0 if named else self._kept_until

    def admits(self, sender: bytes, data: bytes, at: float) -> bool:
        """Whether a datagram belongs to the stream; others are counted in `refused`."""
        if sender == self._named:
            self.sender, self._is_certain = sender, True
        if sender != self.sender:
            if self._is_certain or self._open_until <= at < self._kept_until or not _may_be_rtp(data):
                self.refused += 1
                return False
            self.sender, self._open_until = sender, 0.0
        self._kept_until = at + self._silent_after
        return True


def _may_be_rtp(data: bytes) -> bool:
    return len(data) >= FIXED_HEADER.size and data[0] >> 6 == VERSION
