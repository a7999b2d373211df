from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from hub.core.call import CallState, Cause
from hub.core.signals import Kind
from hub.sim import versions, wire, wire_requests
from hub.sim.exchange.refusal import Code
from hub.sim.scenario import read
from hub.sim.scenario_model import WrittenScenario
from hub.sim.wire_types import LONGEST_ID, LONGEST_NAME, LONGEST_NUMBER

DOCS = Path(__file__).resolve().parents[2] / "docs"
PROTOCOL = (DOCS / "wire-protocol.md").read_text(encoding="utf-8")
SCENARIOS = (DOCS / "scenarios.md").read_text(encoding="utf-8")


def models(of: type[BaseModel]) -> set[type[BaseModel]]:
    found = {of}
    for field in of.model_fields.values():
        waiting: list[object] = [field.annotation]
        while waiting:
            kind = waiting.pop()
            waiting += typing.get_args(kind)
            if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found:
                found |= models(kind)
    return found


def words(text: str) -> set[str]:
    running = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    marked = re.findall(r"`([^`]+)`|^### (.*)$", running, flags=re.MULTILINE)
    return set(re.findall(r"[a-z_]+", " ".join("".join(one) for one in marked)))


@pytest.mark.parametrize(
    "message", [*wire.FROM_CLIENT.values(), *wire.FROM_SERVER.values()], ids=lambda one: one.__name__
)
def test_every_message_and_field_is_documented(message: type[wire.Wire]) -> None:
    fields = {name for model in models(message) for name in model.model_fields}
    assert {message.model_fields["type"].default, *fields} - words(PROTOCOL) == set()


@pytest.mark.parametrize("word", [*Code, *Kind, *Cause, *CallState])
def test_every_code_kind_cause_and_state_is_documented(word: str) -> None:
    assert f"`{word}`" in PROTOCOL


def test_the_documented_bounds_are_those_in_force() -> None:
    for bound in (wire.LONGEST_REQUEST, 16 * wire.LONGEST_REQUEST, wire.LONGEST_ANSWER):
        assert f"{bound:,} bytes" in PROTOCOL
    assert f"clipped at {LONGEST_NAME} characters" in PROTOCOL
    assert f"numbers at {LONGEST_NUMBER}" in PROTOCOL.replace("\n  ", " ")
    assert f"up to {LONGEST_ID} characters" in PROTOCOL
    assert f"Version {versions.NEWEST}." in PROTOCOL


def test_what_version_1_has_is_documented() -> None:
    (words,) = re.findall(r"Version 1 has the capabilities ([^.]*)", PROTOCOL)
    assert set(re.findall(r"`(\w+)`", words)) == versions.FIRST


def test_the_examples_of_a_scenario_make_one() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", SCENARIOS, flags=re.DOTALL | re.MULTILINE)
    scenario = read("".join(blocks).encode(), "docs/scenarios.md")
    assert [entry.at // 60 for entry in scenario.day] == [8 * 60 + 58, 9 * 60 + 45, 12 * 60, 13 * 60, 14 * 60]


def test_the_example_of_a_sign_in_is_one() -> None:
    (block,) = re.findall(r"^```json\n(.*?)^```$", PROTOCOL, flags=re.DOTALL | re.MULTILINE)
    request = wire.read_request(block)
    assert isinstance(request, wire_requests.SignIn)
    assert request.user == "alice"


def test_every_key_of_a_scenario_is_documented() -> None:
    keys = {field.alias or name for model in models(WrittenScenario) for name, field in model.model_fields.items()}
    written = set(re.findall(r"[a-z_]+", SCENARIOS))
    assert keys - written == set()
