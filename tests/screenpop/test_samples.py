"""Each rule that travels with the demo, with its real effect: on a real office over a socket, through the whole hub."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from desk import JANE, at_the_desk
from popped import Program

if TYPE_CHECKING:
    from desk import Desk
    from popped import Site

RULES = Path(__file__).parents[2] / "rules"
STRANGER = "+15855559999"
HOSTILE = '"; $(touch owned) & %CALLNUM% {{ 7*7 }} <b>'


def text_of(rule: str) -> str:
    return (RULES / rule).read_text(encoding="utf-8")


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Put a program in the place of `echo` that writes down what it was started with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return Program(folder, "echo")


def test_each_sample_has_its_test() -> None:
    tests = Path(__file__).read_text(encoding="utf-8")
    assert [rule.name for rule in sorted(RULES.glob("*.yaml")) if tests.count(rule.name) == 0] == []


@pytest.mark.feature("RULE-03", "RULE-05")
async def test_start_up(tmp_path: Path, site: Site, visit: Path, echo: Program) -> None:
    async with at_the_desk(tmp_path, "05-start-up.yaml", text_of("05-start-up.yaml"), site, visit) as desk:
        (record,) = await desk.done()
        assert (record.event, record.status) == ("started", "ok")
    assert echo.argvs == [["phonehub watches the phone of alice"]]


@pytest.mark.feature("RULE-04", "RULE-06")
async def test_crm(tmp_path: Path, site: Site, visit: Path) -> None:
    async with at_the_desk(tmp_path, "10-crm.yaml", text_of("10-crm.yaml"), site, visit) as desk:
        await desk.hang_up(await desk.call(STRANGER, "Nobody"))
        await desk.call(JANE, "JANE C")
        await desk.done()
        await asyncio.to_thread(site.wait)
    assert site.queries == [("/customers", {"phone": [JANE]})]


@pytest.mark.feature("RULE-04", "RULE-06", "RULE-09")
async def test_new_customer(tmp_path: Path, site: Site, visit: Path) -> None:
    async with at_the_desk(tmp_path, "11-new-customer.yaml", text_of("11-new-customer.yaml"), site, visit) as desk:
        for number, name in ((JANE, "JANE C"), ("anonymous", "Anonymous")):
            await desk.hang_up(await desk.call(number, name))
        await desk.call(STRANGER, HOSTILE)
        await desk.done()
        await asyncio.to_thread(site.wait)
    assert site.queries == [("/customers/new", {"phone": [STRANGER], "name": [HOSTILE]})]


@pytest.mark.feature("RULE-04")
async def test_support_line(tmp_path: Path, site: Site, visit: Path) -> None:
    text = text_of("20-support-line.yaml").replace("+15855550101", "+15855550100")
    async with at_the_desk(tmp_path, "20-support-line.yaml", text, site, visit) as desk:
        await desk.call(JANE)
        await desk.done()
        await asyncio.to_thread(site.wait)
    assert site.queries == [("/customers", {"phone": [JANE], "line": ["Main number"]})]


async def test_support_line_is_one_number_only(tmp_path: Path, site: Site, visit: Path) -> None:
    async with at_the_desk(tmp_path, "20-support-line.yaml", text_of("20-support-line.yaml"), site, visit) as desk:
        await desk.call(JANE)
        await desk.hub.settled()
        assert await desk.hub.store.actions("alice") == []


@pytest.mark.feature("RULE-03", "HIST-01")
async def test_missed(tmp_path: Path, site: Site, visit: Path) -> None:
    async with at_the_desk(tmp_path, "30-missed.yaml", text_of("30-missed.yaml"), site, visit) as desk:
        await desk.hang_up(await desk.call(JANE))
        (record,) = await desk.done()
        assert record.status == "ok", record
        assert await desk.notes() == [f"Call Customer & Co back on {JANE}"]
        await desk.hang_up(await desk.call("+15855550007"))
        await desk.done(2)
        assert await desk.notes() == ["Call the caller back on +15855550007"]


@pytest.mark.feature("RULE-03", "RULE-09")
async def test_log(tmp_path: Path, site: Site, visit: Path, echo: Program) -> None:
    async with at_the_desk(tmp_path, "40-log.yaml", text_of("40-log.yaml"), site, visit) as desk:
        await desk.hang_up(await desk.call(STRANGER, HOSTILE))
        (record,) = await desk.done()
        assert record.status == "ok", record
    assert echo.argvs == [["inbound", "missed", STRANGER, HOSTILE]]


@pytest.mark.feature("RULE-03", "RULE-07")
@pytest.mark.parametrize("dialled", ["95855554321", "9 1 585 555 4321", "9-555-4321"])
async def test_dialled(tmp_path: Path, site: Site, visit: Path, echo: Program, dialled: str) -> None:
    async with at_the_desk(tmp_path, "50-dialled.yaml", text_of("50-dialled.yaml"), site, visit) as desk:
        desk.dial(dialled)
        (record,) = await desk.done()
        assert record.event == "dial"
    assert echo.argvs == [["dialled", "5855554321"]]


@pytest.mark.feature("RULE-04")
@pytest.mark.parametrize(("span", "count"), [("00:00-00:00", 1), ("00:00-00:01", 0)])
async def test_after_hours(tmp_path: Path, site: Site, visit: Path, span: str, count: int) -> None:
    text = text_of("60-after-hours.yaml")
    assert "18:00-08:00" in text
    days = text.replace("sat-sun", "mon-sun") if count else text.replace("    - {weekday: sat-sun}\n", "")
    async with at_the_desk(tmp_path, "60-after-hours.yaml", days.replace("18:00-08:00", span), site, visit) as desk:
        await desk.call(JANE)
        if count:
            await desk.done()
        await desk.hub.settled()
        notes = await desk.notes()
        assert [note.startswith("Called after hours, at ") for note in notes] == [True] * count


@pytest.mark.feature("RULE-04")
async def test_answered(tmp_path: Path, site: Site, visit: Path) -> None:
    async with at_the_desk(tmp_path, "70-answered.yaml", text_of("70-answered.yaml"), site, visit) as desk:
        await desk.hang_up(await desk.call(JANE))
        await desk.call(JANE)
        desk.pick_up()
        (record,) = await desk.done()
        assert record.event == "answer"
        assert await desk.notes() == ["Answered by alice on alice-desk."]


@pytest.mark.feature("RULE-03")
async def test_do_not_disturb(tmp_path: Path, site: Site, visit: Path, echo: Program) -> None:
    async with at_the_desk(tmp_path, "80-do-not-disturb.yaml", text_of("80-do-not-disturb.yaml"), site, visit) as desk:
        phone = desk.hub.phones["alice"]
        await phone.set_dnd(True)
        await desk.done()
        await phone.set_dnd(False)
        await desk.told("dnd", 2)
        await desk.hub.settled()
    (argv,) = echo.argvs
    assert argv[0].startswith("Calls of alice go on without ringing, since ")


@pytest.mark.feature("RULE-03", "RULE-05", "CALL-17")
async def test_morning(tmp_path: Path, site: Site, visit: Path) -> None:
    async with at_the_desk(tmp_path, "90-morning.yaml", text_of("90-morning.yaml"), site, visit) as desk:
        phone = desk.hub.phones["alice"]
        await phone.set_dnd(True)
        await desk.told("dnd")
        (schedule,) = desk.hub.library.rules.schedules
        ticker = desk.hub._rules._ticker
        due = schedule.next_after(desk.hub.clock.now(), ticker._zone)
        assert f"{due.astimezone(ticker._zone):%H:%M}" == "08:30"
        ticker._tell(frozenset({schedule}), due)  # the morning has come
        (record,) = await desk.done()
        assert (record.action, record.detail, record.status) == ("set_dnd", "off", "ok")
        await desk.told("dnd", 2)
        assert phone.dnd is False
        ticker._tell(frozenset({schedule}), due + timedelta(days=1))  # nothing was forgotten: nothing to do
        await desk.hub.settled()
        assert len(await desk.hub.store.actions("alice")) == 1


async def in_force(desk: Desk, before: object) -> None:
    """Return when other rules are in force; the hub tells nobody of it."""
    while desk.hub.library.rules is before:  # noqa: ASYNC110  see above
        await asyncio.sleep(0.01)


@pytest.mark.feature("RULE-01")
async def test_editing_a_rule_changes_the_next_call(tmp_path: Path, site: Site, visit: Path, echo: Program) -> None:
    async with at_the_desk(tmp_path, "40-log.yaml", text_of("40-log.yaml"), site, visit) as desk:
        await desk.hang_up(await desk.call(STRANGER, "one"))
        await desk.done()
        before = desk.hub.library.rules
        changed = json.dumps({"on": "end", "do": {"run": ["echo", "changed %CALLNAME%"]}})
        (desk.rules / "40-log.yaml").write_text(changed, encoding="utf-8")
        async with asyncio.timeout(1):
            await in_force(desk, before)
        await desk.hang_up(await desk.call(STRANGER, "two"))
        await desk.done(2)
    assert echo.argvs == [["inbound", "missed", STRANGER, "one"], ["changed two"]]
