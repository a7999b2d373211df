"""Write the parts of the documentation that are made from the code.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`. Run this file to bring all of them up to
date; a test fails when one is not.
"""

from __future__ import annotations

import inspect
import json
import re
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from fastapi import FastAPI
from pydantic import BaseModel

import hub as api
from hub import events, hookspecs
from hub.cli import COMMANDS, added, cli
from hub.config.sections import Tables
from hub.core.agent import BY_HAND, HANDSET, PRECEDENCE, AgentState
from hub.core.call import CallState
from hub.core.recording import MOVES, Standing
from hub.core.transitions import CALL_STEPS, LEG_TRANSITIONS
from hub.journal.macros import MACROS as JOURNAL_MACROS
from hub.plugin_host.context import Context
from hub.plugin_host.hooks import may_be_async, specifications
from hub.recording.failures import ADVICE
from hub.rules.schema import make_schema
from hub.rules.views import NAMES
from hub.rules.vocabulary import Vocabulary
from hub.web.refusals import STATUS
from hub.web.routes import account, agents, calls, hub, journals, parties, past, recordings, servers
from hub_crm.settings import LookupTable
from hub_idle import Idle
from hub_idle.settings import Settings as IdleSettings
from hub_screenpop import ScreenPop
from hub_screenpop.settings import Settings as ScreenPopSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.fields import FieldInfo

DOCS = Path(__file__).resolve().parent
_BLOCK = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def leg_states() -> str:
    """Draw what a signal makes of a leg."""
    arrows: dict[tuple[CallState, CallState], list[str]] = {}
    for (old, kind), new in LEG_TRANSITIONS.items():
        if old is not new:
            arrows.setdefault((old, new), []).append(kind)
    names = {CallState.NULL: "[*]"}
    lines = [
        f"    {names.get(old, old)} --> {names.get(new, new)}: {', '.join(kinds)}"
        for (old, new), kinds in arrows.items()
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def agent_by_hand() -> str:
    """Draw what an agent can change by hand."""
    arrows = sorted((list(AgentState).index(old), old, new) for old, new in BY_HAND)
    lines = [f"    {old} --> {new}" for _, old, new in arrows]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def agent_legs() -> str:
    """Tabulate what a leg says of the agent at whose handset it is."""
    rows = [f"| {direction} | {state} | {said} |" for (direction, state), said in HANDSET.items()]
    order = f"Of several legs the first of these counts: {', '.join(PRECEDENCE)}."
    return "\n".join(["| leg | in state | the agent is |", "|---|---|---|", *rows, "", order])


def call_steps() -> str:
    """Tabulate what a call's change of state means."""
    rows = [f"| {old} | {new} | {', '.join(steps)} |" for (old, new), steps in CALL_STEPS.items()]
    return "\n".join(["| from | to | means |", "|---|---|---|", *rows])


def recording_states() -> str:
    """Draw what a cue makes of a recording, the cues of one arrow together."""
    arrows: dict[tuple[Standing, Standing], list[str]] = {}
    for (old, cue), move in MOVES.items():
        arrows.setdefault((old, move.to), []).append(cue)
    names = {Standing.OFF: "[*]"}
    lines = [
        f"    {names.get(old, old)} --> {names.get(new, new)}: {', '.join(cues)}" for (old, new), cues in arrows.items()
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def recording_failures() -> str:
    """Tabulate why recordings fail, and what to do about it."""
    rows = [f"| `{reason}` | {advice} |" for reason, advice in ADVICE.items()]
    return "\n".join(["| reason | advice |", "|---|---|", *rows])


def event_table() -> str:
    """Tabulate the events."""
    rows = []
    for name, event in events.EVENTS.items():
        first = (event.__doc__ or "").strip().split("\n")[0]
        own = [field for field in event.__dataclass_fields__ if field not in events.Event.__dataclass_fields__]
        rows.append(f"| `{name}` | {first} | {', '.join(f'`{field}`' for field in own)} |")
    return "\n".join(["| type | when | fields beside `seq`, `at`, `user`, `inferred` |", "|---|---|---|", *rows])


def settings() -> str:
    """Tabulate every setting of phonehub.toml, from the models that check it."""
    rows = [f"| `{table}` | {name} | {default} | {told} |" for table, name, default, told in _settings(Tables, (), {})]
    return "\n".join(["| table | setting | default | meaning |", "|---|---|---|---|", *rows])


def _settings(
    model: type[BaseModel], at: tuple[str, ...], seen: dict[type[BaseModel], str]
) -> Iterator[tuple[str, str, str, str]]:
    table = f"[{'.'.join(at)}]"
    if model in seen:
        yield table, "any", "", f"as in `{seen[model]}`, for this user"
        return
    seen[model] = table
    inner = []
    for name, field in model.model_fields.items():
        below = _section(field.annotation)
        is_named = typing.get_origin(field.annotation) is dict
        if below is not None:
            inner.append((below, (*at, name, "NAME") if is_named else (*at, name)))
        elif is_named:
            tables = typing.get_origin(typing.get_args(field.annotation)[1]) is dict
            where = ".".join((*at, name, "NAME") if tables else (*at, name))
            yield f"[{where}]", "any" if tables else "`NAME`", "", field.description or ""
        else:
            yield table, f"`{name}`", _default(field), field.description or ""
    for below, inside in inner:
        yield from _settings(below, inside, seen)


def _section(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := _section(part))), None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return ""
    value = field.default
    return f"`{json.dumps(value, default=str)}`"


def commands() -> str:
    """Tabulate the commands of the command line."""
    with click.Context(cli, info_name="phonehub") as context:
        names = [*COMMANDS, *(name for name, package in added.names().items() if package == "phonehub")]
        rows = [row for name in names for row in _commands(cli, context, name, "phonehub")]
    return "\n".join(["| command | does | options |", "|---|---|---|", *rows])


def _commands(group: click.Group, context: click.Context, name: str, before: str) -> Iterator[str]:
    command = group.get_command(context, name)
    if command is None:
        raise KeyError(name)
    words = f"{before} {name}"
    with click.Context(command, info_name=name, parent=context) as inside:
        if isinstance(command, click.Group):
            for sub in command.list_commands(inside):
                yield from _commands(command, inside, sub, words)
            if not command.invoke_without_command:
                return
        arguments = [each.make_metavar(inside) for each in command.params if isinstance(each, click.Argument)]
        options = [
            f"`{each.opts[-1]}`" for each in command.params if isinstance(each, click.Option) and not each.hidden
        ]
        usage = " ".join([words, *arguments]).replace("|", "\\|")
        yield f"| `{usage}` | {command.get_short_help_str(200)} | {', '.join(options)} |"


def routes() -> str:
    """Tabulate the routes of the HTTP API, from its OpenAPI description."""
    app = FastAPI()
    for router in (
        hub.router,
        account.router,
        servers.router,
        calls.router,
        parties.router,
        agents.router,
        past.router,
        journals.router,
        recordings.router,
    ):
        app.include_router(router, prefix="/api")
    rows = []
    for path, methods in app.openapi()["paths"].items():
        for method, told in methods.items():
            query = [each["name"] for each in told.get("parameters", ()) if each["in"] == "query"]
            first = told["description"].split("\n")[0]
            rows.append(f"| `{method.upper()} {path}` | {first} | {', '.join(f'`{name}`' for name in query)} |")
    return "\n".join(["| route | does | query |", "|---|---|---|", *rows])


def refusals() -> str:
    """Tabulate the codes of refused commands."""
    rows = [f"| `{code}` | {int(status)} {status.phrase} |" for code, status in STATUS.items()]
    return "\n".join(["| code | status |", "|---|---|", *rows])


def hooks() -> str:
    """Tabulate every hook, its arguments, and what it is for."""
    rows = []
    for name, arguments in specifications().items():
        told = " ".join((inspect.getdoc(getattr(hookspecs, name)) or "").split("\n\n")[0].split())
        takes = ", ".join(f"`{argument}`" for argument in arguments)
        rows.append(f"| `{name}` | {takes} | {'yes' if may_be_async(name) else 'no'} | {told} |")
    return "\n".join(["| hook | may take | may be `async def` | what for |", "|---|---|---|---|", *rows])


def context() -> str:
    """Tabulate what a plugin finds in its context."""
    rows = []
    for name, member in vars(Context).items():
        if name.startswith("_") or name == "close":
            continue
        told = " ".join((inspect.getdoc(member) or "").split("\n\n")[0].split())
        taken = "" if isinstance(member, property) else str(inspect.signature(member)).partition(" ->")[0]
        taken = taken.replace("(self, ", "(").replace("'", "").replace("|", "\\|")
        rows.append(f"| `{name}{taken}` | {told} |")
    return "\n".join(["| `context.` | is |", "|---|---|", *rows])


def api_names() -> str:
    """List what a plugin may import, by the module that defines it."""
    homes: dict[str, list[str]] = {}
    for name in sorted(api.__all__):
        value = getattr(api, name)
        home = getattr(value, "__module__", "") or ""
        homes.setdefault(home if home.startswith("hub.") else "others", []).append(f"`{name}`")
    rows = [f"| {home.removeprefix('hub.')} | {', '.join(names)} |" for home, names in sorted(homes.items())]
    return "\n".join(["| of | names |", "|---|---|", *rows])


def _rule_words() -> Vocabulary:
    """Return all the words of rule files: the hub's own, and those of the plugins that come with it."""
    vocabulary = Vocabulary()
    vocabulary.add("screenpop", *ScreenPop().register_rule_parts())
    vocabulary.add("idle", *Idle().register_rule_parts())
    return vocabulary


def rule_triggers() -> str:
    """Tabulate the words for `on:`."""
    rows = [f"| `{name}` | {part.doc} |" for name, part in _rule_words().triggers.items()]
    return "\n".join(["| `on:` | when |", "|---|---|", *rows])


def rule_conditions() -> str:
    """Tabulate the words for `when:`."""
    rows = [f"| `{name}` | {part.doc} |" for name, part in _rule_words().conditions.items()]
    return "\n".join(["| `when:` | holds for |", "|---|---|", *rows])


def rule_actions() -> str:
    """Tabulate the words for `do:`, with what each takes."""
    words, rows = _rule_words(), []
    for name, part in words.actions.items():
        rows.append(f"| `{name}` | {part.doc} | {words.plugin_of(part) or 'the hub'} |")
        rows += [
            f"| &nbsp;&nbsp;`{field}`{' (short form)' if field == part.short else ''} | {told.description} | |"
            for field, told in part.value.model_fields.items()
        ]
    return "\n".join(["| `do:` | does | from |", "|---|---|---|", *rows])


def journal_macros() -> str:
    """Tabulate the macros that journals have beside those of rules."""
    rows = [f"| `%{part.name}%` | `{{{{ {part.name.lower()} }}}}` | {part.doc} |" for part in JOURNAL_MACROS]
    return "\n".join(["| macro | in Jinja2 | stands for |", "|---|---|---|", *rows])


def rule_macros() -> str:
    """Tabulate the macros, and the names that Jinja2 has beside them."""
    rows = [f"| `%{name}%` | `{{{{ {name.lower()} }}}}` | {part.doc} |" for name, part in _rule_words().macros.items()]
    rows += [f"| | `{{{{ {name} }}}}` | {told} |" for name, told in NAMES.items()]
    return "\n".join(["| macro | Jinja2 | is |", "|---|---|---|", *rows])


def rule_keys() -> str:
    """Tabulate the keys of a rule."""
    rows = []
    for name, field in make_schema(_rule_words()).rule.model_fields.items():
        inner = field.annotation if name in ("numbers", "limits") else None
        rows.append(f"| `{name}` | {field.description} |")
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            rows += [
                f"| &nbsp;&nbsp;`{key}` | {told.description}; `{json.dumps(told.default)}` without |"
                for key, told in inner.model_fields.items()
            ]
    return "\n".join(["| key | meaning |", "|---|---|", *rows])


def crm_settings() -> str:
    """Tabulate the settings of a lookup of `[plugins.crm]`."""
    rows = [
        f"| `{field.alias or name}` | {_default(field)} | {field.description} |"
        for name, field in LookupTable.model_fields.items()
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def screenpop_settings() -> str:
    """Tabulate the settings of `[plugins.screenpop]`."""
    return _plugin_settings(ScreenPopSettings)


def idle_settings() -> str:
    """Tabulate the settings of `[plugins.idle]`."""
    return _plugin_settings(IdleSettings)


def _plugin_settings(model: type[BaseModel]) -> str:
    rows = [f"| `{name}` | {_default(field)} | {field.description} |" for name, field in model.model_fields.items()]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


BLOCKS: dict[str, Callable[[], str]] = {
    "leg-states": leg_states,
    "call-steps": call_steps,
    "agent-by-hand": agent_by_hand,
    "agent-legs": agent_legs,
    "recording-states": recording_states,
    "recording-failures": recording_failures,
    "events": event_table,
    "settings": settings,
    "commands": commands,
    "routes": routes,
    "refusals": refusals,
    "hooks": hooks,
    "context": context,
    "api": api_names,
    "rule-keys": rule_keys,
    "rule-triggers": rule_triggers,
    "rule-conditions": rule_conditions,
    "rule-actions": rule_actions,
    "rule-macros": rule_macros,
    "journal-macros": journal_macros,
    "crm-settings": crm_settings,
    "screenpop-settings": screenpop_settings,
    "idle-settings": idle_settings,
}


def renewed(text: str) -> str:
    """Return a page with its generated parts as they should be; raises KeyError for an unknown one."""
    return _BLOCK.sub(lambda match: f"{match[1]}{BLOCKS[match[2]]()}\n{match[3]}", text)


def main() -> None:
    """Bring every page up to date."""
    for page in DOCS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        if (new := renewed(text)) != text:
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
