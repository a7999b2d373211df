from __future__ import annotations

from hub.cli.acting import acting

command = acting("leave", "left to the others:")
