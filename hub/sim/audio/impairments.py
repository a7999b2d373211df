"""What happens to packets on their way. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Impairments:
    """What a network and a sender do to a stream, the same for the same `seed`.

    Of the packets the parts `loss`, `duplication` and `reorder` (0 to 1) are lost, come twice, or are overtaken by up
    to three others; each takes up to `jitter` seconds longer than it must. The sender's clock is faster than ours by
    `drift_ppm` millionths. `ssrc_changes` are seconds since the begin at which the sender starts anew. With
    `silence_suppression` silent packets are not sent. `first_sequence` and `first_timestamp` are random if None.
    """

    loss: float = 0.0
    duplication: float = 0.0
    reorder: float = 0.0
    jitter: float = 0.0
    drift_ppm: float = 0.0
    ssrc_changes: tuple[float, ...] = ()
    silence_suppression: bool = False
    first_sequence: int | None = None
    first_timestamp: int | None = None
    seed: int = 0


UNIMPAIRED = Impairments()
