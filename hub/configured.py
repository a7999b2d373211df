"""What a configuration asks for, made in one place for the hub, the doctor and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.journal.journal import journal_problems
from hub.plugin_host.manager import Manager
from hub.plugin_host.settings import unknown_tables
from hub.rules.folders import Folder, Library
from hub.rules.load import Loader
from hub.rules.vocabulary import Vocabulary
from hub.sim.plugin import SimPhone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from hub.clock import Clock
    from hub.config import Config
    from hub.core.recording import Cue
    from hub.errors import Problem

BUILT_IN = {"sim": SimPhone}
"""The hub's own plugins."""


def manager_for(
    config: Config | None,
    *,
    given: Iterable[object] = (),
    clock: Clock | None = None,
    redact: Callable[[str], str] = str,
) -> Manager:
    """Return the manager of a configuration's plugins, which are still to be loaded; without one, of the installed."""
    hub = config.hub if config else None
    return Manager(
        given=given,
        built_in=BUILT_IN,
        folder=hub.plugins if hub else None,
        disabled=hub.disabled_plugins if hub else (),
        clock=clock,
        redact=redact,
    )


def settings_problems(config: Config, manager: Manager) -> list[Problem]:
    """Return what is wrong in the tables of plugins, which are loaded and configured, and in those of journals."""
    problems = unknown_tables(manager.plugins, config)
    problems += [problem for plugin in manager.plugins for problem in plugin.problems]
    problems += [problem for user in config.users for problem in journal_problems(config, user)]
    return list(dict.fromkeys(problems))


def vocabulary_for(
    manager: Manager,
    note: Callable[[str, str, str], Awaitable[None]] | None = None,
    record: Callable[[str, str, Cue], Awaitable[object]] | None = None,
) -> Vocabulary:
    """Return the words for rules, the hub's own and those of loaded plugins; for `note` and `record` see there."""
    vocabulary = Vocabulary(note, record) if note and record else Vocabulary()
    for plugin, part in manager.rule_parts():
        vocabulary.add(plugin.name, part)
    return vocabulary


def loader_for(config: Config | None, vocabulary: Vocabulary) -> Loader:
    """Return what checks and compiles rule files with these words."""
    if config is None:
        return Loader(vocabulary)
    hub = config.hub
    return Loader(vocabulary, variables=hub.vars, schemes=frozenset(hub.url_schemes), server=hub.server)


def library_for(config: Config, loader: Loader) -> Library:
    """Return the configuration's rule files, which are still to be looked at."""
    folders = [
        *(Folder(path, "admin") for path in config.hub.admin_rules),
        *(Folder(path, "user") for path in config.hub.rules),
    ]
    return Library(loader, folders)
