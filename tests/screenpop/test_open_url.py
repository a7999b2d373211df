from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import stat
from typing import TYPE_CHECKING, Any

import pytest
from at_work import at_work
from facts_of import ringing

from hub import events
from hub_screenpop import ScreenPop
from hub_screenpop.settings import Settings, Where

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from popped import Site

NAMES = [
    "a&b=c#d?e/f", "../..", "%2e%2e/", "$(id);`id`", "a b+c", "\"'<script>", "x\r\nHost: evil", "\x00", "\u202eevil",
    "Zoë 🦄", "\ud800",
]  # fmt: skip


def parts() -> list[Any]:
    return list(ScreenPop().register_rule_parts())


def rule(url: str, **more: Any) -> dict[str, str]:
    return {"a.yaml": json.dumps({"on": "ring", "do": {"open_url": {"url": url, **more}}})}


@pytest.mark.feature("RULE-05", "RULE-06", "RULE-09")
async def test_the_page_is_asked_for_with_what_the_caller_sent(tmp_path: Path, site: Site, visit: Path) -> None:
    config = Settings(browser=(str(visit),))
    files = rule(f"{site.url}/search?phone=%CALLNUM%&name=%CALLNAME%&line={{{{ call.dnis.name }}}}")
    async with at_work(tmp_path, files, parts=parts(), config=config) as work:
        for number, name in enumerate(NAMES):
            (*_, record) = await work.tell(ringing(id=f"{number}.alice", caller="+1 585 555 0123", caller_name=name))
            assert record.status == "ok", record
            await asyncio.to_thread(site.wait, number + 1)
    assert site.queries == [
        ("/search", {"phone": ["+15855550123"], "name": [name.replace("\ud800", "\ufffd")], "line": ["Sales"]})
        for name in NAMES
    ]


@pytest.mark.feature("RULE-06")
@pytest.mark.parametrize(("more", "path"), [({}, "/c/%2B15855550123"), ({"append": "false"}, "/c/")])
async def test_the_number_is_put_at_the_end(
    tmp_path: Path, site: Site, visit: Path, more: dict[str, str], path: str
) -> None:
    config = Settings(browser=(str(visit), "--page=%URL%"))
    async with at_work(tmp_path, rule(f"{site.url}/c/", **more), parts=parts(), config=config) as work:
        await work.tell(ringing())
        await asyncio.to_thread(site.wait)
    assert site.paths == [path]


@pytest.mark.feature("RULE-09")
async def test_a_path_that_would_climb_is_refused(tmp_path: Path, site: Site, visit: Path) -> None:
    files = rule(f"{site.url}/customers/%CALLNAME%/card")
    async with at_work(tmp_path, files, parts=parts(), config=Settings(browser=(str(visit),))) as work:
        (record,) = await work.tell(ringing(caller="1", caller_name=".."))
        assert record.status == "refused"
        assert "segment" in record.detail
    assert site.paths == []


@pytest.mark.feature("RULE-14")
@pytest.mark.parametrize(
    ("where", "config", "server", "console"),
    [
        ({}, Where.AUTO, True, True),
        ({}, Where.AUTO, False, False),
        ({}, Where.CONSOLE, False, True),
        ({"where": "console"}, Where.BROWSER, False, True),
        ({"where": "browser"}, Where.CONSOLE, False, False),
    ],
)
async def test_where_a_page_opens(
    tmp_path: Path, site: Site, visit: Path, where: dict[str, str], config: Where, *, server: bool, console: bool
) -> None:
    settings = Settings(where=config, browser=(str(visit),))
    files = rule(f"{site.url}/x?n=%CALLNUM%", **where)
    async with at_work(tmp_path, files, parts=parts(), config=settings, server=server) as work:
        (record,) = await work.tell(ringing())
        assert record.detail == f"{site.url}/x?n=%2B15855550123"
        pages = [event for event in work.emitted if isinstance(event, events.OpenPage)]
        if console:
            assert [(page.url, page.call, page.rule, page.user) for page in pages] == [
                (record.detail, "1.alice", "user/a.yaml", "alice")
            ]
            assert site.paths == []
        else:
            assert pages == []
            await asyncio.to_thread(site.wait)


async def test_on_a_server_its_own_browser_is_the_administrators(tmp_path: Path, site: Site, visit: Path) -> None:
    files = rule(f"{site.url}/x", where="browser")
    async with at_work(tmp_path, files, parts=parts(), config=Settings(browser=(str(visit),)), server=True) as work:
        (record,) = await work.tell(ringing())
        assert record.status == "failed"
        assert "where: console" in record.detail
    assert site.paths == []


async def test_a_browser_that_does_not_start_is_told(tmp_path: Path) -> None:
    for number, browser in enumerate((("/no/such/browser",), ("false",))):
        (tmp_path / str(number)).mkdir()
        config = Settings(browser=browser)
        async with at_work(tmp_path / str(number), rule("http://x/"), parts=parts(), config=config) as work:
            (record,) = await work.tell(ringing())
            assert record.status == "failed"
            assert browser[0] in record.detail


async def test_the_computers_own_browser(
    tmp_path: Path, site: Site, visit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import webbrowser

    monkeypatch.setenv("BROWSER", str(visit))
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})
    async with at_work(tmp_path, rule(f"{site.url}/x?n=%CALLNUM%"), parts=parts(), config=Settings()) as work:
        (record,) = await work.tell(ringing())
        assert record.status == "ok", record
        await asyncio.to_thread(site.wait)
    assert site.queries == [("/x", {"n": ["+15855550123"]})]


FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Path]:
    """Return a program that becomes a headless Chromium, which is ended with the test."""
    found = shutil.which("chromium")
    if found is None and not os.environ.get("CI"):
        pytest.skip("chromium is not installed")
    assert found is not None, "chromium is not installed"
    starter, pid = tmp_path / "chromium", tmp_path / "chromium.pid"
    flags = " ".join([*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"])
    starter.write_text(f'#!/bin/sh\necho $$ > {pid}\nexec {found} {flags} "$@"\n')
    starter.chmod(starter.stat().st_mode | stat.S_IXUSR)
    yield starter
    if pid.exists():
        with_group = int(pid.read_text())
        os.killpg(with_group, signal.SIGKILL)


@pytest.mark.peer
@pytest.mark.feature("RULE-05", "RULE-09", "RULE-14")
async def test_a_rule_opens_a_real_browser(tmp_path: Path, site: Site, chromium: Path) -> None:
    name = 'Zoë "Z" & Söhne; $(id) <b>'
    files = rule(f"{site.url}/search?phone=%CALLNUM%&name=%CALLNAME%")
    async with at_work(tmp_path, files, parts=parts(), config=Settings(browser=(str(chromium),))) as work:
        (record,) = await work.tell(ringing(caller="+15855550123", caller_name=name))
        assert record.status == "ok", record
        await asyncio.to_thread(site.wait, 1, 45)
    assert site.queries[0] == ("/search", {"phone": ["+15855550123"], "name": [name]})
