from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hub import Action, ActionRefused, Done
from hub_screenpop.command import CheckedSecret, Command, is_batch_file

if TYPE_CHECKING:
    from hub import Facts, Job
    from hub_screenpop.process import Processes

_EARLIER = 0.95
"""The part of the action's time that a command has: the rest is for ending it."""


class Run(BaseModel):
    """What `run:` takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: Command = Field(description="program and arguments; macros are put in after splitting, there is no shell")
    env: dict[str, CheckedSecret] = Field(default={}, description="environment variables to add; secrets by reference")
    stdin: CheckedSecret | None = Field(default=None, description="text for its standard input; secrets by reference")

    @field_validator("env")
    @classmethod
    def _names(cls, env: dict[str, CheckedSecret]) -> dict[str, CheckedSecret]:
        for name in env:
            if not name or "=" in name or not name.isprintable():
                raise ValueError(f"{name!r} is no name for an environment variable")
        return env


def run_action(processes: Processes) -> Action:
    """Return the action `run`, whose commands run as these processes."""

    async def run(value: Run, job: Job) -> Done:
        argv = _argv(value, job.facts)
        if os.name == "nt" and is_batch_file(shutil.which(argv[0]) or ""):  # pragma: no cover  nowhere else
            raise ActionRefused(f"{argv[0]} is a batch file, which takes its arguments apart again")
        env, stdin = await _revealed(value, job)
        ended = await processes.run(argv, env, stdin, job.deadline * _EARLIER)
        return Done(shlex.join(argv), ended.output, ended.status)

    return Action(
        name="run",
        value=Run,
        run=run,
        doc="run a command: an argument vector, never a line for a shell",
        short="command",
        tell=_told,
        acts_on_the_host=True,
    )


def _argv(value: Run, facts: Facts) -> list[str]:
    return [argument.expanded(facts) for argument in value.command]


async def _revealed(value: Run, job: Job) -> tuple[dict[str, str], str | None]:
    """Return environment and standard input with their secrets; a keyring may let us wait."""
    if not value.env and value.stdin is None:
        return {}, None

    def reveal() -> tuple[dict[str, str], str | None]:
        secret, facts = job.context.secret, job.facts
        env = {name: template.revealed(facts, secret) for name, template in value.env.items()}
        return env, value.stdin.revealed(facts, secret) if value.stdin else None

    return await asyncio.to_thread(reveal)


def _told(value: Run, facts: Facts) -> str:
    """Say what would run, with references in the place of secrets."""
    told = shlex.join(_argv(value, facts))
    env = " ".join(f"{name}={shlex.quote(template.expand(facts))}" for name, template in value.env.items())
    stdin = f" < {shlex.quote(value.stdin.expand(facts))}" if value.stdin else ""
    return f"{env} {told}{stdin}".strip()
