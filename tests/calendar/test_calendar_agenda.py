"""Appointments through a whole hub: from the file or the server to what colleagues see at the phone system."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from ics import calendar, event

from hub import Presence
from hub.phone.commands import SetDnd, SetPresence
from hub.web import tokens
from hub_calendar.agenda import Agenda

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hub.testing.harness import Desk
    from hub_calendar.appointment import Appointment
    from hub_calendar.timeline import Timeline

MEETING, BUSY, OFFICE, AWAY = Presence.AT_A_MEETING, Presence.BUSY, Presence.IN_OFFICE, Presence.AWAY
WITHIN = 20.0


def soon(start: float, end: float, *lines: str, uid: str = "one", title: str = "Budget") -> str:
    """Return an event that begins and ends so many seconds from now."""
    now = datetime.now(UTC)
    times = [f":{now + timedelta(seconds=each):%Y%m%dT%H%M%SZ}" for each in (start, end)]
    return event(f"SUMMARY:{title}", *lines, uid=uid, start=times[0], end=times[1])


def config(path: Path, more: str = "", name: str = "work") -> str:
    return f'[plugins.calendar]\n{more}\n[plugins.calendar.sources.{name}]\nkind = "file"\npath = "{path}"\n'


def api(desk: Desk, user: str = "alice") -> httpx.AsyncClient:
    assert desk.hub.server is not None
    headers = {"Authorization": f"Bearer {tokens.read(desk.hub.config.hub.state, user)}"}
    base = f"{desk.hub.server.url}/api/plugins/calendar"
    return httpx.AsyncClient(base_url=base, headers=headers, trust_env=False, timeout=WITHIN)


async def until_shown(desk: Desk, presence: Presence, user: str = "alice") -> None:
    """Return when the phone system shows it."""
    async with asyncio.timeout(WITHIN):
        while desk.office.server.exchange.presence(user) is not presence:  # noqa: ASYNC110  it tells the hub alone
            await asyncio.sleep(0.02)


async def until_dnd(desk: Desk, *, on: bool) -> None:
    async with asyncio.timeout(WITHIN):
        while desk.phone.dnd is not on:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.02)


async def until_read(desk: Desk, times: int = 1, state: str = "ready") -> None:
    await desk.events.until(
        lambda told: sum(e.type == "calendar.changed" and getattr(e, "state", "") == state for e in told) >= times
    )


@pytest.mark.feature("CAL-01", "CAL-04", "CAL-05")
async def test_an_appointment_in_a_file_shows_the_presence_from_its_start_to_its_end(
    phonehub: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar())
    async with phonehub(config=config(path)) as desk:
        await until_read(desk)
        path.write_bytes(calendar(soon(2.5, 4.5)))
        await until_read(desk, 2)
        assert desk.office.server.exchange.presence("alice") is OFFICE
        await until_shown(desk, MEETING)
        begun: Any = await desk.events.type("calendar.started")
        assert timedelta(0) <= begun.at - begun.start < timedelta(seconds=1.2)
        assert (begun.title, begun.show_as, begun.private) == ("Budget", "busy", False)
        await until_shown(desk, OFFICE)
        ended: Any = await desk.events.type("calendar.ended")
        assert timedelta(0) <= ended.at - ended.end < timedelta(seconds=1.2)


async def test_of_an_appointment_that_is_in_two_calendars_the_stronger_copy_counts(
    phonehub: Callable[..., Any], tmp_path: Path
) -> None:
    for name, shown in (("a", "OOF"), ("b", "BUSY"), ("c", "FREE")):
        (tmp_path / f"{name}.ics").write_bytes(calendar(soon(-600, 600, f"X-MICROSOFT-CDO-BUSYSTATUS:{shown}")))
    async with phonehub(config=config(tmp_path, 'dnd = ["out_of_office"]')) as desk:
        await until_dnd(desk, on=True)
        await until_shown(desk, AWAY)


async def test_what_one_source_read_is_not_lost_when_another_is_read_meanwhile(
    phonehub: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, later, line = itertools.count(), threading.Event(), Agenda._line

    def made(appointments: list[Appointment], chosen: Mapping[str, Presence]) -> Timeline:
        if next(number) == 0:
            later.wait(1)  # in vain where one waits for the other
        else:
            later.set()
        return line(appointments, chosen)

    monkeypatch.setattr(Agenda, "_line", staticmethod(made))
    tables = []
    for name in ("home", "work"):
        (tmp_path / f"{name}.ics").write_bytes(calendar(soon(-600, 600, uid=name)))
        tables.append(config(tmp_path / f"{name}.ics", name=name).removeprefix("[plugins.calendar]"))
    async with phonehub(config="\n".join(tables)) as desk:
        await until_read(desk, 2)
        async with api(desk) as asked:
            assert {each["series"] for each in (await asked.get("/now")).json()} == {"home", "work"}


@pytest.mark.feature("CAL-04", "CAL-05")
async def test_an_appointment_that_is_edited_while_it_runs_is_shown_as_it_is_then(
    phonehub: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-600, 600)))
    async with phonehub(config=config(path)) as desk:
        await until_shown(desk, MEETING)
        path.write_bytes(calendar(soon(-600, 600, "X-MICROSOFT-CDO-BUSYSTATUS:OOF")))
        await until_shown(desk, AWAY)
        path.write_bytes(calendar(soon(-600, -1)))
        await until_shown(desk, OFFICE)
        path.write_bytes(calendar(soon(-600, 600)))
        await until_shown(desk, MEETING)
        path.unlink()
        await until_read(desk, state="failed")
        assert desk.office.server.exchange.presence("alice") is MEETING  # what was read last is kept
        async with api(desk) as asked:
            (source,) = (await asked.get("/sources")).json()
        assert source["state"] == "failed"
        assert str(path) in source["error"]
        assert "it cannot be read: No such file or directory" in source["error"]


@pytest.mark.feature("CAL-05")
async def test_a_folder_of_calendars_is_watched(phonehub: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "calendars"
    folder.mkdir()
    (folder / "notes.txt").write_text("not a calendar", encoding="utf-8")
    async with phonehub(config=config(folder)) as desk:
        await until_read(desk)
        (folder / "team.ics").write_bytes(calendar(soon(-600, 600)))
        await until_shown(desk, MEETING)
        (folder / "trip.ics").write_bytes(calendar(soon(-60, 600, "X-MICROSOFT-CDO-BUSYSTATUS:OOF", uid="two")))
        await until_shown(desk, AWAY)
        (folder / "trip.ics").write_bytes(b"garbage")
        await until_shown(desk, MEETING)
        async with api(desk) as asked:
            (source,) = (await asked.get("/sources")).json()
        assert source["problems"] == ["trip.ics: no calendar: it begins 'garbage', not 'BEGIN:VCALENDAR'"]


@pytest.mark.feature("CAL-04")
async def test_touching_appointments_hand_over_without_a_flicker(phonehub: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-60, 600)))
    async with phonehub(config=config(path)) as desk:
        await until_shown(desk, MEETING)
        path.write_bytes(calendar(soon(-60, 2), soon(2, 600, uid="two", title="Next")))
        await desk.events.type("calendar.ended")
        next_: Any = await desk.events.type("calendar.started")
        assert next_.title == "Next"
        await desk.settled()
        shown = [getattr(each, "presence", None) for each in desk.events.all if each.type == "presence"]
        assert shown == [MEETING]


@pytest.mark.feature("CAL-02")
async def test_a_fixed_presence_is_shown_in_every_appointment(phonehub: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-60, 600, "TRANSP:TRANSPARENT")))
    async with phonehub(config=config(path, 'presence = "busy"\nleave_free = false')) as desk:
        await until_shown(desk, BUSY)


@pytest.mark.feature("CAL-03")
async def test_a_presence_is_chosen_for_one_appointment_and_kept(phonehub: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-600, 600)))
    async with phonehub(config=config(path)) as desk, api(desk) as asked:
        await until_shown(desk, MEETING)
        (on,) = (await asked.get("/now")).json()
        chosen = await asked.post("/presence", json={"id": on["id"], "presence": "at_home"})
        assert (chosen.json()["presence"], chosen.json()["chosen"]) == ("at_home", True)
        await until_shown(desk, Presence.AT_HOME)
        assert (await asked.post("/presence", json={"id": "nothing", "presence": None})).status_code == 404
    async with phonehub(config=config(path)) as desk, api(desk) as asked:
        await until_shown(desk, Presence.AT_HOME)
        await asked.post("/presence", json={"id": on["series"], "presence": None})
        await asked.post("/presence", json={"id": on["id"], "presence": None})
        await until_shown(desk, MEETING)


@pytest.mark.feature("CAL-03")
async def test_a_calendar_may_name_the_presence_itself(phonehub: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-600, 600, "CATEGORIES:Presence: On vacation")))
    async with phonehub(config=config(path)) as desk:
        await until_shown(desk, Presence.ON_VACATION)


@pytest.mark.feature("PRES-02", "PRES-03")
async def test_what_is_set_by_hand_in_a_meeting_stays_until_it_ends(
    phonehub: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-600, 600)))
    async with phonehub(config=config(path)) as desk:
        await until_shown(desk, MEETING)
        server = desk.office.server
        server.exchange.command(server.now(), "alice", SetPresence(AWAY), by_hand=True)
        await desk.events.type("presence", 2)
        path.write_bytes(calendar(soon(-600, 900, title="Longer")))
        await until_read(desk, 2)
        await desk.settled()
        assert server.exchange.presence("alice") is AWAY


@pytest.mark.feature("CAL-09")
async def test_do_not_disturb_is_on_during_appointments_and_given_back(
    phonehub: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-600, 600)))
    async with phonehub(config=config(path, 'dnd = ["busy"]')) as desk:
        await until_dnd(desk, on=True)
        logged: Any = await desk.events.until(lambda told: [e for e in told if getattr(e, "kind", "") == "dnd"])
        assert [(each.now, each.source, each.reason) for each in logged] == [("on", "calendar", "appointment")]
        path.write_bytes(calendar(soon(-600, 600, "TRANSP:TRANSPARENT")))
        await until_dnd(desk, on=False)
        path.write_bytes(calendar(soon(-600, 600)))
        await until_dnd(desk, on=True)
        server = desk.office.server
        server.exchange.command(server.now(), "alice", SetDnd(on=False), by_hand=True)
        await until_dnd(desk, on=False)
        await desk.settled()
        path.write_bytes(calendar(soon(-600, 900)))
        await until_read(desk, 4)
        await desk.settled()
        assert desk.phone.dnd is False  # the user's hand stands


@pytest.mark.feature("CAL-09")
async def test_do_not_disturb_goes_off_when_the_hub_ends_and_stays_where_the_user_had_it_on(
    phonehub: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-600, 600)))
    async with phonehub(config=config(path, 'dnd = ["busy"]')) as desk:
        await until_dnd(desk, on=True)
        exchange = desk.office.server.exchange
    assert exchange.dnd("alice") is False


async def test_a_database_that_fails_leaves_do_not_disturb_alone_and_the_presence_goes_on(
    phonehub: Callable[..., Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar())
    async with phonehub(config=config(path, 'dnd = ["busy"]')) as desk:
        await until_read(desk)
        with closing(sqlite3.connect(desk.hub.config.hub.state / "hub.db")) as file:
            file.execute("DROP TABLE calendar_dnd")
        path.write_bytes(calendar(soon(-600, 600)))
        await until_shown(desk, MEETING)
        path.write_bytes(calendar(soon(-600, 600, "X-MICROSOFT-CDO-BUSYSTATUS:OOF")))
        await until_shown(desk, AWAY)
        assert "whose do-not-disturb it is cannot be remembered" in caplog.text
        assert desk.phone.dnd is False


@pytest.mark.feature("CAL-04", "RULE-03")
async def test_rules_act_on_appointments(phonehub: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar())
    rules = {
        "10-start.yaml": "on: {appointment_start: busy}\ndo:\n  - set_dnd: on\n",
        "20-end.yaml": "on: appointment_end\nwhen: {show_as: busy}\ndo:\n  - set_dnd: off\n",
    }
    async with phonehub(config=config(path), rules=rules) as desk:
        await until_read(desk)
        path.write_bytes(calendar(soon(2, 4), soon(2, 4, "TRANSP:TRANSPARENT", uid="two", title="Lunch")))
        await until_dnd(desk, on=True)
        await until_dnd(desk, on=False)


async def test_one_user_does_not_see_anothers_appointments(phonehub: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-600, 600)))
    own = f'[users.alice.plugins.calendar.sources.own]\nkind = "file"\npath = "{path}"\n'
    async with phonehub(config=own, users=("alice", "bob")) as desk, api(desk, "bob") as bob, api(desk) as alice:
        await until_shown(desk, MEETING)
        assert [each["title"] for each in (await alice.get("/appointments")).json()] == ["Budget"]
        assert (await bob.get("/appointments")).json() == []
        assert (await bob.get("/sources")).json() == []
        assert (await bob.post("/sources/own/refresh", json={})).status_code == 404
        assert desk.office.server.exchange.presence("bob") is OFFICE


async def test_rules_of_a_user_without_a_phone_are_told_of_appointments(
    phonehub: Callable[..., Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar())
    async with phonehub(config=f"{config(path)}[users.bob.plugins.calendar]\n") as desk:
        await until_read(desk, 2)
        path.write_bytes(calendar(soon(1.5, 600)))
        await desk.events.until(lambda told: any((e.type, e.user) == ("calendar.started", "bob") for e in told))
    assert "user bob has no phone" not in caplog.text


async def test_a_private_appointment_keeps_its_text(phonehub: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "work.ics"
    path.write_bytes(calendar(soon(-600, 600, "CLASS:PRIVATE", title="Doctor")))
    async with phonehub(config=config(path)) as desk, api(desk) as asked:
        await until_shown(desk, MEETING)
        told = (await asked.get("/now")).text + str(desk.events.all)
        assert "Doctor" not in told
