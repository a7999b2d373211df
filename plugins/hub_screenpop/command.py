"""Commands in rules: argument vectors whose arguments are templates, never a line for a shell."""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from hub import ActionRefused, SecretTemplate, Surroundings, TemplateFault, TextTemplate

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_HELD = re.compile("\ue000(\\d+)\ue001")
_SHELLS = frozenset({"sh", "ash", "bash", "dash", "zsh", "ksh", "fish", "csh", "tcsh"})
_INTERPRETERS = re.compile(r"(python[\d.]*|perl|ruby|node|php|lua)")
_WINDOWS_SHELLS = frozenset({"cmd", "powershell", "pwsh"})
_PROGRAM_SUFFIX = re.compile(r"\.(exe|com)$")


class Argument(TextTemplate):
    """One argument. What the caller chose is refused if it has control characters, and never begins an option."""

    __slots__ = ()

    @staticmethod
    def encode(value: Any) -> str:
        """Return a macro's value as it goes into the argument."""
        text = TextTemplate.encode(value)
        if not text.isprintable() and any(unicodedata.category(character) == "Cc" for character in text):
            raise ActionRefused(f"the caller's data has control characters: {text[:80]!a}")
        return text

    def expanded(self, facts: Any) -> str:
        """Return the argument; a dash that comes from the caller gets a space before it."""
        text = self.expand(facts)
        return f" {text}" if text.startswith("-") and not self.source.startswith("-") else text


class CheckedSecret(SecretTemplate):
    """A text for the environment or standard input of a command: secrets are welcome, a caller's new lines are not."""

    __slots__ = ()

    @staticmethod
    def encode(value: Any) -> str:
        """Return a macro's value as it goes into the text."""
        return Argument.encode(value)


def is_batch_file(program: str) -> bool:
    """Return whether Windows would hand a program to its command interpreter, which takes arguments apart again."""
    return program.lower().rstrip(". ").endswith((".bat", ".cmd"))


def split(text: str, *, windows: bool = os.name == "nt") -> list[str]:
    """Split a command line as the platform does; Jinja2's tags stay whole. Raises ValueError for an open quote."""
    tags = _TAG.findall(text)
    numbers = iter(range(len(tags)))
    held = _TAG.sub(lambda _: f"\ue000{next(numbers)}\ue001", text)
    if windows:
        import mslex

        parts: list[str] = mslex.split(held, like_cmd=False)
    else:
        parts = shlex.split(held)
    return [_HELD.sub(lambda number: tags[int(number[1])], part) for part in parts]


def _arguments(value: Any, info: ValidationInfo) -> Any:
    """Turn a command written as one text into its arguments; leave a list to be checked item by item."""
    if not isinstance(value, str):
        return value
    try:
        parts = split(value)
    except ValueError as error:
        raise _fault(f"the command cannot be split: {error}", remedy="close the quote, or write a list") from None
    arguments = []
    for part in parts:
        try:
            arguments.append(Argument(part, Surroundings.of(info)))
        except TemplateFault as fault:
            start = max(value.find(part), 0)
            raise _fault(str(fault), start + fault.offset, fault.remedy) from None
    return arguments


def _checked(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """Refuse what could run something else than the rule's author meant."""
    if not arguments or not arguments[0].source.strip():
        raise _fault("a command has at least its program")
    program = arguments[0]
    if program.has_macros:
        raise _fault("the program must not have macros: the caller would choose what runs", remedy="write it out")
    if is_batch_file(program.source):
        raise _fault("a batch file takes its arguments apart again", remedy="run the program that it starts")
    for argument in arguments:
        if "\0" in argument.source:
            raise _fault("an argument has no NUL character")
    _refuse_scripts(program.source, arguments)
    return arguments


def _refuse_scripts(program: str, arguments: tuple[Argument, ...]) -> None:
    name = _PROGRAM_SUFFIX.sub("", re.split(r"[/\\]", program)[-1].lower())
    macros_in = [argument.has_macros for argument in arguments]
    if name in _WINDOWS_SHELLS and any(macros_in):
        raise _fault(f"{program} would run what the caller sends", remedy="hand it over by env:")
    letter = "c" if name in _SHELLS else "ceE" if _INTERPRETERS.fullmatch(name) else ""
    if not letter:
        return
    for option, script, has_macros in zip(arguments, arguments[1:], macros_in[1:], strict=False):
        if has_macros and re.fullmatch(rf"-\w*[{letter}]|--(eval|command)", option.source):
            raise _fault(
                f'"{script}" is a script, and the caller would write a part of it',
                remedy="""put the macro behind the script as an argument: [sh, -c, 'echo "$1"', sh, "%CALLNAME%"]""",
            )


def _fault(cause: str, offset: int | None = None, remedy: str = "") -> PydanticCustomError:
    context: dict[str, Any] = {"cause": cause, "remedy": remedy}
    if offset is not None:
        context["offset"] = offset
    return PydanticCustomError("command", "{cause}", context)


Command = Annotated[tuple[Argument, ...], BeforeValidator(_arguments), AfterValidator(_checked)]
"""A program and its arguments: a list, or a text that is split as the platform does before macros are put in."""
