"""Secrets stand in files by reference, are looked up when they are needed, and are hidden wherever text goes out."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from hub import secret_store
from hub.errors import Problem, UserError
from hub.private_file import read_private

HIDDEN = "•••"
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
        self._secrets: dict[str, frozenset[str]] = {}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: str) -> None:
        """Hide this from now on, also as it looks in a URL or in JSON; too short a one would hide half of all text."""
        if len(secret) < SHORTEST_HIDDEN:
            return
        forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}
        with self._lock:
            self._secrets[secret] = frozenset(forms)
            self._compile()

    def unlearn(self, secret: str) -> None:
        """Hide this no more: it is worth nothing, and there may be many of its kind."""
        with self._lock:
            if self._secrets.pop(secret, None) is not None:
                self._compile()

    def __call__(self, text: str) -> str:
        """Return the text with each secret replaced by three dots."""
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)

    def _compile(self) -> None:
        longest_first = sorted(frozenset().union(*self._secrets.values()), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


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
        except UserError as error:
            problems.extend(Problem(place, f"{found[0]}: {each.cause}", each.remedy) for each in error.problems)
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


def _look_up(reference: Reference, folder: Path) -> str:
    if reference.kind == "env":
        return _from_environment(reference.name)
    if reference.kind == "file":
        return read_private(folder / Path(reference.name).expanduser())
    return _from_keyring(reference.name)


def _from_environment(name: str) -> str:
    secret = os.environ.get(name)
    if not secret:
        cause = f"the environment variable {name} is {'not set' if secret is None else 'empty'}"
        raise UserError.of(cause, "set it for the process that runs phonehub")
    return secret


def _from_keyring(name: str) -> str:
    secret = secret_store.get(name)
    if not secret:
        service, user = secret_store.service_and_user(name)
        place = secret_store.store().place
        raise UserError.of(f"{place} has no {user} for {service}", f'"phonehub config secret {name}" keeps it there')
    return secret
