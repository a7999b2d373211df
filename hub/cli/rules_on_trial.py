"""What `phonehub rules test`, `replay` and `history` find out."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tzlocal

from hub.cli.rules_at_hand import AtHand, at_hand
from hub.core.call import Direction, Outcome
from hub.core.presence import Presence
from hub.errors import UserError
from hub.events import plain
from hub.rules.trial import MadeUp, explained, past_facts, would_do

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.cli import Settings
    from hub.rules.parts import Facts
    from hub.rules.record import ActionRecord
    from hub.rules.ruleset import Rule, RuleSet
    from hub.rules.vocabulary import Part
    from hub.store.reader import Reader


def on_trial(
    settings: Settings, file: Path, at: datetime | None, given: dict[str, Any], *, really: bool
) -> list[dict[str, Any]]:
    """Return what each rule of a file makes of a call that is made up; `really` does it, for those that act."""
    found = at_hand(settings)
    rules = found.rules([file])
    user = found.user(settings.user)
    event = given.pop("event") or _event_of(rules)
    if event == "missed":
        event, given["outcome"] = "end", Outcome.MISSED
    given["outcome"] = Outcome(given["outcome"]) if given["outcome"] else None
    given["direction"] = Direction(given["direction"]) if given["direction"] else None
    given["presence"] = Presence(given["presence"]) if given["presence"] else None
    zone = tzlocal.get_localzone()
    now = datetime.now(zone)
    if at is not None:
        now = at.replace(year=now.year, month=now.month, day=now.day) if at.year == 1900 else at  # noqa: PLR2004  Click's year for a time alone
        now = now.replace(tzinfo=zone)
    facts = MadeUp(event=event, user=user, **given).facts(now.astimezone(UTC), zone, found.plan(user), rules)
    explanations = rules.explain(facts)
    told = [explained(each, facts) for each in explanations]
    if really:
        acting = [each.rule for each in explanations if each.fires]
        done = asyncio.run(_do(found, acting, facts))
        for each in told:
            each["done"] = [plain(record) for record in done if record.rule == each["rule"]]
    return told


def replayed(
    settings: Settings, paths: Iterable[Path], since: datetime, limit: int, *, everything: bool
) -> list[dict[str, Any]]:
    """Return what the rules would have done with each past call, oldest first."""
    from hub.store.past import Query

    found = at_hand(settings)
    rules = found.rules(paths)
    user = found.user(settings.user)
    plan, zone = found.plan(user), tzlocal.get_localzone()
    reader = _reader(found)
    try:
        calls = reader.calls(Query(user=user, since=since, limit=limit))
    finally:
        reader.close()
    told = []
    for call in reversed(calls):
        for facts in past_facts(call, zone, plan):
            for each in rules.explain(facts):
                stopped = each.stopped_by()
                if not each.trigger.holds or (stopped and not everything):
                    continue
                seen = f" (it was {stopped.seen})" if stopped and stopped.seen else ""
                told.append(
                    {
                        "at": plain(facts.event.at),
                        "call": call.id,
                        "with": call.name or call.party.number.national or call.party.number.text,
                        "event": facts.event.type,
                        "rule": each.rule.id,
                        "acts": each.fires,
                        "stopped_by": f"{stopped.text}{seen}" if stopped else "",
                        "do": would_do(each.rule, facts) if each.fires else [],
                    }
                )
    return told


def past_actions(settings: Settings, **wanted: Any) -> list[dict[str, Any]]:
    """Return what rules did, newest first."""
    found = at_hand(settings)
    reader = _reader(found)
    try:
        return [plain(record) for record in reader.actions(found.user(settings.user), **wanted)]
    finally:
        reader.close()


def _reader(found: AtHand) -> Reader:
    from hub.secrets import resolve
    from hub.store.reader import Reader

    config = found.config
    if config is None:
        raise UserError.of("there is no configuration, and so no history", "name one with --config")
    place = config.place("hub", "database")
    reader = Reader(resolve(config.hub.database_url, folder=config.path.parent, place=place))
    reader.check()
    return reader


def _event_of(rules: RuleSet) -> str:
    """Return the event that the first rule is for."""
    use = rules.rules[0].on[0]
    if use.answered:
        return "answer"
    words = {"started": "start-up"}
    return words.get(use.trigger.name, use.trigger.name)


class _Once:
    """Remembers what is done here and now, and claims anything: a trial is no event."""

    def __init__(self) -> None:
        self.records: list[ActionRecord] = []

    async def claim(self, _key: str) -> bool:
        return True

    async def record_action(self, record: ActionRecord) -> None:
        self.records.append(record)


async def _do(found: AtHand, rules: list[Rule], facts: Facts) -> list[ActionRecord]:
    """Do the actions of rules, without a phone and without a history."""
    import httpx

    from hub.clock import SystemClock
    from hub.core.directory import Directory
    from hub.plugin_host.context import Context
    from hub.plugin_host.context import Services as ForPlugins
    from hub.rules.doing import Doer, Services
    from hub.secrets import Redactor, resolve

    clock, numbers, once, redactor = SystemClock(), count(1), _Once(), Redactor()
    user = facts.event.user
    if found.config is not None:
        found.manager.configure(found.config, found.config.users or [user])
    folder = found.config.path.parent if found.config else None
    async with httpx.AsyncClient() as client:
        services = ForPlugins(
            clock=clock,
            loop=asyncio.get_running_loop(),
            folder=found.config.hub.state / "plugins" if found.config else Path.cwd(),
            emit=lambda _event: None,
            next_seq=lambda _user: next(numbers),
            phone=lambda _user: None,
            database=lambda _plugin: None,
            directory=lambda _user: Directory(),
            http=lambda: client,
            secret=lambda text: resolve(text, redactor=redactor, folder=folder),
            learn=redactor.learn,
            loop_thread=threading.get_ident(),
        )
        contexts = found.manager.contexts(services)

        def context(part: Part, of: str) -> Context:
            plugin = found.vocabulary.plugin_of(part)
            return contexts.get(plugin, {}).get(of) or Context(plugin or "hub", of, None, services)

        doer = Doer(
            Services(
                clock=clock,
                keeper=once,
                emit=lambda _event: None,
                next_seq=lambda _user: next(numbers),
                plan=lambda _user: facts.plan,
                dnd=lambda _user: facts.dnd,
                context=context,
                redact=redactor,
                server=bool(found.config and found.config.hub.server),
            )
        )
        for rule in rules:
            await doer.do_all(rule, facts)
    return once.records
