"""Home Assistant in an environment of its own: it pins the versions of what it uses, and so fits beside nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv-homeassistant"
PYTHON = VENV / "bin" / "python"
LIMIT = 480  # seconds that the installation may take


def run(script: str, *arguments: str) -> dict[str, Any]:
    """Return what a script of this folder, run beside Home Assistant, prints as JSON; `{"missing": why}` without it."""
    if (why := install()) is not None:
        return {"missing": why}
    ran = subprocess.run([PYTHON, HERE / script, *arguments], capture_output=True, text=True, timeout=300, check=False)
    if ran.returncode:
        return {"missing": (ran.stderr.strip().splitlines() or ["it printed nothing"])[-1]}
    return json.loads(ran.stdout.splitlines()[-1])


def install() -> str | None:
    """Install it once: the newest for this Python; return why it could not be had."""
    done = VENV / ".installed"
    if done.exists():
        return None
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True, capture_output=True)
        subprocess.run(
            [PYTHON, "-m", "pip", "install", "--quiet", "homeassistant"], check=True, capture_output=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return f"its installation took longer than {LIMIT} s"
    except subprocess.CalledProcessError as error:
        return (error.stderr.decode(errors="replace").strip().splitlines() or ["pip failed"])[-1]
    done.touch()
    return None
