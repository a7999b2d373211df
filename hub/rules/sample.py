"""A call as an example: templates are tried on it when a rule is loaded, and `phonehub rules test` begins with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub.core.call import Call, CallState, Contact, Direction, Leg, LegState, Outcome, Party
from hub.core.dial_plan import DialPlan
from hub.events import Ring
from hub.rules.parts import Facts

_PLAN = DialPlan(country="US", area_code="585")
_AT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
_CALLER = Party(_PLAN.number("+15855550123"), "Jane Doe")
_DIALLED = Party(_PLAN.number("+15855550100"), "Sales")
_LEG = Leg(
    id="1",
    conversation="1",
    device="desk",
    direction=Direction.INBOUND,
    party=_CALLER,
    dialled=_DIALLED,
    started=_AT,
    line="1",
    queue="Sales",
)

CALL = Call(
    id="1.alice",
    conversation="1",
    user="alice",
    direction=_LEG.direction,
    state=CallState.ALERTING,
    party=_LEG.party,
    dialled=_LEG.dialled,
    started=_AT,
    answered=_AT + timedelta(seconds=5),
    ended=_AT + timedelta(seconds=65),
    outcome=Outcome.ENDED,
    device=_LEG.device,
    line=_LEG.line,
    queue=_LEG.queue,
    contacts=(
        Contact(
            id="7",
            name="Jane Doe",
            company="Acme",
            source="sample",
            groups=("Customers",),
            favourite=True,
            link="https://crm.example/7",
        ),
    ),
    legs=(LegState(leg=_LEG, state=CallState.ALERTING),),
)
"""A call of which everything is known; not a possible one, as it rings and is over."""

FACTS = Facts(Ring(seq=1, at=_AT, user="alice", call=CALL), CALL, plan=_PLAN)
