from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is expected of plugins; times in seconds.

    `mailbox`: events that may wait for one plugin. `deadline`: what one call of a hook may take. `failures`: calls
    that fail in a row until the plugin is suspended, for `suspension`, twice as long each time that it fails when it
    is tried again, up to `longest_suspension`. `hung`: calls that may be given up and still not have come back.
    `lookup`: for how long a ring waits for all `find_contact` together. `lookups`: how many of one plugin may run and
    wait. `stop`: what all plugins together may take to work off their mailboxes and stop. `loop`: for how long the
    event loop may be held up before the watchdog has named who does it.
    """

    mailbox: int = 10_000
    deadline: float = 10.0
    failures: int = 5
    suspension: float = 60.0
    longest_suspension: float = 3600.0
    hung: int = 3
    lookup: float = 0.05
    lookups: int = 100
    stop: float = 10.0
    loop: float = 1.0


LIMITS = Limits()
"""What is expected where nobody says otherwise."""
