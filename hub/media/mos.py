"""How people would judge the audio of a call, by what the network did to it: the E-model of ITU-T G.107. Pure."""

from __future__ import annotations

_UNIMPAIRED = 93.2
"""The rating of a call of which nothing is known but that it is by telephone."""
_OF_CODEC = {
    "PCMU": (0.0, 25.1),
    "PCMA": (0.0, 25.1),
    "G722": (0.0, 25.1),
    "G729": (11.0, 19.0),
    "GSM": (20.0, 10.0),
    "OPUS": (0.0, 30.0),
}
"""Impairment, and robustness against loss in percent, by RTP encoding name (ITU-T G.113, appendix I)."""
_UNKNOWN = (10.0, 15.0)
_BUFFERED = 2.0
"""A jitter buffer holds packets back for so many times the jitter."""
_PACKET = 0.02
_NOTICED = 177.3
"""Milliseconds of delay from which people notice it."""
_BEST = 100.0


def estimate(codec: str, *, loss: float, jitter: float, delay: float = 0.0) -> float:
    """Return a mean opinion score, from 1 (bad) to 4.5; `loss` is a part (0 to 1), `jitter` and `delay` are seconds."""
    impairment, robustness = _OF_CODEC.get(codec.upper(), _UNKNOWN)
    percent = _BEST * min(max(loss, 0.0), 1.0)
    lossy = impairment + (95.0 - impairment) * percent / (percent + robustness)
    late = 1000.0 * (delay + _PACKET + _BUFFERED * max(jitter, 0.0))
    rating = _UNIMPAIRED - lossy - 0.024 * late - 0.11 * max(0.0, late - _NOTICED)
    rating = min(max(rating, 0.0), _BEST)
    return max(1.0, 1.0 + 0.035 * rating + 7e-6 * rating * (rating - 60.0) * (_BEST - rating))
