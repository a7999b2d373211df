from __future__ import annotations

from pathlib import Path

OFFICE_DAY = "office-day.yaml"
TWO_DESKS = "two-desks.yaml"


def sample_scenario(name: str) -> Path:
    """Return a scenario that comes with the hub: from the installed package, or from the source tree."""
    hub = Path(__file__).parents[1]
    installed = hub / "_samples" / "scenarios" / name
    return installed if installed.exists() else hub.parent / "samples" / "scenarios" / name
