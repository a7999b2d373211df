from __future__ import annotations

import logging
import re
import types
from functools import partial
from typing import TYPE_CHECKING, Any

from hub.clock import SystemClock
from hub.errors import Problem, UserError
from hub.plugin_host import discovery, drop_in
from hub.plugin_host.context import Context
from hub.plugin_host.guarded import guarded
from hub.plugin_host.hooks import hooks_of
from hub.plugin_host.plugin import Failure, Plugin, PluginState, describe, traceback_of
from hub.plugin_host.registered import check_router, register, words
from hub.plugin_host.settings import configs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from fastapi import APIRouter

    from hub.clock import Clock
    from hub.config import Config
    from hub.contact_source import ContactSourceKind
    from hub.phone.adapter import AdapterKind
    from hub.plugin_host.context import Services
    from hub.plugin_host.discovery import Found

log = logging.getLogger(__name__)

_NAME = re.compile("[a-z][a-z0-9_]{0,39}")
_NAMES = "use small letters, digits and _ (40 at most), beginning with a letter"


class Manager:
    """The plugins of one hub: found, loaded one by one, each guarded, and kept apart from those of other hubs.

    `given` are plugins at hand (objects, classes or modules), `built_in` the hub's own by name, `folder` holds
    single-file plugins, and with `installed` those of installed packages are taken too. `disabled` names those that are
    left alone. Loading one may take `within` seconds. Where two have the same name, the first in this order is it.
    """

    def __init__(
        self,
        *,
        given: Iterable[object] = (),
        built_in: Mapping[str, object] | None = None,
        installed: bool = True,
        folder: Path | None = None,
        disabled: Iterable[str] = (),
        within: float = 10.0,
        clock: Clock | None = None,
        redact: Callable[[str], str] = str,
    ) -> None:
        self.plugins: list[Plugin] = []
        self._given = tuple(given)
        self._built_in = dict(built_in or {})
        self._installed = installed
        self._folder = folder
        self._disabled = frozenset(disabled)
        self._within = within
        self._clock = clock or SystemClock()
        self._redact = redact
        self._drop_ins: list[types.ModuleType] = []

    @property
    def loaded(self) -> tuple[Plugin, ...]:
        """Those that take part."""
        return tuple(plugin for plugin in self.plugins if plugin.is_loaded)

    def load(self) -> None:
        """Find and load all plugins; what goes wrong with one is kept with it. Blocks: not for the loop."""
        for found in self._found():
            plugin = Plugin(name=found.name, origin=found.origin, version=found.version)
            twin = next((each for each in self.plugins if each.name == found.name), None)
            self.plugins.append(plugin)
            if found.name in self._disabled:
                plugin.state, plugin.reason = PluginState.DISABLED, "disabled in the configuration"
            elif twin is not None:
                self._fail(plugin, UserError.of(f"another plugin has this name: {twin.origin}", "remove one of them"))
            elif not _NAME.fullmatch(found.name):
                self._fail(plugin, UserError.of(f"{found.name!r} is no name for a plugin", _NAMES))
            else:
                self._load(plugin, found)

    def adapters(self) -> dict[str, AdapterKind]:
        """Return the kinds of phone system by name."""
        return {kind.name: kind for plugin in self.loaded for kind in plugin.adapters}

    def contact_sources(self) -> dict[str, ContactSourceKind]:
        """Return the kinds of contact sources by name."""
        return {kind.name: kind for plugin in self.loaded for kind in plugin.contact_sources}

    def rule_parts(self) -> tuple[tuple[Plugin, Any], ...]:
        """Return what plugins add to the words of rule files."""
        return tuple((plugin, part) for plugin in self.loaded for part in plugin.rule_parts)

    def contexts(self, services: Services) -> dict[str, dict[str, Context]]:
        """Make the contexts of every loaded plugin: plugin, user (empty: the hub itself), context."""
        return {
            plugin.name: {user: Context(plugin.name, user, config, services) for user, config in plugin.configs.items()}
            for plugin in self.loaded
        }

    def configure(self, config: Config, users: Iterable[str]) -> None:
        """Check every plugin's settings for each user; a plugin whose settings are wrong for all of them fails."""
        names = tuple(users)
        for plugin in self.loaded:
            try:
                plugin.configs, problems = configs_of(plugin, config, names)
            except Exception as error:  # noqa: BLE001  a plugin's own model may raise anything
                self._fail(plugin, error, "register_config")
                continue
            if problems and not any(user in plugin.configs for user in names):
                self._fail(plugin, UserError(*problems))
            elif problems:
                plugin.problems += tuple(problems)
                log.error("plugin %s is off for some users: %s", plugin.name, "; ".join(map(str, problems)))

    def routers(self, contexts: Mapping[str, Mapping[str, Context]]) -> list[tuple[str, APIRouter]]:
        """Return the routes that plugins add, by the plugin's name. Blocks: not for the loop."""
        routers = []
        for plugin in self.loaded:
            hook = plugin.hooks_by_name.get("register_routes")
            context = contexts[plugin.name].get("")
            if hook is None or context is None:
                continue
            try:
                router = guarded(partial(hook.call, context), "register_routes", self._within)
                check_router(plugin, router)
            except Exception as error:  # noqa: BLE001  whatever a plugin raises, the others go on
                self._fail(plugin, error, "register_routes")
            else:
                routers.append((plugin.name, router))
        return routers

    def close(self) -> None:
        """Let go of what single-file plugins left in the interpreter."""
        while self._drop_ins:
            drop_in.forget(self._drop_ins.pop())

    def _found(self) -> Iterator[Found]:
        yield from discovery.given(self._given)
        yield from discovery.built_in(self._built_in)
        if self._installed:
            yield from discovery.installed()
        if self._folder is not None:
            yield from discovery.dropped_in(self._folder)

    def _load(self, plugin: Plugin, found: Found) -> None:
        steps = ["import"]
        try:
            guarded(lambda: self._take(plugin, found, steps.append), "it", self._within)
        except Exception as error:  # noqa: BLE001  whatever a plugin raises, the others go on
            self._fail(plugin, error, steps[-1])
            return
        others = {word: other for other in self.loaded if other is not plugin for word in words(other)}
        problems = [
            Problem(plugin.name, f"{word} is registered by {others[word].name} already", "name it otherwise")
            for word in sorted(words(plugin) & others.keys())
        ]
        if problems:
            self._fail(plugin, UserError(*problems))

    def _take(self, plugin: Plugin, found: Found, step: Callable[[str], None]) -> None:
        loaded = found.load()
        if isinstance(loaded, types.ModuleType) and drop_in.is_one(loaded):
            self._drop_ins.append(loaded)
        step("making it")
        plugin.implementation = discovery.instance_of(loaded)
        plugin.version = plugin.version or str(getattr(discovery.home_of(plugin.implementation), "__version__", ""))
        plugin.modules = discovery.modules_of(plugin.implementation)
        plugin.hooks_by_name = hooks_of(plugin.implementation, plugin.name)
        register(plugin, step)

    def _fail(self, plugin: Plugin, error: Exception, step: str = "") -> None:
        mendable = isinstance(error, UserError)
        problems = error.problems if isinstance(error, UserError) else ()
        told = "; ".join(map(str, problems)) if mendable else f"{step}: {describe(error.__cause__ or error)}"
        reason = self._redact(told)
        trace = "" if mendable else self._redact(traceback_of(error.__cause__ or error))
        plugin.fail(Failure(self._clock.now(), reason, trace), *problems)
        log.error("plugin %s failed: %s", plugin.name, reason)
