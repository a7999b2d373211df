"""Jinja2 for templates: sandboxed, strict, checked against the sample when it is compiled."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, TemplateError, TemplateRuntimeError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing

from hub.checking import suggest
from hub.rules.views import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hub.rules.parts import Facts, Macro

BEGINNINGS = ("{{", "{%", "{#")
"""What tells that a text is a Jinja2 template."""
LARGEST = 1_000_000
"""The largest number, and the longest text in characters, that a template may make."""
_REFUSED = {nodes.Macro: "a macro of its own", nodes.Block: "a block", nodes.CallBlock: "a call block"}
LONGEST_LOOP = 1000
"""The most turns of a loop."""


class TemplateFault(ValueError):  # noqa: N818  what is at fault is the text, not the program
    """A template cannot be used: why, where in it (an offset), and what to do about it."""

    def __init__(self, cause: str, offset: int = 0, remedy: str = "") -> None:
        super().__init__(cause)
        self.offset = offset
        self.remedy = remedy


class _UnknownName(UndefinedError):  # noqa: N818  the base says that it is an error
    """A name or attribute that does not exist."""

    def __init__(self, message: str, name: str, known: list[str]) -> None:
        super().__init__(message)
        self.name = name
        self.known = known


class _Strict(StrictUndefined):
    """Raises on any use, and knows what was asked of what."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> None:
        super().__init__(hint, obj, name, exc)
        if exc is UndefinedError:
            known = [] if obj is missing else _attributes(obj)
            self._undefined_exception = lambda message: _UnknownName(  # type: ignore[assignment]  # called as a class is
                message, str(name or ""), known
            )


class _Bounded(SandboxedEnvironment):
    """A sandbox in which no expression grows without bound: a template is expanded while the phone rings."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse powers, text formatted by `%`, and products that are too long or too large."""
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise SecurityError(f"a template must not use {operator}")
        if operator == "*" and _size(left) * _size(right) > LARGEST:
            raise SecurityError("a template must not make anything that large")
        return super().call_binop(context, operator, left, right)


def _size(value: Any) -> float:
    return abs(value) if isinstance(value, (int, float)) else len(value)


def _bounded_range(*arguments: int) -> range:
    made = range(*arguments)
    if len(made) > LONGEST_LOOP:
        raise SecurityError(f"a template must not count further than {LONGEST_LOOP}")
    return made


@lru_cache(maxsize=8)
def _environment(encode: Callable[[Any], str]) -> SandboxedEnvironment:
    """Return the environment whose expressions all go through `encode`; the text between them does not."""
    environment = _Bounded(undefined=_Strict, finalize=encode, keep_trailing_newline=True, autoescape=False)
    environment.globals["range"] = _bounded_range
    environment.filters["urlencode"] = _as_it_is(environment.filters["urlencode"])
    return environment


def compiled(
    source: str, macros: Mapping[str, Macro], sample: Facts, encode: Callable[[Any], str]
) -> Callable[[Facts], str]:
    """Compile a template whose `%NAME%`s are macros too; raises `TemplateFault` for what would fail on the sample.

    What comes back expands it for some facts. Every value passes through `encode`, the template's own text does not.
    """
    environment = _environment(encode)
    known = names(sample) | {name.lower(): macro.expand(sample) for name, macro in macros.items()}
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateFault(str(error.message), _line_start(source, error.lineno)) from None
    for what, line in _unbounded(tree):
        raise TemplateFault(f"a template must not have {what}", _line_start(source, line), "keep it simple")
    try:
        for name, line, choices in _unknown(tree, known):
            raise TemplateFault(f'there is no "{name}"', _offset(source, line, name), suggest(name, choices))
        template = environment.from_string(_with_macros(environment, source, macros))
    except TemplateSyntaxError as error:  # an unknown filter or test, found only now
        raise TemplateFault(str(error.message), _line_start(source, error.lineno)) from None

    def expand(facts: Facts) -> str:
        return template.render(names(facts) | {name.lower(): macro.expand(facts) for name, macro in macros.items()})

    try:
        expand(sample)
    except _UnknownName as error:
        line = _line(error)
        raise TemplateFault(
            f'there is no "{error.name}"', _offset(source, line, error.name), suggest(error.name, error.known)
        ) from None
    except Exception as error:  # noqa: BLE001  a template is a program: with the sample it may fail in any way
        raise TemplateFault(f"it fails: {_one_line(error)}", _line_start(source, _line(error))) from None
    return expand


def _unbounded(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """Yield what could make a template run for long, each with its line."""
    for loop in tree.find_all(nodes.For):
        if loop.recursive or any(True for _ in loop.find_all(nodes.For)):
            yield "a loop in a loop", loop.lineno
    for kind, what in _REFUSED.items():
        for node in tree.find_all(kind):
            yield what, node.lineno
    for number in tree.find_all(nodes.Const):
        if isinstance(number.value, (int, float)) and abs(number.value) > LARGEST:
            yield f"a number larger than {LARGEST:,}", number.lineno


def is_jinja(source: str) -> bool:
    """Return whether a text is a Jinja2 template."""
    return any(beginning in source for beginning in BEGINNINGS)


def outputs(source: str) -> bool:
    """Return whether a template puts out anything but its own text."""
    tree = _environment(str).parse(source)
    return any(
        not isinstance(part, nodes.TemplateData) for output in tree.find_all(nodes.Output) for part in output.nodes
    )


def macro_pattern(macros: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the known `%NAME%`s in a text, and nothing else that stands between percent signs."""
    return re.compile(f"%({'|'.join(map(re.escape, macros)) or '(?!)'})%")


def _as_it_is(urlencode: Callable[[Any], str]) -> Callable[[Any], str]:
    """Let `urlencode` leave text alone: in a URL all text is encoded anyway, and must not be twice."""
    return lambda value: value if isinstance(value, str) else urlencode(value)


def _with_macros(environment: SandboxedEnvironment, source: str, macros: Mapping[str, Macro]) -> str:
    """Turn each `%NAME%` in the template's own text into an expression."""
    pattern = macro_pattern(macros)
    return "".join(
        pattern.sub(lambda found: "{{" + found[1].lower() + "}}", text) if kind == "data" else text
        for _line, kind, text in environment.lex(source)
    )


def _unknown(tree: nodes.Template, known: Mapping[str, Any]) -> Iterator[tuple[str, int, list[str]]]:
    """Yield names and attributes that no branch could find, each with its line and what there is instead."""
    from jinja2.meta import find_undeclared_variables

    for name in sorted(
        find_undeclared_variables(tree) - set(known) - {"range", "dict", "namespace", "joiner", "cycler"}
    ):
        lines = [node.lineno for node in tree.find_all(nodes.Name) if node.name == name]
        yield name, min(lines, default=1), sorted(known)
    set_here = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    for node in tree.find_all(nodes.Getattr):
        owner = _value(node.node, known, set_here)
        if owner is not missing and not hasattr(owner, node.attr):
            yield node.attr, node.lineno, _attributes(owner)


def _value(node: nodes.Node, known: Mapping[str, Any], set_here: set[str]) -> Any:
    """Return what a chain such as `call.number` is on the sample; `missing` where that cannot be told."""
    if isinstance(node, nodes.Name) and node.name not in set_here:
        return known.get(node.name, missing)
    if isinstance(node, nodes.Getattr):
        owner = _value(node.node, known, set_here)
        return missing if owner is missing else getattr(owner, node.attr, missing)
    return missing


def _attributes(value: Any) -> list[str]:
    fields = getattr(type(value), "__dataclass_fields__", None)
    return list(fields) if fields else [name for name in dir(value) if not name.startswith("_")]


def _line(error: BaseException) -> int:
    """Return the template's line that an error came from: Jinja2 rewrites the traceback to it."""
    line, step = 1, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename in ("<template>", "<unknown>"):
            line = step.tb_lineno
        step = step.tb_next
    return line


def _line_start(source: str, line: int) -> int:
    """Return the offset of the first tag in a line, or of the line."""
    lines = source.split("\n")
    before = sum(len(text) + 1 for text in lines[: line - 1])
    found = re.search(r"\{[{%#]", lines[min(line, len(lines)) - 1])
    return before + (found.start() if found else 0)


def _offset(source: str, line: int, word: str) -> int:
    start = _line_start(source, line)
    found = re.compile(rf"\b{re.escape(word)}\b").search(source, start)
    return found.start() if found else start


def _one_line(error: BaseException) -> str:
    text = error.message if isinstance(error, TemplateError) and error.message else str(error)
    return " ".join(str(text).split()) or type(error).__name__
