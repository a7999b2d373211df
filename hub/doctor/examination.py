"""The whole examination, of a hub that runs or one that does not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hub.config import load
from hub.doctor import parts, phones, recording, setup
from hub.doctor.finding import Finding, Verdict
from hub.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.config import Config
    from hub.plugin_host.manager import Manager


def examine(given: str | None) -> Iterator[Finding]:
    """Yield what is found, one thing after another; `given` is the configuration file, if one was named."""
    from hub.configured import manager_for, settings_problems

    try:
        config = load(given)
    except UserError as error:
        yield from (Finding.of("configuration", problem) for problem in error.problems)
        return
    manager = manager_for(config)
    try:
        manager.load()
        manager.configure(config, config.users)
        yield from setup.configuration(config, settings_problems(config, manager))
        yield from setup.state_folder(config)
        yield from setup.database(config)
        url, found = setup.running_hub(config)
        yield from found
        yield from _of_running_hub(config, url) if url else _of_files(config, manager)
    finally:
        manager.close()
    yield from recording.recording(config)
    yield from parts.browser(config)
    yield parts.clock()


def _of_running_hub(config: Config, url: str) -> Iterator[Finding]:
    """Ask the hub: signing in a second time might disturb it, and it knows what its plugins have done."""
    from hub.web import tokens
    from hub.web.client import Client

    told: list[dict[str, Any]] = []
    rules: dict[str, Any] | None = None
    for user, section in config.users.items():
        if section.phone is None:
            continue
        try:
            with Client(url, tokens.read(config.hub.state, user)) as client:
                yield from phones.told_by_hub(user, client.get("/phone"))
                told, rules = client.get("/plugins"), client.get("/rules")
        except OSError:
            remedy = "start the hub again: it was started before this user was added"
            yield Finding(f"phone of {user}", Verdict.BAD, "the hub does not know this user", remedy)
        except UserError as error:
            for problem in error.problems:
                yield Finding.of(f"phone of {user}", problem)
    if rules is not None:
        yield from parts.plugins(told)
        yield from parts.rules(config, len(rules["rules"]), rules["problems"])


def _of_files(config: Config, manager: Manager) -> Iterator[Finding]:
    """Do what the hub would do at its start."""
    kinds = manager.adapters()
    for user in config.users:
        yield from asyncio.run(phones.tried(config, user, kinds))
    untold = [plugin.told() for plugin in manager.plugins if plugin.is_loaded or not plugin.problems]
    yield from parts.plugins(untold)
    yield from _rules(config, manager)


def _rules(config: Config, manager: Manager) -> Iterator[Finding]:
    from hub.configured import library_for, loader_for, vocabulary_for

    library = library_for(config, loader_for(config, vocabulary_for(manager)))
    library.look()
    problems = [{"place": each.place, "cause": each.cause, "remedy": each.remedy} for each in library.problems]
    yield from parts.rules(config, sum(len(file.rules) for file in library.files), problems)
