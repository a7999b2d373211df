from __future__ import annotations

import signal

from hypothesis import settings

settings.register_profile("phonehub", deadline=None)  # a time belongs into a benchmark
settings.load_profile("phonehub")


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start, also where the tests themselves run in the background.

    A shell starts background jobs with SIGINT ignored, and programs inherit that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
