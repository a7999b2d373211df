"""The public JSON form of every event, pinned by golden files. A changed golden file is a change of the public API."""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub import events
from hub.core.agent import AgentState
from hub.core.boards import (
    Appearance,
    AppearanceKind,
    Appearances,
    Lines,
    LineState,
    Messages,
    OutsideLine,
    Parked,
    ParkedCall,
    Permission,
    SystemCall,
    SystemCalls,
)
from hub.core.call import Call, CallState, Contact, Direction, Leg, LegState, Outcome, Party
from hub.core.colleagues import Colleague, Lamp
from hub.core.numbers import Number, NumberKind
from hub.core.phone_contacts import ContactNumber, PhoneContact, PhoneContactKind
from hub.core.presence import Presence
from hub.core.queue_boards import Agent, Agents, AgentStatus, Distribution, Queues, QueueStatus

GOLDEN = Path(__file__).parent / "golden" / "events"
NOON = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
CALLER = Party(Number("5855551234", NumberKind.EXTERNAL, "+15855551234", "(585) 555-1234"), "Ada \x1b[31m Caller")
DIALLED = Party(Number("+15855550100", NumberKind.EXTERNAL, "+15855550100", "(585) 555-0100"), "Sales")
ADA = Contact(id="c1", name="Ada Lovelace", company="Engines", source="demo", groups=("vip",), link="https://x.test/1")
LEG = Leg(
    id="leg-1",
    conversation="talk-1",
    device="desk",
    direction=Direction.INBOUND,
    party=CALLER,
    dialled=DIALLED,
    started=NOON,
    line="line-1",
)
CALL = Call(
    id="talk-1.alice",
    conversation="talk-1",
    user="alice",
    direction=Direction.INBOUND,
    state=CallState.NULL,
    party=CALLER,
    dialled=DIALLED,
    started=NOON,
    answered=NOON + timedelta(seconds=3),
    ended=NOON + timedelta(minutes=1),
    outcome=Outcome.ENDED,
    device="desk",
    line="line-1",
    contacts=(ADA,),
    legs=(LegState(leg=LEG, state=CallState.CONNECTED, answered=NOON),),
    counts=(("ring", 1), ("answer", 1), ("end", 1)),
)
SUPPORT = QueueStatus(
    name="Support",
    description="Help for customers",
    extension="700",
    distribution=Distribution.LONGEST_IDLE,
    agents=3,
    waiting=2,
    waiting_since=NOON,
    signed_in=True,
    supervises=False,
)
BUSY = AgentStatus(
    user="bob",
    display_name="Bob Builder",
    extension="102",
    state=AgentState.BUSY,
    since=NOON,
    reason="lunch",
    queue="",
    queues=("Support",),
)
WRAPS_UP = Agent(state=AgentState.WRAP_UP, since=NOON, queue="Support", until=NOON, queues=("Support",))
MORE = {
    "contact_found": {"contact": ADA},
    "recording": {
        "state": "failed",
        "reason": "disk_full",
        "advice": "make room",
        "recording": "0123456789ab",
    },
    "recording_ready": {"recording": "0123456789ab", "format": "wav", "duration": 61.5, "size": 984_058},
    "dnd": {"on": True},
    "colleagues": {
        "changed": (
            Colleague(
                user="bob",
                name="Bob Builder",
                extension="102",
                lamp=Lamp.ON_CALL,
                since=NOON,
                presence=Presence.IN_OFFICE,
            ),
        ),
        "gone": ("carol",),
    },
    "phone_contacts": {
        "changed": (
            PhoneContact(
                id="taxi",
                kind=PhoneContactKind.PUBLIC,
                name="Taxi",
                company="Taxi Smith",
                numbers=(ContactNumber("77", "speed dial"), ContactNumber("+15855550009", "work")),
                primary="+15855550009",
                favourite=True,
                source="Smith & Partner",
            ),
        ),
        "gone": ("bank",),
    },
    "presence": {"presence": Presence.AT_A_MEETING, "before": Presence.IN_OFFICE},
    "change_logged": {
        "kind": "presence",
        "before": "in_office",
        "now": "at_a_meeting",
        "source": "appointment",
        "reason": "Budget",
    },
    "appearances": {
        "now": Appearances(
            appearances=(
                Appearance(device="desk", name="1", kind=AppearanceKind.LINE, chosen=True),
                Appearance(device="desk", name="Sales", kind=AppearanceKind.SHARED, state=LineState.HELD, by="Bob"),
            )
        )
    },
    "lines": {"now": Lines(lines=(OutsideLine(name="Line 1", state=LineState.RINGING, by="", party=CALLER),))},
    "system_calls": {
        "now": SystemCalls(
            permission=Permission.FULL,
            calls=(
                SystemCall(
                    id="talk-1", started=NOON, state=CallState.CONNECTED, originator=CALLER, destination=DIALLED
                ),
            ),
        )
    },
    "messages": {"now": Messages(new=2, old=5)},
    "queues": {"now": Queues(queues=(SUPPORT,))},
    "agent": {"now": WRAPS_UP},
    "agents": {"now": Agents(agents=(BUSY,))},
    "parked": {
        "now": Parked(orbits=("701", "702"), calls=(ParkedCall(orbit="701", party=CALLER, since=NOON, by="alice"),))
    },
    "phone": {"state": "connected", "capabilities": ("answer", "dial")},
    "open_page": {"url": "https://crm.test/?phone=%2B1", "call": CALL.id, "rule": "10-crm"},
    "action_done": {"rule": "10-crm", "action": "open_url", "status": "ok", "detail": "opened", "duration": 0.1},
    "plugin_changed": {"plugin": "calendar", "state": "suspended", "reason": "five failures in a row"},
    "lagged": {"dropped": 7, "calls": (CALL,)},
}


def example(name: str) -> events.Event:
    kind = events.EVENTS[name]
    fields = {field.name for field in dataclasses.fields(kind)}
    common = {"seq": 7, "at": NOON, "user": "alice"} | ({"call": CALL, "nth": 1} if "nth" in fields else {})
    return kind(**common, **MORE.get(name, {}))


@pytest.mark.parametrize("name", events.EVENTS)
def test_the_json_form_is_as_promised(name: str) -> None:
    event = example(name)
    told = json.dumps(events.to_json(event), indent=2) + "\n"
    file = GOLDEN / f"{name}.json"
    if os.environ.get("RENEW_GOLDEN"):
        file.write_text(told, encoding="utf-8")
    assert told == file.read_text(encoding="utf-8"), "a change here breaks programs: RENEW_GOLDEN=1 if it is meant"


def test_no_golden_file_is_left_behind() -> None:
    assert {file.stem for file in GOLDEN.glob("*.json")} == set(events.EVENTS)


def test_events_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        example("ring").seq = 8  # type: ignore[misc]
    assert not hasattr(example("ring"), "__dict__")
