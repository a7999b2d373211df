"""`phonehub.toml`: `load` gives a checked `Config`, or a `UserError` with all that is wrong with the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hub import checking, config_file
from hub.config.in_clear import in_clear
from hub.config.sections import Tables
from hub.core.dial_plan import DialPlan
from hub.errors import UserError
from hub.secrets import resolve

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from pydantic import BaseModel

    from hub.config.sections import JournalSection, PresenceSection, RecordingSection
    from hub.config_file import ConfigFile
    from hub.errors import Problem
    from hub.secrets import Redactor

__all__ = ["Config", "check", "load"]


class Config:
    """A checked configuration: its tables, and the file it came from for telling places."""

    def __init__(self, file: ConfigFile, tables: Tables) -> None:
        self.file = file
        self.hub = tables.hub
        self.web = tables.web
        self.users = tables.users
        self.tables = tables

    @property
    def path(self) -> Path:
        """The file."""
        return self.file.path

    def dial_plan(self, user: str = "", redactor: Redactor | None = None) -> DialPlan:
        """Return the dial plan of a user, or of everyone; looks its secret up, which may block or raise `UserError`."""
        fields = self.tables.dial_plan.model_dump()
        section = self.users[user].dial_plan if user else None
        if section is not None:
            fields |= section.model_dump(include=section.model_fields_set)
        own = section is not None and "access_code" in section.model_fields_set
        place = self.place(*(("users", user) if own else ()), "dial_plan", "access_code")
        code = resolve(fields["access_code"], redactor=redactor, folder=self.path.parent, place=place)
        return DialPlan(**{**fields, "access_code": code})

    def recording(self, user: str) -> RecordingSection:
        """Return how a user's calls are recorded, the user's own settings over everyone's."""
        common, own = self.tables.recording, self.users[user].recording
        chosen = {} if own is None else {name: getattr(own, name) for name in own.model_fields_set}
        return common.model_copy(update=chosen)

    def presence(self, user: str) -> PresenceSection:
        """Return what goes for a user's presence, the user's own settings over everyone's."""
        return self.users[user].presence or self.tables.presence

    def journals(self, user: str) -> dict[str, JournalSection]:
        """Return where a user's calls are posted, by name, the user's own settings over everyone's."""
        common, own = self.tables.journals, self.users[user].journals
        chosen = {
            name: {key: getattr(section, key) for key in section.model_fields_set} for name, section in own.items()
        }
        return {
            name: common[name].model_copy(update=chosen.get(name)) if name in common else own[name]
            for name in (*common, *(name for name in own if name not in common))
        }

    def plugin(self, name: str, user: str = "") -> dict[str, Any]:
        """Return a plugin's table as written, the user's own settings over everyone's, and so the tables in it."""
        common = self.tables.plugins.get(name, {})
        own = self.users[user].plugins.get(name, {}) if user else {}
        within = {key: common[key] | own[key] for key in own if _are_tables(common.get(key), own[key])}
        return common | own | within

    def place(self, *keys: object) -> str:
        """Return where a setting stands: `phonehub.toml:12: users.alice.phone.server`."""
        return self.file.place(*keys)

    def problems(self, error: ValidationError, model: type[BaseModel], *table: str) -> list[Problem]:
        """Return what a later check of a table (a phone's) found, each at its place in the file."""
        return checking.problems(error, model, lambda at: self.place(*table, *at))

    def plugin_problems(
        self, error: ValidationError, model: type[BaseModel], name: str, user: str = ""
    ) -> list[Problem]:
        """Return what a plugin's model found in `plugin(name, user)`, where the user or else everyone has set it."""

        def place(at: tuple[int | str, ...]) -> str:
            own = ("users", user, "plugins", name)
            return self.place(*(own if self.file.has(*own, *at) else ("plugins", name)), *at)

        return checking.problems(error, model, place)


def _are_tables(*values: Any) -> bool:
    return all(isinstance(value, dict) for value in values)


def load(path: str | os.PathLike[str] | None = None) -> Config:
    """Read the file given, or the one that `config_file.find` finds; raises `UserError` with all that is wrong."""
    return check(config_file.read(config_file.find(path)))


def check(file: ConfigFile) -> Config:
    """Make the models of a file that has been read; raises `UserError` with all that is wrong."""
    problems = in_clear(file)
    try:
        tables = Tables.model_validate({"hub": {}, **file.tables}, context={"folder": file.path.parent})
    except ValidationError as error:
        problems += checking.problems(error, Tables, lambda at: file.place(*at))
    else:
        if not problems:
            return Config(file, tables)
    raise UserError(*sorted(problems, key=_line_number))


def _line_number(problem: Problem) -> int:
    found = re.search(r":(\d+):", problem.place)
    return int(found[1]) if found else 0
