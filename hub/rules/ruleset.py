"""The rules in force: an immutable set that is swapped whole, and finds those that match without trying the others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hub.core.call import CallState, Direction
from hub.events import Answer, Dial, Event, Ring
from hub.rules.parts import AS_RECEIVED, NumberOptions
from hub.rules.queue_waiting import QUEUE_WAITING, Threshold
from hub.rules.schedule import SCHEDULE, Schedule
from hub.rules.schema import Limits
from hub.rules.verdict import Group, Node, Test, Verdict, written

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from hub.rules.parts import Action, Facts, Trigger

_ANSWERED: dict[type[Event], Direction] = {Ring: Direction.INBOUND, Dial: Direction.OUTBOUND}


@dataclass(frozen=True, slots=True)
class Use:
    """A trigger as a rule uses it. With `answered` it waits for the answer of the call that it stands for."""

    trigger: Trigger
    values: tuple[Any, ...] = ()
    answered: bool = False

    @property
    def event(self) -> type[Event]:
        """The type of event it is for."""
        return Answer if self.answered else self.trigger.event

    def accepts(self, event: Event) -> bool:
        """Return whether it stands for this event, of its type."""
        if self.answered:
            return isinstance(event, Answer) and event.call.direction is _ANSWERED[self.trigger.event]
        trigger = self.trigger
        return trigger.accepts(event) and (
            not self.values or any(trigger.matches(value, event) for value in self.values)
        )

    def __str__(self) -> str:
        values = f": {' or '.join(written(value) for value in self.values)}" if self.values else ""
        return f"{self.trigger.name}{values}{', answered' if self.answered else ''}"


def can_wait_for_answer(trigger: Trigger) -> bool:
    """Return whether a trigger is for a call that is not answered yet."""
    return trigger.event in _ANSWERED


@dataclass(frozen=True, slots=True)
class Step:
    """An action with its checked value."""

    action: Action
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A rule, ready. `id` stays the same when its file is edited, `place` is where it stands."""

    id: str
    name: str
    place: str
    on: tuple[Use, ...]
    when: Group
    do: tuple[Step, ...]
    enabled: bool = True
    locked: bool = False
    inferred: bool = False
    options: NumberOptions = AS_RECEIVED
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a rule acts on an event, and each condition's verdict."""

    rule: Rule
    trigger: Verdict
    when: Verdict

    @property
    def fires(self) -> bool:
        """Whether it acts."""
        return self.trigger.holds and self.when.holds

    def stopped_by(self) -> Verdict | None:
        """Return what keeps it from acting."""
        return self.trigger.stopped_by() or self.when.stopped_by()


@dataclass(frozen=True, slots=True)
class _Entry:
    order: int
    rule: Rule
    uses: tuple[Use, ...]
    tests: tuple[Callable[[Facts], bool], ...]

    def matches(self, facts: Facts, *, missed_it: bool) -> bool:
        if missed_it and not self.rule.inferred:
            return False
        for test in self.tests:
            if not test(facts):
                return False
        event = facts.event
        return any(use.accepts(event) for use in self.uses)

    def without(self, node: Node) -> _Entry:
        """Return it for where a condition is known to hold."""
        tests = tuple(each.holds for each in self.rule.when.nodes if each is not node)
        return replace(self, tests=tests)


class RuleSet:
    """Rules in order. The cost of an event grows with the rules that match it, not with those that exist."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(rules)
        by_event: dict[type[Event], list[_Entry]] = {}
        for order, rule in enumerate(self.rules):
            if rule.enabled:
                tests = tuple(node.holds for node in rule.when.nodes)
                for event in dict.fromkeys(use.event for use in rule.on):
                    uses = tuple(use for use in rule.on if use.event is event)
                    by_event.setdefault(event, []).append(_Entry(order, rule, uses, tests))
        self._by_event = {event: _Index(entries) for event, entries in by_event.items()}

    @property
    def schedules(self) -> frozenset[Schedule]:
        """What the rules wait for by the clock."""
        uses = (use for rule in self.rules if rule.enabled for use in rule.on if use.trigger is SCHEDULE)
        return frozenset(value for use in uses for value in use.values)

    @property
    def thresholds(self) -> frozenset[Threshold]:
        """What the rules look out for at queues."""
        uses = (use for rule in self.rules if rule.enabled for use in rule.on if use.trigger is QUEUE_WAITING)
        return frozenset(value for use in uses for value in use.values)

    def listens(self, event: type[Event]) -> bool:
        """Return whether any rule is for this type of event."""
        return event in self._by_event

    def matching(self, facts: Facts, failed: Callable[[Rule, Exception], None]) -> list[Rule]:
        """Return the rules that act on the facts' event, in order.

        `failed` is told of one whose condition raises; the others match all the same.
        """
        index = self._by_event.get(type(facts.event))
        if index is None:
            return []
        missed_it = _was_missed(facts.event)
        found = []
        for entry in index.candidates(facts):
            try:
                if entry.matches(facts, missed_it=missed_it):
                    found.append(entry.rule)
            except Exception as error:  # noqa: BLE001  a condition may be a plugin's: it stops its own rule, no other
                failed(entry.rule, error)
        return found

    def explain(self, facts: Facts) -> list[Explanation]:
        """Return for each rule, in order, whether it acts on the facts' event, and why."""
        return [_explained(rule, facts) for rule in self.rules]


class _Index:
    """The rules for one type of event, each under the keys of its most telling condition."""

    def __init__(self, entries: Sequence[_Entry]) -> None:
        keyed = [(entry, _keyed(entry)) for entry in entries]
        variety: dict[str, set[Hashable]] = {}
        for _, conditions in keyed:
            for node, keys in conditions:
                variety.setdefault(node.condition.name, set()).update(keys)
        tables: dict[str, tuple[Callable[[Facts], Iterable[Hashable]], dict[Hashable, list[_Entry]]]] = {}
        always = []
        for entry, conditions in keyed:
            if not conditions:
                always.append(entry)
                continue
            node, keys = max(conditions, key=lambda each: len(variety[each[0].condition.name]))
            condition = node.condition
            if condition.field is not None:
                _, table = tables.setdefault(condition.name, (condition.field, {}))
                for key in keys:
                    table.setdefault(key, []).append(entry.without(node))
        self._all = entries
        self._always = always
        self._tables = tuple(tables.values())

    def candidates(self, facts: Facts) -> Sequence[_Entry]:
        """Return, in order, the rules that may match; all that do are among them."""
        hits = [self._always] if self._always else []
        try:
            for field, table in self._tables:
                for key in field(facts):
                    if (hit := table.get(key)) is not None:
                        hits.append(hit)  # noqa: PERF401  every ring comes here: one look is quicker than two
        except Exception:  # noqa: BLE001  a field may be a plugin's: without the index, its rules are tried one by one
            return self._all
        if len(hits) == 1:
            return hits[0]
        ordered = {entry.order: entry for hit in hits for entry in hit}
        return [ordered[order] for order in sorted(ordered)]


def _keyed(entry: _Entry) -> list[tuple[Test, list[Hashable]]]:
    """Return the conditions of a rule that can be an index for it, with their keys."""
    found = []
    for node in entry.rule.when.nodes:
        if isinstance(node, Test) and node.condition.field is not None and node.condition.keys is not None:
            keys = [node.condition.keys(value) for value in node.values]
            if all(each is not None for each in keys):
                found.append((node, list(dict.fromkeys(key for each in keys for key in each or ()))))
    return found


def _was_missed(event: Event) -> bool:
    """Return whether an event is old news, for which most rules do nothing; a call that still rings is none."""
    return event.inferred and not (isinstance(event, Ring) and event.call.state is CallState.ALERTING)


def _explained(rule: Rule, facts: Facts) -> Explanation:
    event = facts.event
    text = f"on: {' or '.join(map(str, rule.on))}"
    fits = any(use.event is type(event) and use.accepts(event) for use in rule.on)
    seen = event.type
    if fits and not rule.enabled:
        text, fits = "enabled", False
        seen = "false"
    elif fits and _was_missed(event) and not rule.inferred:
        text, fits = "inferred: true", False
        seen = "it happened while the connection was lost"
    return Explanation(rule, Verdict(text, fits, seen), rule.when.explain(facts))
