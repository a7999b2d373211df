from __future__ import annotations

from hub.cli.acting import acting

command = acting("complete", "put through:")
