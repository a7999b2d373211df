"""What colleagues are told of each other: two hubs signed in to one phone system."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub.core.presence import Presence
from hub.events import ColleaguesChanged
from hub.phone.adapter import PhoneError
from hub.phone.commands import SetPresence
from hub.sim.admin import Administrator
from hub.sim.exchange.office import ABILITIES, Handset
from hub.testing.harness import Desk, running, simulated_office, write_config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hub.events import Event
    from hub.sim.exchange.office import Office

PHONEHUB = Path(sys.executable).parent / "phonehub"


@dataclass(frozen=True)
class Desks:
    alice: Desk
    bob: Desk


@asynccontextmanager
async def desks(folder: Path, office: Office | None = None) -> AsyncIterator[Desks]:
    """Run an office, and a hub for alice and one for bob."""
    async with simulated_office(office) as simulated, AsyncExitStack() as hubs:
        made = []
        for user in ("alice", "bob"):
            (folder / user).mkdir()
            path = write_config(folder / user, simulated.server, (user,))
            hub, events = await hubs.enter_async_context(running(path))
            made.append(Desk(hub, simulated, events))
        yield Desks(*made)


@pytest.mark.feature("PRES-01")
async def test_a_presence_reaches_every_hub_of_its_user_however_it_was_changed(tmp_path: Path) -> None:
    async with desks(tmp_path) as both:
        alice, office = both.alice, both.alice.office
        assert alice.phone.presence is Presence.IN_OFFICE
        await alice.phone.set_presence(Presence.AT_A_MEETING)
        told: Any = await alice.events.type("presence")
        assert (told.user, told.presence, told.before) == ("alice", Presence.AT_A_MEETING, Presence.IN_OFFICE)

        exchange, now = office.server.exchange, office.server.now
        exchange.command(now(), "alice", SetPresence(Presence.AWAY), by_hand=True)
        assert (await told_presence(alice, 2)) is Presence.AWAY
        said: list[str] = []
        administrator = Administrator(office.server, said.append)
        for line in ("presence alice on_vacation", "presence alice asleep", "presence nobody away"):
            administrator.obey(line)
        assert (await told_presence(alice, 3)) is Presence.ON_VACATION
        assert said[0] == "the presence of alice is now on_vacation"
        assert said[1].startswith("a presence is one of in_office, ")
        assert said[2] == "refused: there is no user 'nobody'"

        office.server.drop_connections("alice")
        exchange.change_presence(now(), "alice", Presence.BUSY)
        assert (await told_presence(alice, 4)) is Presence.BUSY
        assert alice.phone.presence is Presence.BUSY
        assert not [event for event in both.bob.events.all if event.type == "presence"]


@pytest.mark.feature("PRES-01")
@pytest.mark.feature("LINE-03")
async def test_a_handset_without_presence_refuses_by_name(tmp_path: Path) -> None:
    async with simulated_office() as simulated:
        base = simulated.server.office
    old = Handset(id="alice-desk", model="D10", capabilities=ABILITIES - {"presence"})
    users = {**base.users, "alice": replace(base.users["alice"], handsets=(old,))}
    async with desks(tmp_path, replace(base, users=users)) as both:
        with pytest.raises(PhoneError, match=r"alice-desk \(D10\) lacks the capability presence") as refusal:
            await both.alice.phone.set_presence(Presence.AWAY)
        assert refusal.value.code == "missing_capability"
        await both.bob.phone.set_presence(Presence.AWAY)
        await both.bob.events.type("presence")


@pytest.mark.feature("CON-04")
@pytest.mark.feature("PRES-01")
async def test_colleagues_see_each_other_ring_talk_and_not_be_disturbed(tmp_path: Path) -> None:
    async with desks(tmp_path) as both:
        alice, bob = both.alice, both.bob
        assert (await colleagues(alice, "--json"))[0]["lamp"] == "idle"
        await bob.phone.dial("101")
        await lamp(bob, "ringing")
        await lamp(alice, "on_call")
        await alice.phone.answer()
        told = await lamp(bob, "on_call")
        assert told.since is not None
        await alice.phone.set_presence(Presence.AT_A_MEETING)
        await bob.events.until(lambda events: any(_shows(one, "presence", "at_a_meeting") for one in events))
        (shown,) = await colleagues(bob, "--json")
        assert (shown["user"], shown["name"], shown["extension"]) == ("alice", "Alice Agent", "101")
        assert (shown["lamp"], shown["presence"]) == ("on_call", "at_a_meeting")
        assert 0 <= shown["duration"] < 30
        table = await colleagues(bob)
        assert "Alice Agent" in table
        assert "on a call" in table
        assert "at a meeting" in table
        assert await colleagues(bob, "nobody") == "no colleagues\n"

        await alice.phone.end()
        await alice.phone.set_dnd(on=True)
        await lamp(bob, "dnd")
        alice.office.server.drop_connections("bob")
        await alice.phone.set_dnd(on=False)
        await bob.events.state("connected", 2)
        assert (await colleagues(bob, "--json"))[0]["lamp"] == "idle"


@pytest.mark.feature("CON-04")
async def test_who_may_see_nobody_is_told_so(tmp_path: Path) -> None:
    async with simulated_office() as simulated:
        base = simulated.server.office
    users = {**base.users, "bob": replace(base.users["bob"], sees_colleagues=False)}
    async with desks(tmp_path, replace(base, users=users)) as both:
        assert "you may not see what colleagues are doing" in await colleagues(both.bob, code=1)
        await both.bob.phone.set_dnd(on=True)
        await lamp(both.alice, "dnd")
        assert not [event for event in both.bob.events.all if event.type == "colleagues"]


async def colleagues(desk: Desk, *arguments: str, code: int = 0) -> Any:
    """Return what the command shows to the user of a desk."""
    process = await asyncio.create_subprocess_exec(
        PHONEHUB, "--config", desk.hub.config.path, "colleagues", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = (text.decode() for text in await process.communicate())
    assert process.returncode == code, err
    return json.loads(out) if "--json" in arguments else err if code else out


async def lamp(desk: Desk, shows: str) -> Any:
    """Return the colleague of a desk's user as soon as the lamp shows this."""
    await desk.events.until(lambda events: any(_shows(one, "lamp", shows) for one in events))
    ((found, _),) = desk.phone.colleagues()
    return found


def _shows(event: Event, what: str, value: str) -> bool:
    return isinstance(event, ColleaguesChanged) and any(getattr(one, what) == value for one in event.changed)


async def told_presence(desk: Desk, times: int) -> Presence:
    told: Any = await desk.events.type("presence", times)
    found: Presence = told.presence
    return found
