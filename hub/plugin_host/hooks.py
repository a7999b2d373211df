"""What a plugin implements: each hook checked against its specification, and made ready to be called."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pluggy

from hub import hookspecs
from hub.checking import suggest
from hub.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PROJECT = "hub"
_NAMED_AS_HOOKS = ("on_", "register_", "find_")
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_COLLECTING = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Hook:
    """One plugin's implementation of one hook.

    `call` takes all arguments of the specification by position, and hands on those that the implementation wants.
    """

    name: str
    call: Callable[..., Any]
    is_async: bool


def specifications() -> dict[str, tuple[str, ...]]:
    """Return the arguments of every hook there is, by its name."""
    return {
        name: tuple(inspect.signature(hook).parameters)
        for name, hook in vars(hookspecs).items()
        if hasattr(hook, f"{PROJECT}_spec")
    }


def may_be_async(hook: str) -> bool:
    """Whether an implementation may be `async def`; nothing waits for what it returns then."""
    return hook.startswith(("on_", "start", "stop", "find_"))


def hooks_of(implementation: object, plugin: str) -> dict[str, Hook]:
    """Return a plugin's hooks by name; raises `UserError` with everything that is wrong with them."""
    known = specifications()
    hooks: dict[str, Hook] = {}
    problems: list[Problem] = []
    for place, name, function, options in _implementations(implementation, known, plugin):
        if options is None:
            problems.append(
                Problem(place, "it is not marked as a hook", "put @hookimpl above it, or name it otherwise")
            )
        elif name not in known:
            if not options.get("optionalhook"):
                problems.append(Problem(place, f'there is no hook "{name}"', suggest(name, known)))
        elif faults := _faults(place, name, function, options, known[name]):
            problems += faults
        elif name in hooks:
            problems.append(Problem(place, f"{name} is implemented twice", "keep one"))
        else:
            hooks[name] = Hook(name, _call(function, known[name]), inspect.iscoroutinefunction(function))
    if not hooks and not problems:
        problems.append(Problem(plugin, "it implements no hook", "put @hookimpl above its hooks"))
    if problems:
        raise UserError(*problems)
    return hooks


def has_hooks(implementation: object) -> bool:
    """Whether anything in it is marked as a hook."""
    return any(
        options is not None for _, _, _, options in _implementations(implementation, specifications(), plugin="")
    )


def _implementations(
    implementation: object, known: dict[str, tuple[str, ...]], plugin: str
) -> Iterator[tuple[str, str, Callable[..., Any], Any]]:
    """Yield place, hook, function and pluggy's options (None: not marked) of all hooks, and all that is named so."""
    marked = pluggy.PluginManager(PROJECT)
    for attribute in dir(implementation):
        options: Any = marked.parse_hookimpl_opts(implementation, attribute)
        if options is None and not (attribute in known and attribute.startswith(_NAMED_AS_HOOKS)):
            continue
        function = getattr(implementation, attribute)
        if callable(function):
            place = f"{plugin}: {attribute}"
            yield place, (options or {}).get("specname") or attribute, function, options


def _faults(
    place: str, name: str, function: Callable[..., Any], options: Any, arguments: tuple[str, ...]
) -> list[Problem]:
    problems: list[Problem] = []
    may_take = f"it may take {' and '.join(arguments)}" if arguments else "it takes no argument"
    if options.get("wrapper") or options.get("hookwrapper"):
        problems.append(Problem(place, "hooks cannot be wrapped: no plugin waits for another", "use @hookimpl alone"))
    if inspect.isasyncgenfunction(function):
        problems.append(Problem(place, "it yields", "a hook may await, and returns nothing"))
    if inspect.iscoroutinefunction(function) and not may_be_async(name):
        problems.append(Problem(place, "an answer is wanted at once", "make it a plain def"))
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in arguments and parameter.kind in _BY_POSITION:
            continue
        if parameter.kind not in _COLLECTING and parameter.default is parameter.empty:
            meant = suggest(parameter.name, arguments) if arguments else ""
            remedy = f"{meant}; {may_take}" if meant.startswith("did") else may_take
            problems.append(Problem(place, f'there is no argument "{parameter.name}"', remedy))
    return problems


def _call(function: Callable[..., Any], arguments: Sequence[str]) -> Callable[..., Any]:
    """Decide once which of the arguments the function is given, and how."""
    parameters = list(inspect.signature(function).parameters.values())
    leading: list[str] = []
    for parameter in parameters:
        if parameter.name not in arguments:
            break
        leading.append(parameter.name)
    wanted = [parameter.name for parameter in parameters if parameter.name in arguments]
    if leading == wanted:
        return _by_position(function, tuple(arguments.index(name) for name in wanted), len(arguments))
    return lambda *values: function(**{name: values[arguments.index(name)] for name in wanted})


def _by_position(function: Callable[..., Any], places: tuple[int, ...], given: int) -> Callable[..., Any]:
    """The common cases without any detour: a hook is called for every event."""
    if places == tuple(range(given)):
        return function
    if places == ():
        return lambda *_values: function()
    if places == (0,):
        return lambda first, _second: function(first)
    if places == (1,):
        return lambda _first, second: function(second)
    return lambda *values: function(*(values[place] for place in places))
