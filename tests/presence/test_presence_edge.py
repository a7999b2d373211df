"""A user's presence through a whole hub: wishes of plugins, the hand at handset and API, rules, restarts."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from hub import Presence, PresenceCause, hookimpl
from hub.phone.commands import SetDnd, SetPresence
from hub.web import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.plugin_host.context import Context
    from hub.testing.harness import Desk

MEETING, BUSY, OFFICE, AWAY = Presence.AT_A_MEETING, Presence.BUSY, Presence.IN_OFFICE, Presence.AWAY


class Diary:
    """A plugin that wants what a test says."""

    @hookimpl
    async def start(self, context: Context) -> None:
        self.context = context

    def wants(self, presence: Presence, source: str = "diary", **more: Any) -> None:
        cause = more.pop("cause", PresenceCause.APPOINTMENT)
        self.context.presence.wish(source=source, presence=presence, cause=cause, teller="calendar", **more)


def by_hand(desk: Desk, presence: Presence) -> None:
    """Set it at the handset."""
    server = desk.office.server
    server.exchange.command(server.now(), "alice", SetPresence(presence), by_hand=True)


async def shown(desk: Desk, times: int) -> Presence:
    """Return what the phone system showed at that change."""
    told: Any = await desk.events.type("presence", times)
    found: Presence = told.presence
    return found


def all_shown(desk: Desk) -> list[Presence]:
    return [event.presence for event in desk.events.all if event.type == "presence"]


async def until_kept(desk: Desk, presence: Presence) -> None:
    """Return when that was decided and is remembered."""
    while (await desk.hub.store.kept_presence("alice")).shown is not presence:  # noqa: ASYNC110  it tells nobody
        await asyncio.sleep(0.02)


def client(desk: Desk) -> httpx.AsyncClient:
    token = tokens.read(desk.hub.config.hub.state, "alice")
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=f"{desk.hub.server.url}/api", headers=headers, trust_env=False)


@pytest.mark.feature("PRES-01", "PRES-02", "PRES-03", "PRES-05")
async def test_a_wish_is_shown_explained_logged_and_given_back(phonehub: Callable[..., Any]) -> None:
    diary = Diary()
    async with phonehub(diary) as desk, client(desk) as api:
        at = desk.hub.clock.now()
        diary.wants(MEETING, reason="Budget", until=at + timedelta(hours=1))
        assert await shown(desk, 1) is MEETING
        assert desk.office.server.exchange.presence("alice") is MEETING
        told = (await api.get("/presence")).json()
        assert (told["presence"], told["wanted"], told["manual"], told["trouble"]) == (
            "at_a_meeting",
            "at_a_meeting",
            "in_office",
            "",
        )
        assert told["why"].startswith("At a meeting, because calendar says 'Budget' until ")
        assert told["why"].endswith("; manual value In office returns then")
        assert (told["by"]["cause"], told["follows"]) == ("appointment", "in_office")
        diary.context.presence.release(source="diary")
        assert await shown(desk, 2) is OFFICE
        log = (await api.get("/presence/log")).json()
        assert [(one["kind"], one["before"], one["now"], one["source"], one["reason"]) for one in log] == [
            ("presence", "at_a_meeting", "in_office", "hand", ""),
            ("presence", "in_office", "at_a_meeting", "appointment", "Budget"),
        ]
        live = [event.now for event in desk.events.all if event.type == "change_logged"]
        assert live == ["at_a_meeting", "in_office"]


@pytest.mark.feature("PRES-02", "PRES-03")
async def test_what_is_set_at_the_handset_wins_over_what_was_wanted_before_and_is_not_undone(
    phonehub: Callable[..., Any],
) -> None:
    diary = Diary()
    async with phonehub(diary) as desk:
        diary.wants(MEETING)
        assert await shown(desk, 1) is MEETING
        by_hand(desk, AWAY)
        assert await shown(desk, 2) is AWAY
        await until_kept(desk, AWAY)
        assert desk.hub.presences["alice"].view.why == "Away, set by hand although calendar has an appointment"
        diary.context.presence.release(source="diary")
        diary.wants(BUSY, source="next")
        assert await shown(desk, 3) is BUSY
        diary.context.presence.release(source="next")
        assert await shown(desk, 4) is AWAY
        assert all_shown(desk) == [MEETING, AWAY, BUSY, AWAY]


@pytest.mark.feature("PRES-03")
async def test_causes_that_touch_hand_over_without_a_flicker(phonehub: Callable[..., Any]) -> None:
    diary = Diary()
    async with phonehub(diary) as desk:
        now = desk.hub.clock.now()
        edge = now + timedelta(seconds=0.6)
        diary.wants(MEETING, until=edge)
        diary.wants(BUSY, source="next", since=edge, until=edge + timedelta(seconds=0.6))
        assert await shown(desk, 1) is MEETING
        told: Any = await desk.events.type("presence", 2)
        assert told.presence is BUSY
        assert abs((told.at - edge).total_seconds()) < 1
        assert await shown(desk, 3) is OFFICE
        diary.wants(MEETING)
        diary.context.presence.release(source="diary")
        diary.wants(MEETING, source="other")
        assert await shown(desk, 4) is MEETING
        diary.context.presence.release(source="other")
        await asyncio.sleep(0)
        diary.wants(AWAY, source="third")
        assert await shown(desk, 5) is AWAY
        assert all_shown(desk) == [MEETING, BUSY, OFFICE, MEETING, AWAY]


@pytest.mark.feature("PRES-04")
async def test_a_value_on_the_ignore_list_stays_until_a_hand_changes_it(phonehub: Callable[..., Any]) -> None:
    diary = Diary()
    async with phonehub(diary, config='[presence]\nignore = ["on_vacation"]\n') as desk, client(desk) as api:
        told = (await api.put("/presence", json={"presence": "on_vacation"})).json()
        assert told["presence"] == told["wanted"] == "on_vacation"
        diary.wants(MEETING)
        await until_kept(desk, Presence.ON_VACATION)
        told = (await api.get("/presence")).json()
        assert told["ignored"] is True
        assert [wish["presence"] for wish in told["overridden"]] == ["at_a_meeting"]
        assert "it is on the ignore list" in told["why"]
        await api.put("/presence", json={"presence": "in_office"})
        diary.wants(BUSY, source="later")
        assert await shown(desk, 3) is BUSY
        assert all_shown(desk) == [Presence.ON_VACATION, OFFICE, BUSY]


@pytest.mark.feature("PRES-01")
async def test_what_is_set_while_the_phone_is_out_of_reach_is_shown_when_it_is_back(
    phonehub: Callable[..., Any],
) -> None:
    async with phonehub() as desk, client(desk) as api:
        account = desk.hub.accounts["alice"]
        await account.sign_out()
        await desk.events.state("signed_out")
        told = (await api.put("/presence", json={"presence": "at_home"})).json()
        assert (told["presence"], told["wanted"]) == ("in_office", "at_home")
        assert "out of reach" in told["trouble"]
        await account.sign_in()
        assert await shown(desk, 1) is Presence.AT_HOME
        await until_kept(desk, Presence.AT_HOME)
        assert (await api.get("/presence")).json()["trouble"] == ""


@pytest.mark.feature("PRES-02")
async def test_a_change_at_the_handset_while_the_connection_was_lost_is_by_hand(phonehub: Callable[..., Any]) -> None:
    diary = Diary()
    async with phonehub(diary) as desk:
        diary.wants(MEETING)
        assert await shown(desk, 1) is MEETING
        desk.office.drop_connections()
        by_hand(desk, AWAY)
        assert await shown(desk, 2) is AWAY
        await until_kept(desk, AWAY)
        assert desk.hub.presences["alice"].view.decision.manual.presence is AWAY
        assert all_shown(desk) == [MEETING, AWAY]


@pytest.mark.feature("RULE-03", "RULE-04", "RULE-05", "PRES-01")
async def test_rules_set_a_presence_and_act_on_one(phonehub: Callable[..., Any]) -> None:
    rules = {
        "10.yaml": "on: ring\ndo: [{set_presence: busy}]\n",
        "20.yaml": "on: {presence: busy}\ndo: [{set_dnd: on}]\n",
        "30.yaml": "on: {dnd: on}\nwhen: {presence: busy}\ndo: [{set_presence: as_before}, {set_dnd: off}]\n",
        "40.yaml": "on: {dnd: off}\nwhen: {presence: [away, at_home]}\ndo: [{set_presence: on_vacation}]\n",
    }
    async with phonehub(rules=rules) as desk, client(desk) as api:
        desk.office.call()
        assert await shown(desk, 1) is BUSY
        assert await shown(desk, 2) is OFFICE
        await desk.events.type("dnd", 2)
        await desk.settled()
        log = (await api.get("/presence/log", params={"kind": "presence"})).json()
        assert [(one["now"], one["source"]) for one in log] == [("in_office", "hand"), ("busy", "rule")]
        assert "10.yaml" in log[1]["reason"]
        dnd = (await api.get("/presence/log", params={"kind": "dnd"})).json()
        assert [(one["before"], one["now"], one["source"]) for one in dnd] == [
            ("on", "off", "rule"),
            ("off", "on", "rule"),
        ]
        assert "20.yaml" in dnd[1]["reason"]
        await api.put("/dnd", json={"on": True})
        await desk.events.type("dnd", 3)
        desk.office.server.exchange.command(desk.office.server.now(), "alice", SetDnd(on=False), by_hand=True)
        await desk.events.type("dnd", 4)
        dnd = (await api.get("/presence/log", params={"kind": "dnd", "limit": 2})).json()
        assert [(one["now"], one["source"]) for one in dnd] == [("off", "phone"), ("on", "hand")]
        assert all_shown(desk) == [BUSY, OFFICE]


@pytest.mark.feature("PRES-02")
async def test_nobody_may_want_without_end(phonehub: Callable[..., Any]) -> None:
    diary = Diary()
    async with phonehub(diary):
        for number in range(100):
            diary.wants(MEETING, source=str(number))
        with pytest.raises(ValueError, match="100 sources want a presence already"):
            diary.wants(MEETING, source="one more")
        diary.wants(BUSY, source="7")
        with pytest.raises(ValueError, match="give them a time zone"):
            diary.wants(BUSY, source="7", since=datetime(2026, 1, 1))  # noqa: DTZ001  the point of the test
        with pytest.raises(ValueError, match="sleepy"):
            diary.wants("sleepy", source="7")  # type: ignore[arg-type]  # as an untyped plugin may
