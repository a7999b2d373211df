"""The rules of a configuration without a hub: its words, its plugins' words, and its folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub import config_file
from hub.config import Config, load
from hub.configured import library_for, loader_for, manager_for, vocabulary_for
from hub.core.dial_plan import DialPlan
from hub.errors import Problem, UserError
from hub.rules.folders import Library, is_rule_file, shown_path
from hub.rules.load import FileName, Loader, load_all
from hub.rules.ownership import objection
from hub.rules.ruleset import RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hub.cli import Settings
    from hub.plugin_host.manager import Manager
    from hub.rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class AtHand:
    """What rules are checked with; `config` is None where there is no configuration yet."""

    config: Config | None
    manager: Manager
    vocabulary: Vocabulary
    loader: Loader

    def library(self) -> Library:
        """Return the configuration's rules, looked at once."""
        if self.config is None:
            raise UserError.of("there is no configuration", "name the rule files, or a configuration with --config")
        library = library_for(self.config, self.loader)
        library.look()
        return library

    def rules(self, paths: Iterable[Path]) -> RuleSet:
        """Return the rules of files and folders, else the configuration's; raises `UserError` with all faults."""
        named = list(paths)
        if named:
            contents, wrong = _read(named)
            try:
                rules = load_all(self.loader, contents)
            except UserError as error:
                wrong += error.problems
            if wrong:
                raise UserError(*wrong)
            return RuleSet(rules)
        library = self.library()
        if library.problems:
            raise UserError(*library.problems)
        return library.rules

    def user(self, named: str | None) -> str:
        """Return the user who is meant."""
        from hub.checking import suggest

        users = sorted(self.config.users) if self.config else []
        if named is not None and users and named not in users:
            raise UserError.of(f'there is no user "{named}"', suggest(named, users))
        return named or (users[0] if users else "alice")

    def plan(self, user: str) -> DialPlan:
        """Return a user's dial plan."""
        if self.config is None or user not in self.config.users:
            return DialPlan()
        return self.config.dial_plan(user)


def at_hand(settings: Settings) -> AtHand:
    """Read the configuration, if there is one, and load the plugins; raises `UserError`."""
    path = config_file.find(settings.config)
    config = load(settings.config) if settings.config or path.is_file() else None
    manager = manager_for(config)
    manager.load()
    vocabulary = vocabulary_for(manager, _not_kept)
    loader = loader_for(config, vocabulary)
    return AtHand(config, manager, vocabulary, loader)


async def _not_kept(_user: str, _call: str, _text: str) -> None:
    """There is no call in the history to keep a note with: the one that rules are tried on is made up."""


def _read(paths: list[Path]) -> tuple[dict[FileName, bytes], list[Problem]]:
    """Return the contents of files, and of the rule files in folders, and what is wrong with the others."""
    contents: dict[FileName, bytes] = {}
    wrong: list[Problem] = []
    for path in paths:
        files = sorted(each for each in path.iterdir() if is_rule_file(each.name)) if path.is_dir() else [path]
        for file in files:
            shown = shown_path(file)
            try:
                contents[FileName(shown, file.name)] = file.read_bytes()
                objected = objection(file.stat(), shown)
            except OSError as error:
                wrong.append(Problem(shown, f"it cannot be read: {error.strerror}"))
                continue
            if objected:
                wrong.append(Problem(shown, f"the rule is not taken: {objected[0]}", objected[1]))
    return contents, wrong
