"""What stands on this computer: the configuration, the state folder, the database, a hub that runs."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

from hub import config_file
from hub.doctor.finding import Finding, Verdict, good
from hub.errors import UserError
from hub.secrets import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hub.config import Config
    from hub.errors import Problem


def configuration(config: Config, problems: Sequence[Problem]) -> Iterator[Finding]:
    """Say how a configuration stands that can be read, and has these problems."""
    about = "configuration"
    yield from (Finding.of(about, problem) for problem in problems)
    if not any(section.phone for section in config.users.values()):
        remedy = f"begin with:\n{config_file.SAMPLE}"
        yield Finding(about, Verdict.BAD, f"{config.path}: no user has a phone yet", remedy)
    elif not problems:
        yield good(about, f"{config.path}: {', '.join(config.users)}")


def state_folder(config: Config) -> Iterator[Finding]:
    """Look whether the state folder is there, can be written, and is the owner's alone."""
    about, folder = "state folder", config.hub.state
    remedy = "set another one: [hub] state = ..."
    if not folder.exists():
        above = next(each for each in folder.parents if each.exists())
        if os.access(above, os.W_OK | os.X_OK):
            yield good(about, f'{folder}: "phonehub run" makes it')
        else:
            yield Finding(about, Verdict.BAD, f"{folder} cannot be made: {above} cannot be written", remedy)
    elif not folder.is_dir():
        yield Finding(about, Verdict.BAD, f"{folder} is not a folder", remedy)
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(about, Verdict.BAD, f"{folder} cannot be written", f"make it yours, or {remedy}")
    elif readable := [path for path in (folder, *_secret(folder)) if _is_open(path)]:
        for path in readable:
            mend = f"chmod go-rwx {path}"
            yield Finding(about, Verdict.BAD, f"others on this computer can get at {path}", mend)
    else:
        yield good(about, f"{folder}, yours alone")


def database(config: Config) -> Iterator[Finding]:
    """Look whether the database can be read, and is of this version."""
    from hub.store.engine import path_of, url_of
    from hub.store.reader import Reader

    about = "database"
    try:
        url = resolve(config.hub.database_url, folder=config.path.parent, place=config.place("hub", "database"))
        path = path_of(url_of(url))
        if path is not None and not path.exists():
            yield good(about, f'{path}: "phonehub run" makes it')
            return
        reader = Reader(url)
        try:
            reader.check()
        finally:
            reader.close()
        yield good(about, str(path) if path else url_of(url).render_as_string(hide_password=True))
    except UserError as error:
        for problem in error.problems:
            yield Finding.of(about, problem)


def running_hub(config: Config) -> tuple[str | None, list[Finding]]:
    """Return the address of the hub that runs on the configuration's state folder, if one does."""
    import httpx

    from hub.web.client import is_alive

    about, file = "hub", config.hub.state / "api.json"
    start = 'start it with "phonehub run"'
    try:
        told = json.loads(file.read_text("utf-8"))
        url = str(told["url"])
        if not is_alive(int(told["pid"])):
            raise ProcessLookupError
        version = httpx.get(f"{url}/api/health", timeout=5, trust_env=False).raise_for_status().json()["version"]
    except FileNotFoundError:
        return None, [Finding(about, Verdict.NOTE, "it is not running", start)]
    except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError):
        return None, [Finding(about, Verdict.BAD, f"it ended without saying so, or does not answer ({file})", start)]
    return url, [good(about, f"version {version} is running at {url}")]


def _secret(folder: Path) -> Iterator[Path]:
    """Yield what only the owner may read."""
    tokens = folder / "tokens"
    named = (folder / "api.json", folder / "hub.db", tokens)
    yield from (path for path in named if path.exists())
    if tokens.is_dir():
        yield from tokens.iterdir()


def _is_open(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
