"""Rules without doing anything: what they would do with a call that is made up, or with one of the past."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hub import events
from hub.core.call import Call, CallState, Contact, Direction, Outcome, Party
from hub.core.presence import Presence
from hub.rules.parts import AS_RECEIVED, ActionRefused, Facts
from hub.rules.queue_waiting import QueueWaiting
from hub.rules.schedule import Scheduled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, tzinfo

    from hub.core.dial_plan import DialPlan
    from hub.rules.ruleset import Explanation, Rule, RuleSet
    from hub.rules.verdict import Verdict

CALL_EVENTS: Mapping[str, tuple[type[events.CallEvent], CallState]] = {
    "ring": (events.Ring, CallState.ALERTING),
    "dial": (events.Dial, CallState.INITIATED),
    "answer": (events.Answer, CallState.CONNECTED),
    "hold": (events.Hold, CallState.HOLD),
    "resume": (events.Resume, CallState.CONNECTED),
    "end": (events.End, CallState.NULL),
}
OTHER_EVENTS = ("dnd", "presence", "start-up", "schedule", "queue_waiting")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """A call to try rules on, in a person's words; what is empty is unknown. With a `company` the caller is known."""

    event: str
    number: str = "+15855550123"
    name: str = "Jane Doe"
    company: str = ""
    group: str = ""
    dnis: str = ""
    dnis_name: str = ""
    line: str = ""
    queue: str = ""
    device: str = ""
    direction: Direction | None = None
    internal: bool = False
    outcome: Outcome | None = None
    dnd: bool | None = None
    presence: Presence | None = None
    user: str = "alice"

    def facts(self, at: datetime, zone: tzinfo, plan: DialPlan, rules: RuleSet) -> Facts:
        """Return the facts at a time; for a schedule, those of `rules` are all due."""
        about: dict[str, Any] = {"seq": 1, "at": at, "user": self.user}
        if self.event in CALL_EVENTS:
            call = self._call(at, plan)
            kind, _ = CALL_EVENTS[self.event]
            return Facts(kind(**about, call=call), call, zone, plan, self.dnd, presence=self.presence)
        event: events.Event
        if self.event == "dnd":
            event = events.DndChanged(**about, on=self.dnd is not False)
        elif self.event == "presence":
            event = events.PresenceChanged(**about, presence=self.presence or Presence.AWAY)
        elif self.event == "schedule":
            event = Scheduled(**about, due=rules.schedules)
        elif self.event == "queue_waiting":
            event = QueueWaiting(**about, queue=self.queue, waiting=3, longest=120, due=rules.thresholds)
        else:
            event = events.Started(**about)
        return Facts(event, None, zone, plan, self.dnd, presence=self.presence)

    def _call(self, at: datetime, plan: DialPlan) -> Call:
        outbound = self.event == "dial"
        direction = self.direction or (Direction.OUTBOUND if outbound else Direction.INBOUND)
        answered = self.event in ("answer", "hold", "resume") or (
            self.event == "end" and self.outcome in (None, Outcome.ENDED, Outcome.TRANSFERRED, Outcome.PARKED)
        )
        known = Contact(
            id="made-up",
            name=self.name,
            company=self.company,
            source="made up",
            groups=(self.group,) if self.group else (),
        )
        return Call(
            id="made-up",
            conversation="made-up",
            user=self.user,
            direction=direction,
            state=CALL_EVENTS[self.event][1],
            party=Party(plan.number(self.number), self.name),
            dialled=Party(plan.number(self.dnis), self.dnis_name),
            started=at,
            answered=at if answered else None,
            ended=at if self.event == "end" else None,
            outcome=(self.outcome or Outcome.ENDED) if self.event == "end" else None,
            line=self.line,
            queue=self.queue,
            device=self.device,
            internal=self.internal,
            contacts=(known,) if self.company or self.group else (),
        )


def past_facts(call: Call, zone: tzinfo, plan: DialPlan) -> Iterator[Facts]:
    """Yield the facts of what happened in a past call, as they were when it happened."""
    began: type[events.CallEvent] = events.Ring if call.direction is Direction.INBOUND else events.Dial
    state = CallState.ALERTING if began is events.Ring else CallState.INITIATED
    young = replace(call, state=state, answered=None, ended=None, outcome=None)
    yield _past(began, young, call.started, zone, plan)
    if call.answered:
        answered = replace(call, state=CallState.CONNECTED, ended=None, outcome=None)
        yield _past(events.Answer, answered, call.answered, zone, plan)
    if call.ended:
        yield _past(events.End, call, call.ended, zone, plan)


def _past(kind: type[events.CallEvent], call: Call, at: datetime, zone: tzinfo, plan: DialPlan) -> Facts:
    return Facts(kind(seq=1, at=at, user=call.user, call=call), call, zone, plan)


def would_do(rule: Rule, facts: Facts) -> list[dict[str, str]]:
    """Return what each action of a rule would do, or why it would be refused."""
    facts = facts if rule.options is AS_RECEIVED else replace(facts, options=rule.options)
    told = []
    for step in rule.do:
        try:
            detail, status = (step.action.tell(step.value, facts) if step.action.tell else str(step.value)), "ok"
        except ActionRefused as error:
            detail, status = str(error), "refused"
        told.append({"action": step.action.name, "status": status, "detail": detail})
    return told


def explained(explanation: Explanation, facts: Facts) -> dict[str, Any]:
    """Return what there is to tell of a rule on trial, as plain data."""
    rule = explanation.rule
    return {
        "rule": rule.id,
        "name": rule.name,
        "place": rule.place,
        "event": facts.event.type,
        "acts": explanation.fires,
        "trigger": verdict(explanation.trigger),
        "when": [verdict(part) for part in explanation.when.parts],
        "do": would_do(rule, facts),
    }


def verdict(found: Verdict) -> dict[str, Any]:
    """Return a verdict as plain data."""
    told: dict[str, Any] = {"condition": found.text, "holds": found.holds}
    if found.parts:
        told["parts"] = [verdict(part) for part in found.parts]
    else:
        told["seen"] = found.seen
    return told
