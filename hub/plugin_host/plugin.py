from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pydantic import BaseModel
    from sqlalchemy import MetaData

    from hub.contact_source import ContactSourceKind
    from hub.errors import Problem
    from hub.phone.adapter import AdapterKind
    from hub.plugin_host.hooks import Hook
    from hub.rules.parts import Action, Condition, Macro, Trigger

LONGEST_TRACEBACK = 4000
"""Characters of a traceback that are kept, the last ones."""


class PluginState(StrEnum):
    """Where a plugin stands: SUSPENDED is tried again by itself, FAILED after the next start of the hub."""

    LOADED = "loaded"
    FAILED = "failed"
    SUSPENDED = "suspended"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Failure:
    """The last thing that went wrong in a plugin: when, in short, and where in its code."""

    at: datetime
    reason: str
    traceback: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class Plugin:
    """One plugin of one hub: where it comes from, what it registered, how it fares.

    `events` counts the events it was told, `failures` the calls that raised or outlasted their deadline, `dropped` the
    events it lost to a full mailbox or a suspension, `held_up` how often it held up the event loop.
    """

    name: str
    origin: str
    version: str = ""
    state: PluginState = PluginState.LOADED
    reason: str = ""
    problems: tuple[Problem, ...] = ()
    implementation: object = None
    modules: frozenset[str] = frozenset()
    hooks_by_name: Mapping[str, Hook] = field(default_factory=dict)
    config_model: type[BaseModel] | None = None
    configs: dict[str, Any] = field(default_factory=dict)
    adapters: tuple[AdapterKind, ...] = ()
    contact_sources: tuple[ContactSourceKind, ...] = ()
    rule_parts: tuple[Trigger | Condition | Action | Macro, ...] = ()
    tables: MetaData | None = None
    migrations: Path | None = None
    events: int = 0
    failures: int = 0
    dropped: int = 0
    held_up: int = 0
    last_failure: Failure | None = None

    @property
    def hooks(self) -> tuple[str, ...]:
        """The names of the hooks it implements."""
        return tuple(self.hooks_by_name)

    @property
    def is_loaded(self) -> bool:
        """Whether it takes part, be it suspended for a while."""
        return self.state in {PluginState.LOADED, PluginState.SUSPENDED}

    def fail(self, failure: Failure, *problems: Problem) -> None:
        """Take no further part."""
        self.state, self.reason, self.last_failure = PluginState.FAILED, failure.reason, failure
        self.problems += problems

    def told(self) -> dict[str, Any]:
        """Return all there is to tell about it, as JSON takes it."""
        last = self.last_failure
        return {
            "name": self.name,
            "version": self.version,
            "origin": self.origin,
            "state": self.state.value,
            "reason": self.reason,
            "hooks": list(self.hooks),
            "settings": [] if self.config_model is None else settings_of(self.config_model),
            "events": self.events,
            "failures": self.failures,
            "dropped": self.dropped,
            "held_up": self.held_up,
            "last_error": last.reason if last else "",
            "last_error_at": last.at.isoformat() if last else None,
            "traceback": last.traceback if last else "",
        }


def settings_of(model: type[BaseModel]) -> list[dict[str, Any]]:
    """Return what stands in a plugin's table: each name, whether it must be there, its default as JSON, its meaning."""
    from pydantic_core import to_json

    return [
        {
            "name": field.alias or name,
            "required": field.is_required(),
            # what makes a default is the plugin's code: it runs when a table is read, not when it is described
            "default": ""
            if field.is_required() or field.default_factory
            else to_json(field.default, fallback=str).decode(),
            "meaning": field.description or "",
        }
        for name, field in model.model_fields.items()
    ]


def describe(error: BaseException) -> str:
    """Return an exception in a line: `ValueError: no such call`."""
    text = " ".join(str(error).split())[:500]
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def traceback_of(error: BaseException) -> str:
    """Return the end of an exception's traceback, without the frames of the host that called the plugin."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None and _is_ours(frame.tb_frame.f_code.co_filename):
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(error), error, frame))[-LONGEST_TRACEBACK:]


def _is_ours(file: str) -> bool:
    return Path(file).parent == _HERE


_HERE = Path(__file__).parent
