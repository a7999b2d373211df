"""One action of one rule for one event: claimed, done within its deadline, recorded, told."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from hub.errors import UserError
from hub.events import ActionDone
from hub.phone.adapter import PhoneError
from hub.rules.parts import AS_RECEIVED, ActionRefused, Done, Job
from hub.rules.record import ActionRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hub.clock import Clock
    from hub.core.dial_plan import DialPlan
    from hub.core.presence import Presence
    from hub.core.queue_boards import Queues
    from hub.events import Event
    from hub.plugin_host.context import Context
    from hub.rules.parts import Facts
    from hub.rules.ruleset import Rule, Step
    from hub.rules.vocabulary import Part

log = logging.getLogger(__name__)

LONGEST_DETAIL = 2000
LONGEST_OUTPUT = 4000
_GRACE = 2.0


class Keeper(Protocol):
    """What remembers: `hub.store.store.Store`."""

    async def claim(self, key: str) -> bool:
        """Return True exactly once for a key, ever, and only once that is durable."""
        ...

    async def record_action(self, record: ActionRecord) -> None:
        """Keep what was done."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What rules are given to work with by the hub.

    `emit` takes an event into the hub's flow and `next_seq(user)` numbers it. `plan(user)`, `dnd(user)` and
    `presence(user)` are the user's dial plan, whether do-not-disturb is on, and where colleagues see the user.
    `context(part, user)` is that of the plugin which registered an action; the hub's own for its own. `redact` hides
    secrets; `server` says that the hub serves other computers. `queues(user)` are the user's queues as they stand.
    """

    clock: Clock
    keeper: Keeper
    emit: Callable[[Event], None]
    next_seq: Callable[[str], int]
    plan: Callable[[str], DialPlan]
    dnd: Callable[[str], bool | None]
    context: Callable[[Part, str], Context]
    redact: Callable[[str], str] = str
    server: bool = False
    queues: Callable[[str], Queues | None] = lambda _user: None
    presence: Callable[[str], Presence | None] = lambda _user: None


@dataclass(frozen=True, slots=True)
class _Outcome:
    status: str
    done: Done


class Doer:
    """Does the actions of rules."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._abandoned: set[asyncio.Task[Done]] = set()

    async def do_all(self, rule: Rule, facts: Facts) -> None:
        """Do a rule's actions in order, each whether or not the one before it went well."""
        if rule.options is not AS_RECEIVED:
            facts = replace(facts, options=rule.options)
        for number, step in enumerate(rule.do):
            await self._do(rule, step, facts, f"{facts.event.key}|{rule.id}|{number}")

    async def dropped(self, rule: Rule, event: Event, count: int, why: str) -> None:
        """Tell and record that a rule was kept from acting on so many events."""
        detail = f"{count} {'event' if count == 1 else 'events'} dropped: {why}"
        log.warning("%s: %s", rule.id, detail)
        now = self._services.clock.now()
        key = f"{event.key}|{rule.id}|dropped {now.isoformat()}"
        await self._finish(rule, "rule", _Outcome("dropped", Done(detail)), event, key, now, 0.0)

    async def _do(self, rule: Rule, step: Step, facts: Facts, key: str) -> None:
        clock = self._services.clock
        started, began = clock.now(), clock.monotonic()
        try:
            if not await self._services.keeper.claim(key):
                return  # it was done before the hub was restarted, or begun at least
            outcome = await self._outcome(rule, step, facts)
        except asyncio.CancelledError:
            cancelled = _Outcome("failed", Done("the hub stopped before it was done"))
            duration = clock.monotonic() - began
            await self._finish(rule, step.action.name, cancelled, facts.event, key, started, duration)
            raise
        except Exception as error:  # noqa: BLE001  what cannot be claimed must not be done, whatever the reason
            outcome = _Outcome("failed", Done(f"not done, as it could not be claimed: {error}"))
        duration = clock.monotonic() - began
        await self._finish(rule, step.action.name, outcome, facts.event, key, started, duration)

    async def _outcome(self, rule: Rule, step: Step, facts: Facts) -> _Outcome:
        """Run an action, which may be anybody's, and say how it went."""
        action, server = step.action, self._services.server
        if action.acts_on_the_host and server and not rule.locked:
            return _Outcome("refused", Done(f"on a server only the administrator's rules may {action.name}"))
        try:
            job = Job(
                facts=facts,
                context=self._services.context(action, facts.event.user),
                rule=rule.id,
                locked=rule.locked,
                server=server,
                deadline=rule.limits.deadline,
            )
            done: Any = await self._in_time(step, job)
        except (Exception, SystemExit) as error:  # noqa: BLE001  an action may be a plugin's: it ends itself, no other
            return _failure(rule, step, error)
        if not isinstance(done, Done):
            return _Outcome("failed", Done(f"the action {action.name} returned {type(done).__name__}, not Done"))
        return _Outcome("failed" if done.exit_status else "ok", done)

    async def _in_time(self, step: Step, job: Job) -> Done:
        """Run an action until its deadline; one that does not let itself be cancelled is left behind."""

        async def run() -> Done:
            try:
                return await step.action.run(step.value, job)
            except SystemExit as error:  # the loop itself would end on it
                raise RuntimeError(f"it called sys.exit({error.code!r})") from error

        task = asyncio.create_task(run(), name=f"rule {job.rule}: {step.action.name}")
        try:
            finished, _ = await asyncio.wait({task}, timeout=job.deadline)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task}, timeout=_GRACE)
            raise
        if finished:
            return task.result()
        task.cancel()
        finished, _ = await asyncio.wait({task}, timeout=_GRACE)
        if not finished:
            self._abandoned.add(task)
            task.add_done_callback(self._abandoned.discard)
            log.error("%s: the action %s goes on after its deadline", job.rule, step.action.name)
        elif not task.cancelled() and isinstance(error := task.exception(), TimeoutError):
            raise error  # it has more to say of it
        raise TimeoutError(f"not done within {job.deadline:g} s")

    async def _finish(
        self, rule: Rule, action: str, outcome: _Outcome, event: Event, key: str, started: datetime, duration: float
    ) -> None:
        services = self._services
        detail = _bounded(services.redact(outcome.done.detail), LONGEST_DETAIL)
        call = getattr(getattr(event, "call", None), "id", "")
        record = ActionRecord(
            key=key,
            user=event.user,
            rule=rule.id,
            name=rule.name,
            action=action,
            event=event.type,
            status=outcome.status,
            started=started,
            duration=duration,
            call=call,
            detail=detail,
            output=services.redact(outcome.done.output)[-LONGEST_OUTPUT:],
            exit_status=outcome.done.exit_status,
        )
        try:
            await services.keeper.record_action(record)
        except Exception:
            log.exception("%s: its action could not be recorded", rule.id)
        told = ActionDone(
            seq=services.next_seq(event.user),
            at=services.clock.now(),
            user=event.user,
            rule=rule.id,
            action=action,
            status=outcome.status,
            detail=detail,
            call=call,
            duration=duration,
        )
        services.emit(told)


def _failure(rule: Rule, step: Step, error: BaseException) -> _Outcome:
    """Say what an exception of an action means; one that was not foreseen is logged whole."""
    if isinstance(error, ActionRefused):
        return _Outcome("refused", Done(str(error)))
    if isinstance(error, TimeoutError):
        return _Outcome("timeout", Done(str(error) or f"not done within {rule.limits.deadline:g} s"))
    if isinstance(error, (PhoneError, UserError, OSError, LookupError)):
        return _Outcome("failed", Done(str(error)))
    log.error("%s: the action %s failed", rule.id, step.action.name, exc_info=error)
    return _Outcome("failed", Done(f"{type(error).__name__}: {error}"))


def _bounded(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
