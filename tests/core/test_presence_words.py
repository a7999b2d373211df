from __future__ import annotations

import pytest

from hub.core.presence import Presence


@pytest.mark.parametrize(
    ("presence", "words"),
    [(Presence.IN_OFFICE, "In office"), (Presence.BUSY, "Busy"), (Presence.ON_BUSINESS_TRIP, "On business trip")],
)
def test_a_presence_in_words(presence: Presence, words: str) -> None:
    assert presence.words == words
