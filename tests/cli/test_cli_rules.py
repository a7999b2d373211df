from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hub.core.call import CallState, Outcome
from hub.core.presence import Presence
from hub.rules.record import ActionRecord
from hub.rules.sample import CALL
from hub.store.store import Store

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

CONFIG = """\
[hub]
state = "state"
vars = {crm = "https://crm.test"}
[users.alice]
"""
CRM = """\
name: CRM
on: ring
when:
  direction: inbound
  dnis: "+15855550101"
do:
  - open_url: ${crm}/c?phone=%CALLNUM%
  - run: [echo, "%CALLNAME%"]
"""


@pytest.fixture
def rules(home: Path) -> Path:
    """A configuration with an empty folder of rules."""
    (home / "phonehub.toml").write_text(CONFIG)
    folder = home / "rules"
    folder.mkdir()
    return folder


@pytest.mark.feature("RULE-02", "CLI-01")
def test_check_tells_every_problem_with_its_place(rules: Path, phonehub: Run) -> None:
    (rules / "10-crm.yaml").write_text(CRM)
    assert phonehub("rules", "check").stdout == "1 rule is all right\n"
    (rules / "20.yaml").write_text("on: rign\ndo:\n  - noet: x\n")
    ran = phonehub("rules", "check")
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        'rules/20.yaml:1:5: on: there is no trigger "rign" (did you mean "ring"?)',
        'rules/20.yaml:3:5: do.0.noet: there is no action "noet" (did you mean "note"?)',
    ]
    told = json.loads(phonehub("rules", "check", "rules/20.yaml", "--json").stdout)
    assert told[0] == {
        "place": "rules/20.yaml:1:5: on",
        "cause": 'there is no trigger "rign"',
        "remedy": 'did you mean "ring"?',
    }
    assert phonehub("rules", "check", "rules/10-crm.yaml").returncode == 0


@pytest.mark.feature("RULE-02")
def test_check_needs_no_configuration_for_named_files(home: Path, phonehub: Run) -> None:
    (home / "a.yaml").write_text("{on: ring, do: {note: x}}")
    assert phonehub("rules", "check", "a.yaml").stdout == "1 rule is all right\n"
    ran = phonehub("rules", "check")
    assert (ran.returncode, "no configuration" in ran.stderr) == (1, True)
    (home / "a.yaml").chmod(0o666)
    assert "chmod o-w a.yaml" in phonehub("rules", "check", "a.yaml").stderr


@pytest.mark.feature("RULE-02")
def test_schema(home: Path, phonehub: Run) -> None:
    schema = phonehub("rules", "schema").stdout
    assert json.loads(schema)["title"] == "phonehub rule"
    assert '"open_url"' in schema
    assert home.exists()


@pytest.mark.feature("RULE-10", "CLI-01")
def test_test_shows_expansion_and_each_verdict_and_does_nothing(rules: Path, phonehub: Run) -> None:
    (rules / "a.yaml").write_text(CRM)
    ran = phonehub("rules", "test", "rules/a.yaml", "--from", "+49 30 1234567", "--name", "-x\x1b[2J;", "--dnis", "204")
    assert ran.returncode == 0, ran.stderr
    assert "CRM  rules/a.yaml:1  does nothing" in ran.stdout
    assert "✓ direction: inbound" in ran.stdout
    assert "✗ dnis: +15855550101  (it is 204)" in ran.stdout
    assert "open_url https://crm.test/c?phone=%2B49301234567" in ran.stdout
    assert "\x1b[2J" not in ran.stdout
    (told,) = json.loads(phonehub("rules", "test", "rules/a.yaml", "--dnis", "5855550101", "--json").stdout)
    assert told["acts"]
    assert [verdict["holds"] for verdict in told["when"]] == [True, True]
    assert told["do"][1] == {"action": "run", "status": "ok", "detail": "echo 'Jane Doe'"}
    assert "done" not in told


@pytest.mark.feature("RULE-10")
def test_test_run_does_it(rules: Path, phonehub: Run) -> None:
    (rules / "a.yaml").write_text("{on: ring, when: {dnis: 101}, do: {run: [echo, 'it rang: %CALLNAME%']}}")
    ran = phonehub("rules", "test", "rules/a.yaml", "--dnis", "101", "--run")
    assert "it rang: Jane Doe\n" in ran.stdout
    assert "it rang" in phonehub("rules", "test", "rules/a.yaml", "--run", "--dnis", "102").stdout  # as expansion only
    (told,) = json.loads(phonehub("rules", "test", "rules/a.yaml", "--run", "--dnis", "102", "--json").stdout)
    assert told["done"] == []
    (rules / "b.yaml").write_text("{on: ring, do: {run: [false]}}")
    assert phonehub("rules", "test", "rules/b.yaml", "--run").returncode == 1


@pytest.mark.feature("RULE-10")
@pytest.mark.parametrize(
    ("rule", "arguments"),
    [
        ("{on: missed, do: {note: x}}", ()),
        ("{on: {end: failed}, do: {note: x}}", ("--event", "end", "--outcome", "failed")),
        ("{on: dial, when: {direction: outbound}, do: {note: x}}", ()),
        ("{on: ring, answered: true, do: {note: x}}", ()),
        ("{on: {dnd: on}, do: {set_dnd: off}}", ("--dnd",)),
        ("{on: {presence: busy}, do: {set_presence: {presence: away, minutes: 5}}}", ("--presence", "busy")),
        ("{on: ring, when: {presence: [busy, away]}, do: {set_presence: as_before}}", ("--presence", "away")),
        ("{on: {schedule: {every: 5}}, when: {time: '08:00-09:00'}, do: {set_dnd: off}}", ("--at", "08:30")),
        ("{on: start-up, do: {run: [echo, x]}}", ()),
        ("{on: ring, when: {caller: {known: true, company: acme}}, do: {note: x}}", ("--company", "Acme")),
        ("{on: ring, when: {internal: true, line: 1, queue: q, device: d}, do: {note: x}}",
         ("--internal", "--line", "1", "--queue", "q", "--device", "d")),
    ],
)  # fmt: skip
def test_test_makes_up_any_event(rules: Path, phonehub: Run, rule: str, arguments: tuple[str, ...]) -> None:
    (rules / "a.yaml").write_text(rule)
    ran = phonehub("rules", "test", "rules/a.yaml", *arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    assert [told["acts"] for told in json.loads(ran.stdout)] == [True]


def test_the_words_of_options_are_those_of_the_hub() -> None:
    from hub.cli import rules as module
    from hub.rules.trial import CALL_EVENTS, OTHER_EVENTS

    assert set(module._OUTCOMES) == set(map(str, Outcome))
    assert tuple(map(str, Presence)) == module.PRESENCES
    assert set(module._EVENTS) == {*CALL_EVENTS, *OTHER_EVENTS, "missed"}


def past(home: Path) -> None:
    """Fill the history with two calls and an action."""
    began = datetime.now(UTC) - timedelta(days=1)

    async def fill() -> None:
        store = Store(f"sqlite:///{home / 'state' / 'hub.db'}")
        (home / "state").mkdir(mode=0o700)
        await store.open()
        answered = replace(
            CALL,
            id="one",
            started=began,
            answered=began + timedelta(seconds=5),
            ended=began + timedelta(seconds=60),
            state=CallState.NULL,
            outcome=Outcome.ENDED,
        )
        missed = replace(answered, id="two", answered=None, outcome=Outcome.MISSED)
        for call in (answered, missed):
            store.record_call(call)
        await store.record_action(
            ActionRecord(
                key="k", user="alice", rule="user/a.yaml", name="A", action="run", event="ring", status="failed",
                started=began, duration=1.5, call="one", detail="echo \x1b[2Jx", output="x", exit_status=3,
            )
        )  # fmt: skip
        await store.close()

    asyncio.run(fill())


@pytest.mark.feature("RULE-11", "CLI-01")
def test_replay_tells_what_the_rules_would_have_done(rules: Path, home: Path, phonehub: Run) -> None:
    past(home)
    (rules / "a.yaml").write_text("{on: missed, do: {note: 'call %CALLNAME% back'}}")
    (rules / "b.yaml").write_text("{on: ring, when: {direction: inbound, line: 7}, do: {note: x}}")
    (rules / "c.yaml").write_text("{on: ring, answered: true, do: {note: x}}")
    told = json.loads(phonehub("rules", "replay", "--since", "7d", "--json").stdout)
    assert [(each["call"], each["event"], each["rule"], each["acts"], each["stopped_by"]) for each in told] == [
        ("one", "ring", "user/b.yaml", False, "line: 7 (it was 1)"),
        ("one", "answer", "user/c.yaml", True, ""),
        ("two", "ring", "user/b.yaml", False, "line: 7 (it was 1)"),
        ("two", "end", "user/a.yaml", True, ""),
    ]
    assert told[3]["do"] == [{"action": "note", "status": "ok", "detail": "call Jane Doe back"}]
    shown = phonehub("rules", "replay").stdout
    assert "call Jane Doe back" in shown
    assert "line: 7" not in shown
    assert "stopped by line: 7 (it was 1)" in phonehub("rules", "replay", "--all").stdout
    assert phonehub("rules", "replay", "--since", "1h").stdout == "no rule would have acted\n"


@pytest.mark.feature("RULE-12", "CLI-01")
def test_history_shows_what_rules_did(rules: Path, home: Path, phonehub: Run) -> None:
    past(home)
    assert rules.exists()
    ran = phonehub("rules", "history")
    assert "user/a.yaml" in ran.stdout
    assert "failed (3)" in ran.stdout
    assert "\x1b[2J" not in ran.stdout
    (told,) = json.loads(phonehub("rules", "history", "--json", "--rule", "user/a.yaml").stdout)
    assert (told["action"], told["exit_status"], told["output"], told["duration"]) == ("run", 3, "x", 1.5)
    assert json.loads(phonehub("rules", "history", "--json", "--since", "1h").stdout) == []
