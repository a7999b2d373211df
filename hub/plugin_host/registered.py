"""What a plugin registers: asked once, checked, and kept with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from sqlalchemy import MetaData

from hub.contact_source import ContactSourceKind
from hub.errors import Problem, UserError
from hub.phone.adapter import AdapterKind
from hub.plugin_host.discovery import home_of
from hub.rules.parts import Action, Condition, Macro, Trigger
from hub.store.database import check_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.plugin_host.plugin import Plugin


def register(plugin: Plugin, step: Callable[[str], None]) -> None:
    """Ask for all that is registered when a plugin is loaded; `step` is told which hook is asked.

    Raises `UserError` where an answer is of the wrong kind, and whatever the plugin raises.
    """

    def ask(name: str) -> Any:
        hook = plugin.hooks_by_name.get(name)
        if hook is None:
            return None
        step(name)
        return hook.call()

    model, tables = ask("register_config"), ask("register_tables")
    if model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise _wrong(plugin, "register_config", model, "a pydantic model class")
    if tables is not None:
        if not isinstance(tables, MetaData):
            raise _wrong(plugin, "register_tables", tables, "a sqlalchemy.MetaData")
        check_tables(plugin.name, tables)
    plugin.config_model, plugin.tables, plugin.migrations = model, tables, _migrations(plugin)
    plugin.adapters = _several(plugin, "register_adapters", ask("register_adapters"), (AdapterKind,))
    sources = ask("register_contact_sources")
    plugin.contact_sources = _several(plugin, "register_contact_sources", sources, (ContactSourceKind,))
    parts = ask("register_rule_parts")
    plugin.rule_parts = _several(plugin, "register_rule_parts", parts, (Trigger, Condition, Action, Macro))


def check_router(plugin: Plugin, router: object) -> None:
    """Raise `UserError` if that is no router."""
    from fastapi import APIRouter

    if not isinstance(router, APIRouter):
        raise _wrong(plugin, "register_routes", router, "a fastapi.APIRouter")


def words(plugin: Plugin) -> set[str]:
    """Return what no other plugin may register, each as a person would name it."""
    return {
        *(f'phone adapter "{kind.name}"' for kind in plugin.adapters),
        *(f'kind of contact source "{kind.name}"' for kind in plugin.contact_sources),
        *(f'{type(part).__name__.lower()} "{part.name}"' for part in plugin.rule_parts),
    }


def _several(plugin: Plugin, hook: str, answer: Any, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    expected = f"several of {', '.join(kind.__name__ for kind in kinds)}"
    if answer is None:
        return ()
    if not isinstance(answer, Iterable):
        raise _wrong(plugin, hook, answer, expected)
    answers = tuple(answer)
    for each in answers:
        if not isinstance(each, kinds):
            raise _wrong(plugin, hook, each, expected)
    return answers


def _wrong(plugin: Plugin, hook: str, answer: object, expected: str) -> UserError:
    kind = answer.__name__ if isinstance(answer, type) else type(answer).__name__
    return UserError(Problem(f"{plugin.name}: {hook}", f"it returned {kind}", f"return {expected}"))


def _migrations(plugin: Plugin) -> Path | None:
    """A package has its Alembic revisions beside it; a single file has none."""
    file = getattr(home_of(plugin.implementation), "__file__", None)
    folder = Path(file).parent / "migrations" if file else None
    return folder if folder is not None and folder.is_dir() else None
