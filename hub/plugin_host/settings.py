"""`[plugins.NAME]` and `[users.NAME.plugins.X]`, checked against the model that each plugin registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hub.checking import suggest
from hub.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.config import Config
    from hub.plugin_host.plugin import Plugin


def configs_of(plugin: Plugin, config: Config, users: Iterable[str]) -> tuple[dict[str, Any], list[Problem]]:
    """Return a plugin's checked table for each user and for the hub itself (empty name), and what is wrong.

    A user whose table is wrong has none. Nor has the hub itself where only users have all that is needed.
    """
    configs: dict[str, Any] = {}
    problems: dict[Problem, None] = {}
    wrong_for_all: list[Problem] = []
    names = tuple(users)
    for user in ("", *names):
        try:
            configs[user] = _checked(plugin, config, user)
        except UserError as error:
            if user:
                problems.update(dict.fromkeys(error.problems))
            else:
                wrong_for_all = list(error.problems)
    if not names:
        problems.update(dict.fromkeys(wrong_for_all))
    return configs, list(problems)


def unknown_tables(plugins: Iterable[Plugin], config: Config) -> list[Problem]:
    """Return a problem for each table of a plugin that there is not."""
    known = [plugin.name for plugin in plugins]
    named: list[tuple[str, ...]] = [("plugins", name) for name in config.tables.plugins]
    for user, section in config.users.items():
        named += [("users", user, "plugins", name) for name in section.plugins]
    return [
        Problem(config.place(*keys), f'there is no plugin "{keys[-1]}"', suggest(keys[-1], known))
        for keys in named
        if keys[-1] not in known
    ]


def _checked(plugin: Plugin, config: Config, user: str) -> Any:
    table = config.plugin(plugin.name, user)
    if plugin.config_model is None:
        if table:
            own = user and plugin.name in config.users[user].plugins
            place = config.place(*(("users", user) if own else ()), "plugins", plugin.name)
            raise UserError.of("this plugin has no settings", "take the table away", place)
        return None
    try:
        return plugin.config_model.model_validate(table)
    except ValidationError as error:
        raise UserError(*config.plugin_problems(error, plugin.config_model, plugin.name, user)) from None
