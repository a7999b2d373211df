"""The command line of presence, against a hub that runs."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from hub import Presence, PresenceCause, hookimpl
from hub.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.plugin_host.context import Context


class Chat:
    """A plugin with a plain `def`, which runs on a thread."""

    @hookimpl
    def start(self, context: Context) -> None:
        context.presence.wish(source="call", presence=Presence.BUSY, cause=PresenceCause.CHAT_CALL)
        context.presence.log_availability(before="available", now="in_a_call")


@pytest.mark.feature("PRES-01", "PRES-02", "PRES-05")
async def test_a_person_asks_why_sets_it_and_reads_what_has_changed(phonehub: Callable[..., Any]) -> None:
    async with phonehub(Chat()) as desk:
        config = str(desk.hub.config.path)

        async def run(*arguments: str) -> Result:
            return await asyncio.to_thread(CliRunner().invoke, cli, ["--config", config, "presence", *arguments])

        await desk.events.type("presence")
        assert (await run()).output == "busy\n"
        assert (await run("why")).output == "Busy, because the chat system says you are in a call\n"
        assert (await run("at_home")).output == "at_home\n"
        assert desk.office.server.exchange.presence("alice") is Presence.AT_HOME
        told = await run("why")
        assert told.output == "At home, set by hand although the chat system says you are in a call\n"
        log = json.loads((await run("log", "--json", "--kind", "presence")).output)
        assert [(one["before"], one["now"], one["source"]) for one in log] == [
            ("busy", "at_home", "hand"),
            ("in_office", "busy", "chat_call"),
        ]
        table = (await run("log", "--since", "1h")).output
        assert "available" in table
        assert "in_a_call" in table
        assert (await run("asleep")).exit_code == 2

        await desk.hub.accounts["alice"].sign_out()
        told = await run("on_vacation")
        assert told.output.startswith("at_home\nit should be on_vacation, but: the phone system is out of reach")
