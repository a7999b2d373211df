"""Looks after one user's presence: takes the wishes, and has the phone system show what they come to."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from hub.core.presence.why import sentence
from hub.errors import UserError
from hub.events import DndChanged, PhoneChanged, PresenceChanged
from hub.phone.adapter import ConnectionLost, PhoneError
from hub.phone.commands import SetPresence
from hub.phone.connection import ConnectionState
from hub.presence.standing import HAND, PHONE, Change
from hub.store.presences import LoggedChange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, tzinfo

    from hub.clock import Clock
    from hub.core.presence import Presence
    from hub.core.presence.arbiter import Decision
    from hub.core.presence.wishes import Wish
    from hub.events import Event
    from hub.presence.standing import Kept, Standing

log = logging.getLogger(__name__)


class PhoneOf(Protocol):
    """What it needs of the user's phone: `hub.phone.phone.Phone`."""

    @property
    def presence(self) -> Presence | None: ...  # noqa: D102  told by the phone itself, as all that follow
    @property
    def state(self) -> str: ...  # noqa: D102

    dnd_asked: tuple[bool, str, str] | None
    """Who switched do-not-disturb here last: to what, who, why."""

    @property
    def capabilities(self) -> frozenset[str]: ...  # noqa: D102

    async def set_presence(self, presence: Presence) -> None: ...  # noqa: D102


class Keeper(Protocol):
    """What remembers: `hub.store.store.Store`; raises `UserError`."""

    async def keep_presence(self, user: str, kept: Kept) -> None: ...  # noqa: D102  as above
    async def log_changes(self, changes: Iterable[LoggedChange]) -> None: ...  # noqa: D102
    async def changes(  # noqa: D102
        self, user: str, *, since: datetime | None = None, kind: str = "", limit: int = 200
    ) -> Sequence[LoggedChange]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things may take, in seconds.

    `gather` is for how long wishes are gathered before they are decided on, so that causes hand over to each other
    without a flicker. While something is to begin or end the clock is looked at every `look`, so that a change comes in
    time though the computer slept or its clock was set. What the phone system refused is tried again after `retry`.
    After the start sources have `settle` to tell again what they want before what stood before returns. Giving back at
    the end may take `leave`.
    """

    gather: float = 0.05
    look: float = 1.0
    retry: float = 30.0
    settle: float = 5.0
    leave: float = 5.0


@dataclass(frozen=True, slots=True)
class View:
    """How a user's presence stands: what the phone system shows, the decision (None: nobody told), and its sentence.

    `trouble` says why the phone system does not show yet what was decided.
    """

    shown: Presence | None
    decision: Decision | None
    why: str
    trouble: str


class Steward:
    """Looks after the presence of one user. `told` is called with each change, after the event that tells of it."""

    def __init__(
        self,
        user: str,
        phone: PhoneOf,
        standing: Standing,
        keeper: Keeper,
        clock: Clock,
        zone: tzinfo,
        *,
        told: Callable[[LoggedChange], None],
        patience: Patience = Patience(),
    ) -> None:
        self._user = user
        self._phone = phone
        self._standing = standing
        self._keeper = keeper
        self._clock = clock
        self._zone = zone
        self._told = told
        self._patience = patience
        self._kept = standing.kept
        self._log: deque[LoggedChange] = deque(maxlen=1000)
        self._trouble = ""
        self._not_before = 0.0
        self._again: float | None = None
        inherited = standing.manual is not None and standing.shown is not standing.manual.presence
        self._settled_at = clock.monotonic() + patience.settle * inherited
        self._changed = asyncio.Event()
        self._acting = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._has_left = False
        self._is_asking = False

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=f"presence of {self._user}")
        self._task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Give back what sources of this run wanted, and end."""
        self._has_left = True
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait({self._task})
        self._standing.let_go()
        self._settled_at = self._not_before = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._patience.leave):
                await self._act()
                await self._write_log()
        except TimeoutError:
            log.warning("the presence of %s is given back at the next start: it took too long", self._user)

    @property
    def view(self) -> View:
        """How it stands."""
        self._look()
        now = self._clock.now()
        decision = self._standing.decide(now)
        if decision is None:
            return View(self._phone.presence, None, "Nobody has said yet where you are", self._trouble)
        why = sentence(decision, now, self._zone)
        return View(self._phone.presence, decision, why, self._trouble)

    async def set_by_hand(self, presence: Presence) -> None:
        """Take what the user chose, and have it shown; raises `PhoneError` where the phone can never show it.

        While the phone system is out of reach it is taken all the same, and shown later.
        """
        if self._is_connected and SetPresence.name not in self._phone.capabilities:
            await self._phone.set_presence(presence)  # it names who lacks what
        self._look()
        self._standing.set_by_hand(presence, self._clock.now())
        self._settled_at = self._not_before = self._clock.monotonic()
        self._changed.set()
        await self._act()

    def wish(self, wish: Wish, *, dated: bool) -> None:
        """Take what a source wants; ValueError where too many sources want something."""
        if not self._has_left:
            self._look()
            self._standing.wish(wish, dated=dated)
            self._changed.set()

    def release(self, source: str) -> None:
        """Forget what a source wants."""
        if not self._has_left:
            self._standing.release(source)
            self._changed.set()

    def log_availability(self, before: str, now: str, source: str, reason: str) -> None:
        """Log that the user's availability in a chat system changed."""
        self._logged("availability", before, now, source, reason)

    async def changes(self, *, since: datetime | None, kind: str, limit: int) -> Sequence[LoggedChange]:
        """Return the changes that are kept, the newest first."""
        await self._write_log()
        return await self._keeper.changes(self._user, since=since, kind=kind, limit=limit)

    def consume(self, event: Event) -> None:
        """Take note of what an event says; never waits."""
        match event:
            case PresenceChanged():
                self._sees(event.presence, anew=event.inferred)
            case PhoneChanged(state=ConnectionState.CONNECTED):
                self._not_before = self._clock.monotonic()
                self._changed.set()
                if self._phone.presence is not None:
                    self._sees(self._phone.presence, anew=True)
            case DndChanged():
                self._dnd(on=event.on)
            case PhoneChanged():
                self._changed.set()

    def _dnd(self, *, on: bool) -> None:
        asked, self._phone.dnd_asked = self._phone.dnd_asked, None
        source, reason = asked[1:] if asked is not None and asked[0] is on else (PHONE, "")
        before, now = ("off", "on") if on else ("on", "off")
        self._logged("dnd", before, now, source, reason)

    # --- deciding ---

    def _look(self) -> None:
        self._standing.look(self._clock.now(), self._clock.monotonic())

    def _sees(self, presence: Presence, *, anew: bool) -> None:
        self._look()
        self._tell(self._standing.sees(presence, self._clock.now(), self._clock.monotonic(), anew=anew))
        self._changed.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            log.error("the presence of %s is not looked after any more", self._user, exc_info=task.exception())

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            await asyncio.sleep(self._patience.gather)
            await self._act()
            await self._write_log()
            await self._until_changed()

    async def _until_changed(self) -> None:
        """Return when somebody has said something, or it is time to decide again."""
        both: set[asyncio.Future[Any]] = {asyncio.ensure_future(self._changed.wait())}
        decision = self._standing.decide(self._clock.now())
        if decision is not None and decision.now.presence is not self._standing.shown and self._can and not self._again:
            both.add(asyncio.ensure_future(asyncio.sleep(0)))  # it came to this since it was looked at
        if decision is not None and decision.until is not None:
            both.add(asyncio.ensure_future(self._until(decision.until)))
        if self._again is not None:
            both.add(asyncio.ensure_future(self._clock.sleep(max(0.0, self._again - self._clock.monotonic()))))
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()

    async def _until(self, at: datetime) -> None:
        """Return at a time of the wall clock, which may be set, and go on while the computer sleeps."""
        while (left := (at - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(min(self._patience.look, left))

    async def _act(self) -> None:
        """Have the phone system show what is decided, if it does not yet and can."""
        async with self._acting:
            self._look()
            decision = self._standing.decide(self._clock.now())
            if decision is not None:
                await self._bring_about(decision)
            await self._remember()

    async def _bring_about(self, decision: Decision) -> None:
        wanted, monotonic = decision.now.presence, self._clock.monotonic()
        self._again = None
        if wanted is self._standing.shown and not self._is_asking:
            self._trouble = ""
            return
        if not self._is_connected:
            self._trouble = "the phone system is out of reach: it is told when it is back"
            return
        if not self._can:
            self._trouble = "the phone system or the handset knows no presence"
            return
        is_return = decision.now.wish is None and self._standing.shown is not None
        due = max(self._not_before, self._settled_at) if is_return else self._not_before
        if monotonic < due:
            self._again = due
            return
        source, reason = _by(decision)
        self._standing.asking(wanted, source, reason, monotonic)
        await self._remember()
        self._is_asking = True  # and stays so where the hub stops before there is an answer
        try:
            await self._phone.set_presence(wanted)
        except Exception as error:  # noqa: BLE001  an adapter is a plugin's, and may raise anything
            if isinstance(error, PhoneError) and not isinstance(error, ConnectionLost) and error.code != "timeout":
                self._standing.refused(wanted)  # else it may have been done all the same
            if str(error) != self._trouble:
                log.warning("the presence of %s cannot be changed to %s: %s", self._user, wanted, error)
            self._trouble = str(error)
            self._again = self._not_before = self._clock.monotonic() + self._patience.retry
        else:
            self._trouble = ""
            self._tell(self._standing.done(wanted))
        self._is_asking = False

    @property
    def _can(self) -> bool:
        return self._is_connected and SetPresence.name in self._phone.capabilities

    @property
    def _is_connected(self) -> bool:
        return self._phone.state == ConnectionState.CONNECTED

    # --- remembering ---

    async def _remember(self) -> None:
        kept = self._standing.kept
        if kept == self._kept:
            return
        try:
            await self._keeper.keep_presence(self._user, kept)
            self._kept = kept
        except UserError as error:  # the presence goes on all the same
            log.warning("the presence of %s is not remembered: %s", self._user, error)

    async def _write_log(self) -> None:
        async with self._writing:  # whoever reads next sees what is being written
            entries = tuple(self._log)
            if not entries:
                return
            self._log.clear()
            try:
                await self._keeper.log_changes(entries)
            except UserError as error:
                log.warning("%d changes of the presence of %s are not logged: %s", len(entries), self._user, error)

    def _tell(self, change: Change | None) -> None:
        if change is not None:
            self._settled_at = self._clock.monotonic()
            self._logged("presence", change.before, change.now, change.source, change.reason)

    def _logged(self, kind: str, before: str, now: str, source: str, reason: str) -> None:
        entry = LoggedChange(
            at=self._clock.now(), user=self._user, kind=kind, before=before, now=now, source=source, reason=reason
        )
        self._log.append(entry)
        self._changed.set()
        self._told(entry)


def _by(decision: Decision) -> tuple[str, str]:
    """Return who brings a presence about, and why, for the log."""
    wish = decision.now.wish
    if wish is None:
        return HAND, ""
    return wish.cause, "a private entry" if wish.private else wish.reason
