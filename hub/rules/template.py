"""Templates in rules: text with `%NAME%` macros, or Jinja2. Compiled and tried on loading, then only filled in.

These are types for the models of actions: a field of type `TextTemplate` checks its text while the file is checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from pydantic_core import PydanticCustomError, PydanticKnownError, core_schema

from hub.rules.builtin.macros import MACROS
from hub.rules.jinja import TemplateFault, compiled, is_jinja, macro_pattern, outputs
from hub.rules.sample import FACTS
from hub.secrets import references

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo

    from hub.rules.parts import Facts, Macro

LONGEST_VALUE = 1024
"""How many characters of a macro's value go into a text; the caller chose it, and no name is that long."""

LONGEST_TEMPLATE = 16 * 1024

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What templates are compiled with: goes as `context={"rules": ...}` into the check of a rule file."""

    macros: Mapping[str, Macro] = field(default_factory=lambda: {macro.name: macro for macro in MACROS})
    variables: Mapping[str, str] = field(default_factory=dict)
    schemes: frozenset[str] = frozenset({"http", "https"})
    sample: Facts = FACTS
    locked: bool = False
    server: bool = False

    @classmethod
    def of(cls, info: ValidationInfo) -> Surroundings:
        """Return those of a check, or the built-in ones."""
        given = (info.context or {}).get("rules")
        return given if isinstance(given, Surroundings) else cls()


def as_text(value: Any) -> str:
    """Return a macro's value as it goes into text: bounded, and without what is no character (a lone surrogate)."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    if len(text) > LONGEST_VALUE:
        text = text[:LONGEST_VALUE]
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


class Template:
    """A text that is filled in for the facts of an event; raises while it is checked if it could not be."""

    __slots__ = ("expand", "has_macros", "source")

    def __init__(self, source: str, surroundings: Surroundings) -> None:
        """Compile; raises `TemplateFault`."""
        if len(source) > LONGEST_TEMPLATE:
            raise TemplateFault(f"a template has at most {LONGEST_TEMPLATE} characters")
        self.source = source
        self.expand: Callable[[Facts], str] = self._compile(source, surroundings)
        self.has_macros = has_macros(source, surroundings)

    @staticmethod
    def encode(value: Any) -> str:
        """Return a macro's value as it goes into the text; raises `ActionRefused` for one that must not."""
        return as_text(value)

    def _compile(self, source: str, surroundings: Surroundings) -> Callable[[Facts], str]:
        return compile_template(source, surroundings, self.encode)

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.source == self.source

    def __hash__(self) -> int:
        return hash((type(self), self.source))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(cls.check)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string"}

    @classmethod
    def check(cls, value: Any, info: ValidationInfo) -> Self:
        """Compile a text while a model is checked; raises pydantic's errors."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise PydanticKnownError("string_type")
        try:
            return cls(value, Surroundings.of(info))
        except TemplateFault as fault:
            context = {"cause": str(fault), "offset": fault.offset, "remedy": fault.remedy}
            raise PydanticCustomError("template", "{cause}", context) from None


class TextTemplate(Template):
    """A template of plain text, such as an argument or a note; secrets are refused in it."""

    __slots__ = ()

    def __init__(self, source: str, surroundings: Surroundings) -> None:
        refuse_secrets(source)
        refuse_variables(source, surroundings)
        super().__init__(source, surroundings)


class SecretTemplate(Template):
    """A template that may hold references to secrets: `Bearer ${keyring:crm}`.

    `expand` leaves the references as they are, for the history. `revealed` looks them up, those of the rule's author
    only: what a caller sends as a name is never one.
    """

    __slots__ = ("_parts",)

    def __init__(self, source: str, surroundings: Surroundings) -> None:
        refuse_variables(source, surroundings)
        if references(source) and is_jinja(source):
            raise TemplateFault("a secret cannot stand in a Jinja2 template", remedy="use %NAME% macros beside it")
        super().__init__(source, surroundings)
        self._parts: list[str | Callable[[Facts], str]] = []
        rest = source
        for reference in map(str, references(source)):
            before, _, rest = rest.partition(reference)
            self._parts += [compile_template(before, surroundings, self.encode), reference]
        self._parts.append(compile_template(rest, surroundings, self.encode))

    def revealed(self, facts: Facts, secret: Callable[[str], str]) -> str:
        """Return the text with its secrets; `secret` looks a reference up and may block."""
        return "".join(secret(part) if isinstance(part, str) else part(facts) for part in self._parts)


def compile_template(source: str, surroundings: Surroundings, encode: Callable[[Any], str]) -> Callable[[Facts], str]:
    """Return what fills a template in; every value passes through `encode`. Raises `TemplateFault`."""
    if is_jinja(source):
        return compiled(source, surroundings.macros, surroundings.sample, encode)
    pieces = macro_pattern(surroundings.macros).split(source)  # text, name, text, name, ..., text
    expanders = [surroundings.macros[name].expand for name in pieces[1::2]]
    if not expanders:
        return lambda _facts: source
    if pieces == ["", pieces[1], ""]:
        only = expanders[0]
        return lambda facts: encode(only(facts))
    shape = "%s".join(text.replace("%", "%%") for text in pieces[0::2])
    return lambda facts: shape % tuple([encode(expand(facts)) for expand in expanders])


def has_macros(source: str, surroundings: Surroundings) -> bool:
    """Return whether filling in can change a template's text."""
    if macro_pattern(surroundings.macros).search(source):
        return True
    return is_jinja(source) and outputs(source)


def refuse_secrets(source: str) -> None:
    """Raise `TemplateFault` if a text refers to a secret: it would be seen, in a process list or a log."""
    for reference in map(str, references(source)):
        raise TemplateFault(
            f"a secret must not stand here: {reference}",
            source.index(reference),
            "give it to a command by `env:` or `stdin:`",
        )


def refuse_variables(source: str, surroundings: Surroundings) -> None:
    """Raise `TemplateFault` if a text has a variable of the config: those are the beginnings of URLs."""
    for name in surroundings.variables:
        if (offset := source.find(f"${{{name}}}")) >= 0:
            raise TemplateFault(f"${{{name}}} can only be the beginning of a URL", offset)
