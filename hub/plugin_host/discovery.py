"""Where plugins come from: given objects, installed packages by entry point, single files in a folder."""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from hub.errors import UserError
from hub.plugin_host import drop_in
from hub.plugin_host.hooks import has_hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

GROUP = "hub"


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin that could be loaded: `load` gives its class, module or object, and may do anything at all."""

    name: str
    origin: str
    version: str
    load: Callable[[], object]


def given(plugins: Iterable[object]) -> Iterator[Found]:
    """Yield plugins that are at hand."""
    for plugin in plugins:
        yield Found(name_of(plugin), "given", "", partial(_itself, plugin))


def built_in(plugins: Mapping[str, object]) -> Iterator[Found]:
    """Yield the hub's own plugins."""
    for name, plugin in plugins.items():
        yield Found(name, "built in", "", partial(_itself, plugin))


def installed(group: str = GROUP) -> Iterator[Found]:
    """Yield what installed packages offer, by name; a package that is found twice counts once."""
    offered = {(point.name, point.value): point for point in reversed(list(entry_points(group=group)))}
    for _, point in sorted(offered.items()):
        package = f"{point.dist.name}, " if point.dist else ""
        version = point.dist.version if point.dist else ""
        yield Found(point.name, f"{package}{point.value}", version, point.load)


def dropped_in(folder: Path) -> Iterator[Found]:
    """Yield the single-file plugins of a folder."""
    for path in drop_in.files(folder):
        yield Found(path.stem, str(path), "", partial(drop_in.execute, path))


def instance_of(loaded: object) -> object:
    """Return the plugin in what was loaded: an object or module as it is, a class (the only one of a module) made."""
    if isinstance(loaded, types.ModuleType) and not has_hooks(loaded):
        classes = [
            value
            for value in vars(loaded).values()
            if inspect.isclass(value) and value.__module__ == loaded.__name__ and has_hooks(value)
        ]
        if len(classes) != 1:
            names = ", ".join(each.__name__ for each in classes)
            cause = f"it holds several plugins: {names}" if classes else "it implements no hook"
            raise UserError.of(cause, "keep one" if classes else "put @hookimpl above its hooks")
        loaded = classes[0]
    return loaded() if inspect.isclass(loaded) else loaded


def name_of(plugin: object) -> str:
    """Return what a plugin is called where nobody says: its own `name`, else its class or module in small letters."""
    named = getattr(plugin, "name", None)
    if isinstance(named, str) and named:
        return named
    if isinstance(plugin, types.ModuleType):
        return plugin.__name__.rpartition(".")[2]
    return (plugin if inspect.isclass(plugin) else type(plugin)).__name__.lower()


def modules_of(implementation: object) -> frozenset[str]:
    """Return the names under which a plugin's modules are found: its own and its package's."""
    home = home_of(implementation)
    if home is None:
        return frozenset()
    package = home.__name__.partition(".")[0]
    return frozenset({home.__name__} if package == "hub" else {home.__name__, package})


def home_of(implementation: object) -> types.ModuleType | None:
    """Return the module that a plugin is or was defined in."""
    return implementation if isinstance(implementation, types.ModuleType) else inspect.getmodule(type(implementation))


def _itself(plugin: object) -> object:
    return plugin
