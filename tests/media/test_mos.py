from __future__ import annotations

import pytest

from hub.media.mos import estimate


@pytest.mark.parametrize(
    ("codec", "loss", "jitter", "delay", "least", "most"),
    [
        ("PCMU", 0.0, 0.0, 0.0, 4.35, 4.45),  # the best that G.107 gives a telephone call
        ("pcmu", 0.0, 0.0, 0.0, 4.35, 4.45),
        ("G729", 0.0, 0.0, 0.0, 4.0, 4.2),
        ("unheard of", 0.0, 0.0, 0.0, 4.0, 4.25),
        ("PCMU", 0.01, 0.0, 0.0, 4.2, 4.35),
        ("PCMU", 0.1, 0.0, 0.0, 2.9, 3.6),
        ("PCMU", 0.0, 0.02, 0.0, 4.3, 4.4),
        ("PCMU", 0.0, 0.0, 0.4, 2.8, 3.2),
        ("PCMU", 1.0, 9.0, 9.0, 1.0, 1.0),
        ("PCMU", 7.0, -1.0, 0.0, 1.0, 1.6),
    ],
)  # fmt: skip
def test_the_worse_the_network_the_worse_the_opinion(
    codec: str, loss: float, jitter: float, delay: float, least: float, most: float
) -> None:
    assert least <= estimate(codec, loss=loss, jitter=jitter, delay=delay) <= most


def test_more_loss_is_never_better() -> None:
    scores = [estimate("PCMU", loss=percent / 100, jitter=0.01) for percent in range(101)]
    assert scores == sorted(scores, reverse=True)
