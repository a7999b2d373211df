from __future__ import annotations

from hub.cli.acting import connecting

command = connecting("answer", "answered")
