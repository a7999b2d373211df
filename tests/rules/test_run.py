from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from at_work import at_work
from facts_of import about, ringing
from pydantic import BaseModel

from hub import events
from hub.core.call import CallState, Outcome
from hub.phone.adapter import PhoneError
from hub.rules.parts import Action, ActionRefused, Done, Job
from hub.rules.template import TextTemplate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


class Value(BaseModel):
    text: TextTemplate


def action(name: str, run: Callable[[str, Job], Awaitable[Any]], **more: Any) -> Action:
    async def expand_and_run(value: Value, job: Job) -> Any:
        return await run(job.expand(value.text), job)

    return Action(name=name, value=Value, run=expand_and_run, doc="", short="text", **more)


class Said:
    """An action `say` that remembers what it was given."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self.action = action("say", self._say)

    async def _say(self, text: str, _job: Job) -> Done:
        self.all.append(text)
        return Done(text)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.mark.feature("RULE-08", "RULE-12")
async def test_all_rules_that_match_act_and_each_action_is_in_the_history(tmp_path: Path, said: Said) -> None:
    files = {
        "20-b.yaml": "{name: second, on: ring, do: [{say: b %CALLNUM%}, {say: c}]}",
        "10-a.yaml": "{on: ring, do: {say: a %CALLNAME%}}",
        "30-c.yaml": "{on: end, do: {say: never}}",
    }
    async with at_work(tmp_path, files, parts=[said.action]) as work:
        history = await work.tell(ringing())
        assert said.all[:2] == ["a Jane Doe", "b +15855550123"]
        assert said.all[2:] == ["c"]
        assert {(each.rule, each.name, each.action, each.detail) for each in history} == {
            ("user/10-a.yaml", "10-a", "say", "a Jane Doe"),
            ("user/20-b.yaml", "second", "say", "b +15855550123"),
            ("user/20-b.yaml", "second", "say", "c"),
        }
        for each in history:
            assert (each.status, each.event, each.call, each.user) == ("ok", "ring", "1.alice", "alice")
            assert each.duration >= 0
            assert each.started.tzinfo is not None
        assert [(done.rule, done.status) for done in work.done[:1]] == [("user/10-a.yaml", "ok")]


@pytest.mark.feature("RULE-08")
async def test_once_for_an_event_even_after_a_restart(tmp_path: Path, said: Said) -> None:
    files = {"a.yaml": "{on: [ring, end], inferred: true, do: [{say: one}, {say: two}]}"}
    for _ in range(3):
        async with at_work(tmp_path, files, parts=[said.action]) as work:
            await work.tell(ringing(), ringing())
            assert len(await work.history()) == 2
    assert said.all == ["one", "two"]


@pytest.mark.feature("RULE-08")
async def test_a_slow_rule_holds_back_nobody(tmp_path: Path, said: Said) -> None:
    release = asyncio.Event()

    async def wait(text: str, _job: Job) -> Done:
        await release.wait()
        return Done(text)

    files = {"10.yaml": "{on: ring, do: [{wait: x}, {say: later}]}", "20.yaml": "{on: ring, do: {say: now}}"}
    async with at_work(tmp_path, files, parts=[said.action, action("wait", wait)]) as work:
        work.rules.consume(ringing().event)
        await work.until(lambda: said.all == ["now"])
        release.set()
        await work.rules.settled()
        assert said.all == ["now", "later"]


async def refuse(_text: str, _job: Job) -> Done:
    raise ActionRefused("not with this caller")


async def fail(_text: str, _job: Job) -> Done:
    raise RuntimeError("ouch")


async def busy(_text: str, _job: Job) -> Done:
    raise PhoneError("the line is busy", "busy")


async def leave(_text: str, _job: Job) -> Done:
    raise SystemExit(3)


async def nothing(_text: str, _job: Job) -> None:
    return None


async def status(text: str, _job: Job) -> Done:
    return Done("ran", "said", int(text))


async def forever(_text: str, _job: Job) -> Done:
    await asyncio.Event().wait()
    return Done("never")


@pytest.mark.feature("RULE-12", "RULE-15")
@pytest.mark.parametrize(
    ("run", "outcome", "detail"),
    [
        (refuse, "refused", "not with this caller"),
        (fail, "failed", "RuntimeError: ouch"),
        (busy, "failed", "the line is busy"),
        (leave, "failed", "RuntimeError: it called sys.exit(3)"),
        (nothing, "failed", "the action act returned NoneType, not Done"),
        (status, "failed", "ran"),
        (forever, "timeout", "not done within 0.05 s"),
    ],
)
async def test_how_an_action_goes_is_told(
    tmp_path: Path, said: Said, run: Callable[[str, Job], Awaitable[Any]], outcome: str, detail: str
) -> None:
    files = {"a.yaml": "{on: ring, limits: {deadline: 0.05}, do: [{act: 7}, {say: next}]}"}
    async with at_work(tmp_path, files, parts=[said.action, action("act", run)]) as work:
        first, second = await work.tell(ringing())
        assert (first.status, first.detail) == (outcome, detail)
        assert first.exit_status == (7 if run is status else None)
        assert (second.status, said.all) == ("ok", ["next"])


@pytest.mark.feature("RULE-15")
async def test_an_action_that_will_not_be_cancelled_is_left_behind(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.rules.doing._GRACE", 0.05)
    release = asyncio.Event()

    async def stubborn(_text: str, _job: Job) -> Done:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return Done("at last")

    files = {"a.yaml": "{on: ring, limits: {deadline: 0.05}, do: [{act: x}, {say: next}]}"}
    async with at_work(tmp_path, files, parts=[said.action, action("act", stubborn)]) as work:
        first, _ = await work.tell(ringing())
        assert (first.status, said.all) == ("timeout", ["next"])
        release.set()


@pytest.mark.feature("RULE-15")
async def test_a_storm_drops_with_a_count(tmp_path: Path, said: Said) -> None:
    release, two = asyncio.Event(), asyncio.Event()
    at_once = most = 0

    async def wait(text: str, _job: Job) -> Done:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        if at_once == 2:
            two.set()
        await release.wait()
        at_once -= 1
        return Done(text)

    limits = "{concurrency: 2, waiting: 3, per_minute: 100}"
    files = {"a.yaml": f"{{on: ring, limits: {limits}, do: {{wait: x}}}}", "b.yaml": "{on: ring, do: {say: x}}"}
    async with at_work(tmp_path, files, parts=[said.action, action("wait", wait)]) as work:
        for number in range(50):
            work.rules.consume(ringing(id=f"{number}.alice").event)
        await work.until(lambda: any(done.status == "dropped" for done in work.done))
        await two.wait()
        release.set()
        await work.rules.settled()
        assert most == 2
        history = await work.history()
        assert sum(each.rule == "user/a.yaml" and each.status == "ok" for each in history) == 5
        (dropped,) = [each for each in history if each.status == "dropped"]
        assert dropped.detail == "45 events dropped: 2 events at work and 3 waiting"
        assert len(said.all) == 50


@pytest.mark.feature("RULE-15")
async def test_a_rate_is_kept(tmp_path: Path, said: Said) -> None:
    files = {"a.yaml": "{on: ring, limits: {per_minute: 3}, do: {say: x}}"}
    async with at_work(tmp_path, files, parts=[said.action]) as work:
        await work.tell(*(ringing(id=f"{number}.alice") for number in range(10)))
        await work.until(lambda: any(done.status == "dropped" for done in work.done))
        assert len(said.all) == 3
        assert "7 events dropped: more than 3 events in a minute" in [done.detail for done in work.done]


async def test_what_is_not_claimed_is_not_done(tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_work(tmp_path, {"a.yaml": "{on: ring, do: {say: x}}"}, parts=[said.action]) as work:

        async def full(_key: str) -> bool:
            raise OSError("the disk is full")

        monkeypatch.setattr(work.store, "claim", full)
        (only,) = await work.tell(ringing())
        assert (only.status, only.detail) == ("failed", "not done, as it could not be claimed: the disk is full")
        assert said.all == []


@pytest.mark.feature("RULE-04")
async def test_answered_survives_a_restart(tmp_path: Path, said: Said) -> None:
    files = {"a.yaml": "{on: ring, answered: true, do: {say: '%CALLNUM%'}}"}
    async with at_work(tmp_path, files, parts=[said.action]) as work:
        await work.tell(ringing())
        assert said.all == []
    async with at_work(tmp_path, files, parts=[said.action]) as work:
        await work.tell(about(events.Answer, state=CallState.CONNECTED))
        assert said.all == ["+15855550123"]


@pytest.mark.feature("RULE-07")
async def test_number_options_are_a_rules_own(tmp_path: Path, said: Said) -> None:
    files = {
        "a.yaml": "{on: ring, numbers: {strip_country_code: true}, do: {say: '%CALLNUM%'}}",
        "b.yaml": "{on: ring, do: {say: '%CALLNUM%'}}",
    }
    async with at_work(tmp_path, files, parts=[said.action]) as work:
        await work.tell(ringing())
        assert said.all == ["5855550123", "+15855550123"]


@pytest.mark.feature("RULE-05", "HIST-01")
async def test_a_note_goes_to_the_calls_history(tmp_path: Path) -> None:
    async with at_work(tmp_path, {"a.yaml": "{on: missed, do: {note: 'call %CALLNAME% back'}}"}) as work:
        missed = about(events.End, outcome=Outcome.MISSED, state=CallState.NULL)
        work.store.record_call(missed.event.call)
        (record,) = await work.tell(missed)
        assert (record.status, record.detail) == ("ok", "call Jane Doe back")
        (entry,) = await work.store.calls("alice")
        assert [note.text for note in entry.notes] == ["call Jane Doe back"]


@pytest.mark.feature("RULE-09", "RULE-12")
async def test_secrets_are_redacted_in_the_history(tmp_path: Path) -> None:
    async def leak(_text: str, _job: Job) -> Done:
        return Done("sent s3cr3t-token", "it said s3cr3t-token", 1)

    async with at_work(tmp_path, {"a.yaml": "{on: ring, do: {leak: x}}"}, parts=[action("leak", leak)]) as work:
        work.redactor.learn("s3cr3t-token")
        (record,) = await work.tell(ringing())
        assert "s3cr3t" not in record.detail + record.output + work.done[0].detail


@pytest.mark.feature("RULE-14")
async def test_on_a_server_only_locked_rules_act_on_the_host(tmp_path: Path, said: Said) -> None:
    local = action("local", said._say, acts_on_the_host=True)
    files = {"a.yaml": "{on: ring, do: {local: x}}"}
    async with at_work(tmp_path, files, parts=[local], server=True) as work:
        (problem,) = work.rules.problems
        assert "on a server only the administrator's rules" in str(problem)
        assert await work.tell(ringing()) == []
    async with at_work(tmp_path, files, parts=[local], server=True, locked=True) as work:
        await work.tell(ringing())
        assert said.all == ["x"]


async def test_stopping_ends_what_is_being_done(tmp_path: Path) -> None:
    async with at_work(tmp_path, {"a.yaml": "{on: ring, do: {act: x}}"}, parts=[action("act", forever)]) as work:
        work.rules._drain = 0.05
        work.rules.consume(ringing().event)
        await asyncio.sleep(0)
    assert [done.detail for done in work.done] == ["the hub stopped before it was done"]
