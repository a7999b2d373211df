"""All the words that rule files may use: the hub's own, and those that plugins registered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from hub.checking import suggest
from hub.rules.builtin.actions import actions
from hub.rules.builtin.conditions import CONDITIONS
from hub.rules.builtin.macros import MACROS
from hub.rules.builtin.recording import TRIGGERS as RECORDING
from hub.rules.builtin.recording import record_action
from hub.rules.builtin.triggers import TRIGGERS
from hub.rules.parts import Action, Condition, Macro, Trigger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from hub.core.recording import Cue

Part: TypeAlias = "Trigger | Condition | Action | Macro"

_KINDS: dict[type[Part], str] = {Trigger: "trigger", Condition: "condition", Action: "action", Macro: "macro"}

_ELSEWHERE = {
    "screenpop": ("open_url", "open_contact", "run"),
    "availability": ("availability",),
    "idle": ("idle", "lock", "unlock"),
    "calendar": ("appointment_start", "appointment_end", "show_as"),
    "transfer": ("transfer", "park"),
    "webhook": ("webhook",),
    "notify": ("notify",),
}
_PLUGIN_OF = {word: plugin for plugin, words in _ELSEWHERE.items() for word in words}


async def _no_notes(_user: str, _call: str, _text: str) -> None:
    raise RuntimeError("there is no history here to keep a note in")


async def _no_recorder(_user: str, _call: str, _cue: Cue) -> None:
    raise RuntimeError("there is no recorder here")


class Vocabulary:
    """The words by kind and name, the hub's own and what plugins add."""

    def __init__(
        self,
        note: Callable[[str, str, str], Awaitable[None]] = _no_notes,
        record: Callable[[str, str, Cue], Awaitable[object]] = _no_recorder,
    ) -> None:
        """Begin with the hub's own words.

        `note(user, call id, text)` keeps a note, `record(user, call id, cue)` starts or pauses recording, and so on.
        """
        self._parts: dict[tuple[type[Part], str], tuple[str, Part]] = {}
        self.add("", *TRIGGERS, *RECORDING, *CONDITIONS, *actions(note), record_action(record), *MACROS)

    @property
    def triggers(self) -> dict[str, Trigger]:
        """The words for `on:`."""
        return {part.name: part for _, part in self._parts.values() if isinstance(part, Trigger)}

    @property
    def conditions(self) -> dict[str, Condition]:
        """The words for `when:`."""
        return {part.name: part for _, part in self._parts.values() if isinstance(part, Condition)}

    @property
    def actions(self) -> dict[str, Action]:
        """The words for `do:`."""
        return {part.name: part for _, part in self._parts.values() if isinstance(part, Action)}

    @property
    def macros(self) -> dict[str, Macro]:
        """The macros, by name without percent signs."""
        return {part.name: part for _, part in self._parts.values() if isinstance(part, Macro)}

    def add(self, plugin: str, *parts: Part) -> None:
        """Add what a plugin registers, all or nothing; raises `ValueError` for what is no part or has a taken name."""
        new: dict[tuple[type[Part], str], tuple[str, Part]] = {}
        for part in parts:
            kind = _KINDS.get(type(part))
            if kind is None:
                raise ValueError(f"{part!r} is no part of rules: a Trigger, Condition, Action or Macro is")
            key = (type(part), part.name)
            if taken := self._parts.get(key) or new.get(key):
                raise ValueError(f"the {kind} {part.name} belongs to {taken[0] or 'the hub'} already")
            if isinstance(part, Condition) and part.name in ("all", "any", "not"):
                raise ValueError(f"a condition cannot be called {part.name}")
            if isinstance(part, Macro) and not re.fullmatch("[A-Z][A-Z0-9_]*", part.name):
                raise ValueError(f"a macro's name is capital letters, digits and _, not {part.name}")
            new[key] = (plugin, part)
        self._parts |= new

    def remove(self, plugin: str) -> None:
        """Take all words of a plugin away."""
        self._parts = {key: entry for key, entry in self._parts.items() if entry[0] != plugin}

    def plugin_of(self, part: Part) -> str:
        """Return the plugin that registered a part; empty for the hub's own."""
        return self._parts.get((type(part), part.name), ("", part))[0]


def absent(kind: str, word: str, known: Iterable[str]) -> tuple[str, str]:
    """Return cause and remedy for a word that nobody registered; names the plugin where it is known."""
    if plugin := _PLUGIN_OF.get(word):
        return f'the {kind} "{word}" belongs to the plugin {plugin}, which is not loaded', f"install or enable {plugin}"
    return f'there is no {kind} "{word}"', suggest(word, sorted(known))
