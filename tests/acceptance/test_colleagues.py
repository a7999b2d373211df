"""What colleagues are told of each other: two hubs signed in to one phone system."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from hub.core.presence import Presence
from hub.phone.adapter import PhoneError
from hub.phone.commands import SetPresence
from hub.sim.admin import Administrator
from hub.sim.exchange.office import ABILITIES, Handset
from hub.testing.harness import Desk, running, simulated_office, write_config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hub.sim.exchange.office import Office


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


async def told_presence(desk: Desk, times: int) -> Presence:
    told: Any = await desk.events.type("presence", times)
    found: Presence = told.presence
    return found
