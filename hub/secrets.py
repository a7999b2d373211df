"""Secrets stand in files by reference, are looked up when they are needed, and are hidden wherever text goes out."""

from __future__ import annotations

import json
import logging
import os
import re
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from hub.errors import Problem, UserError

SERVICE = "phonehub"
"""The keyring's service where a reference names none."""

HIDDEN = "•••"
LARGEST_FILE = 64 * 1024
SHORTEST_HIDDEN = 4

_REFERENCE = re.compile(r"\$\{(env|file|keyring):([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Reference:
    """`${env:NAME}`, `${file:PATH}`, `${keyring:SERVICE/NAME}`; a keyring's NAME alone is of the service `phonehub`."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Return it as it stands in text."""
        return f"${{{self.kind}:{self.name}}}"


class Redactor:
    """Knows the secrets that were looked up so far, and hides them in text: `redactor(text)`. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: str) -> None:
        """Hide this from now on, also as it looks in a URL or in JSON; too short a one would hide half of all text."""
        if len(secret) < SHORTEST_HIDDEN:
            return
        forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}
        with self._lock:
            self._forms |= forms
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def __call__(self, text: str) -> str:
        """Return the text with each secret replaced by three dots."""
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)


class RedactingFilter(logging.Filter):
    """Hides secrets in log records; belongs on handlers, as a logger's filter does not see its children's records."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide them in the message, the traceback and the stack; every record goes on."""
        record.msg, record.args = self._redactor(record.getMessage()), None
        if record.exc_info:
            record.exc_text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = self._redactor(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redactor(record.stack_info)
        return True


def references(text: str) -> tuple[Reference, ...]:
    """Return the references in a text, in order."""
    return tuple(Reference(kind, name) for kind, name in _REFERENCE.findall(text))


def is_reference(text: str) -> bool:
    """Return whether a text is one reference and nothing else."""
    return _REFERENCE.fullmatch(text) is not None


def resolve(text: str, *, redactor: Redactor | None = None, folder: Path | None = None, place: str = "") -> str:
    """Return the text with its references replaced by what they stand for; `redactor` learns each.

    File paths are relative to `folder`. Raises `UserError` with everything that is missing. May block: a keyring may
    ask its owner to unlock it.
    """
    problems: list[Problem] = []

    def look_up(found: re.Match[str]) -> str:
        try:
            secret = _look_up(Reference(found[1], found[2]), folder or Path())
        except _Missing as missing:
            problems.append(Problem(place, f"{found[0]}: {missing}", missing.remedy))
            return ""
        if redactor is not None:
            redactor.learn(secret)
        return secret

    resolved = _REFERENCE.sub(look_up, text)
    if problems:
        raise UserError(*problems)
    return resolved


def resolve_all(value: Any, *, redactor: Redactor | None = None, folder: Path | None = None, place: str = "") -> Any:
    """Return tables and lists with every text in them resolved; raises `UserError` with all problems at once.

    `place` is where the value stands; the keys that lead to each problem are put behind it.
    """
    problems: list[Problem] = []

    def walk(each: Any, at: str) -> Any:
        if isinstance(each, dict):
            return {key: walk(inner, f"{at}.{key}" if at else str(key)) for key, inner in each.items()}
        if isinstance(each, list):
            return [walk(inner, f"{at}.{index}") for index, inner in enumerate(each)]
        if not isinstance(each, str):
            return each
        try:
            return resolve(each, redactor=redactor, folder=folder, place=at)
        except UserError as error:
            problems.extend(error.problems)
            return each

    resolved = walk(value, place)
    if problems:
        raise UserError(*problems)
    return resolved


def keep(name: str, secret: str) -> None:
    """Put a secret into the keyring, where `${keyring:NAME}` finds it; raises `UserError` if there is no keyring."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(*_service_and_name(name), secret)
    except KeyringError as error:
        raise UserError.of(*_without_keyring(error), place=str(Reference("keyring", name))) from None


class _Missing(Exception):  # noqa: N818  told as a problem, never as an error
    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.remedy = remedy


def _look_up(reference: Reference, folder: Path) -> str:
    if reference.kind == "env":
        return _from_environment(reference.name)
    if reference.kind == "file":
        return _from_file(folder / Path(reference.name).expanduser())
    return _from_keyring(reference.name)


def _from_environment(name: str) -> str:
    secret = os.environ.get(name)
    if not secret:
        cause = f"the environment variable {name} is {'not set' if secret is None else 'empty'}"
        raise _Missing(cause, "set it for the process that runs phonehub")
    return secret


def _from_file(path: Path) -> str:
    try:
        # a pipe must not make us wait, so it is opened without and refused below
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            _refuse_public(path, os.fstat(file.fileno()))
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _Missing(
            f"cannot be read: {error.strerror}", f"put the secret into {path}, readable by you alone"
        ) from None
    if len(content) > LARGEST_FILE:
        raise _Missing(f"is larger than {LARGEST_FILE} bytes", "is it the right file?")
    try:
        secret = content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _Missing("is not UTF-8 text", "save it as UTF-8") from None
    if not secret:
        raise _Missing("the file is empty", f"put the secret into {path}")
    return secret


def _refuse_public(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _Missing("is not a file", f"put the secret into a file {path}")
    if os.name != "posix":  # pragma: no cover  elsewhere the modes say nothing
        return
    if status.st_uid not in {0, os.geteuid()}:
        raise _Missing("the file belongs to somebody else", f"make it yours: chown {os.geteuid()} {path}")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _Missing("others can read the file", f"chmod 600 {path}")


def _from_keyring(name: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    service, user = _service_and_name(name)
    try:
        secret = keyring.get_password(service, user)
    except KeyringError as error:
        raise _Missing(*_without_keyring(error)) from None
    if not secret:
        raise _Missing(f"the keyring has no {user} for {service}", f'"phonehub config secret {name}" keeps it there')
    return secret


def _service_and_name(name: str) -> tuple[str, str]:
    service, slash, user = name.partition("/")
    return (service, user) if slash else (SERVICE, service)


def _without_keyring(error: Exception) -> tuple[str, str]:
    from keyring.errors import NoKeyringError

    remedy = "write ${file:PATH} or ${env:NAME} instead"
    if isinstance(error, NoKeyringError):
        return "this computer has no keyring", f"install one, such as gnome-keyring, or {remedy}"
    said = " ".join(str(error).split()) or type(error).__name__
    return f"the keyring does not open: {said}", f"unlock it, or {remedy}"
