"""All appointments of one user: what is on makes the presence, do-not-disturb, and events."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import tzlocal

from hub import PresenceCause
from hub_calendar import kept
from hub_calendar.account import Account
from hub_calendar.dnd import QuietTime
from hub_calendar.open_source import open_source
from hub_calendar.sources import Span
from hub_calendar.timeline import Timeline
from hub_calendar.told import AppointmentEnded, AppointmentStarted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hub import Context, Presence
    from hub_calendar.appointment import Appointment
    from hub_calendar.settings import Settings
    from hub_calendar.told import AppointmentEvent

_LOOK = 1.0
"""Seconds between two looks at the clock, which may be set, and stands still while the computer sleeps."""
_BEHIND, _AHEAD, _ROLLED = timedelta(days=8), timedelta(days=62), timedelta(days=1)
_FORESEEN = timedelta(minutes=10)
"""Wishes are told so long before they begin, so that the hub hands over from one to the next."""
_MOST_WISHES = 20


class Agenda:
    """Keeps the line of time of a user, and looks at it."""

    def __init__(self, context: Context, settings: Settings) -> None:
        self.timeline = Timeline(())
        self.chosen: dict[str, Presence] = {}
        self.settings = settings
        self.zone = ZoneInfo(settings.zone) if settings.zone else tzlocal.get_localzone()
        self._context = context
        self._has_phone = _has_phone(context)
        self._quiet = QuietTime(context, is_ours=False)
        self._began = context.clock.now()
        self._first = _hour(self._began)
        self._on: dict[str, Appointment] = {}
        self._wished: dict[str, Appointment] = {}
        self._turn = asyncio.Event()
        self._rebuilding = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None
        self.accounts = {
            name: Account(
                name,
                table.kind,
                open_source(name, table, context) if table.enabled else None,
                table.interval,
                self._span,
                self._rebuild,
                context,
            )
            for name, table in settings.sources.items()
        }

    async def open(self) -> None:
        """Begin."""
        self.chosen, is_ours = await self._context.database.run(partial(kept.read, user=self._context.user))
        self._quiet.is_ours = is_ours
        for account in self.accounts.values():
            account.start()
        self._watching = self._context.spawn(self._watch(), "appointments")

    async def close(self) -> None:
        """Look no more, and give do-not-disturb back; the hub gives the presence back, and ends what runs."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        if self._has_phone:
            await self._quiet.want(on=False)

    async def choose(self, id: str, presence: Presence | None) -> None:  # noqa: A002  it is one
        """Choose the presence during an appointment, or those of a series by its UID; None: as its calendar says."""
        work = partial(kept.choose, user=self._context.user, id=id, presence=presence)
        await self._context.database.run(work)
        self.chosen.pop(id, None)
        if presence is not None:
            self.chosen[id] = presence
        await self._rebuild()

    async def forget(self) -> None:
        """Forget what was chosen."""
        await self._context.database.run(partial(kept.forget, user=self._context.user))
        self.chosen.clear()
        await self._rebuild()

    async def told_dnd(self, on: bool) -> None:  # noqa: FBT001  the word is in the name
        """Take that do-not-disturb was switched."""
        await self._quiet.told(on)

    def now(self) -> datetime:
        """Return the time by the hub's clock."""
        return self._context.clock.now()

    def find(self, id: str) -> Appointment | None:  # noqa: A002  as above
        """Return an appointment by its id, or the first of a series by its UID."""
        return next((each for each in self.timeline.appointments if id in {each.id, each.uid}), None)

    # --- the line of time ---

    def _span(self) -> Span:
        """Return the same span for a day, so that what has not changed need not be expanded anew."""
        now = self._context.clock.now()
        if not timedelta(0) <= now - self._first < _ROLLED:
            self._first = _hour(now)
        return Span(self._first - _BEHIND, self._first + _AHEAD, self.zone, self.settings.addresses)

    async def _rebuild(self) -> None:
        async with self._rebuilding:  # a line of what was read before must not come after one of what was read since
            read = [each.report.expansion.appointments for each in self.accounts.values()]
            appointments = list(chain.from_iterable(read))
            self.timeline = await asyncio.to_thread(self._line, appointments, dict(self.chosen))
            self._turn.set()

    @staticmethod
    def _line(appointments: list[Appointment], chosen: Mapping[str, Presence]) -> Timeline:
        def own(each: Appointment) -> Appointment:
            presence = chosen.get(each.id) or chosen.get(each.uid)
            return replace(each, presence=presence) if presence else each

        return Timeline(map(own, appointments) if chosen else appointments)

    async def _watch(self) -> None:
        """Look at the line when an appointment begins or ends, when the line changes, and when the span is used up."""
        while True:
            self._turn.clear()
            now = self._context.clock.now()
            await self._look(now)
            if now - self._first >= _ROLLED:
                for account in self.accounts.values():
                    account.look()
            due = self.timeline.next_change(now)
            rest = (due - now).total_seconds() if due else _LOOK
            await self._wait(min(max(rest, 0.0), _LOOK))

    async def _wait(self, seconds: float) -> None:
        turn = asyncio.ensure_future(self._turn.wait())
        sleep = asyncio.ensure_future(self._context.clock.sleep(seconds))
        try:
            await asyncio.wait([turn, sleep], return_when=asyncio.FIRST_COMPLETED)
        finally:
            turn.cancel()
            sleep.cancel()
            await asyncio.gather(turn, sleep, return_exceptions=True)

    async def _look(self, now: datetime) -> None:
        on = {each.id: each for each in reversed(self.timeline.at(now))}  # of one in two calendars the stronger copy
        for gone in self._on.keys() - on.keys():
            self._tell(AppointmentEnded, self._on[gone])
        for new in on.keys() - self._on.keys():
            if on[new].start >= self._began:  # else a restart would tell it again
                self._tell(AppointmentStarted, on[new])
        self._on = on
        if self._has_phone:
            self._wish(now)
            await self._quiet.want(on=any(each.show_as in self.settings.dnd for each in on.values()))

    def _wish(self, now: datetime) -> None:
        wanted: dict[str, Appointment] = {}
        for each in self.timeline.ahead(now, now + _FORESEEN):
            if self.settings.of(each):
                wanted.setdefault(each.id, each)
        wanted = dict(islice(wanted.items(), _MOST_WISHES))
        for gone in self._wished.keys() - wanted.keys():
            self._context.presence.release(source=gone)
            del self._wished[gone]
        for id_, each in wanted.items():
            presence = self.settings.of(each)
            if self._wished.get(id_) == each or presence is None:
                continue
            self._wished[id_] = each
            self._context.presence.wish(
                source=id_,
                presence=presence,
                cause=PresenceCause.APPOINTMENT,
                reason=each.title,
                since=each.start,
                until=each.end,
                teller="calendar",
                private=each.private,
                weight=self.settings.weight(each),
            )

    def _tell(self, kind: type[AppointmentEvent], each: Appointment) -> None:
        self._context.emit(
            kind,
            id=each.id,
            title=each.title,
            show_as=each.show_as.value,
            start=each.start,
            end=each.end,
            private=each.private,
        )


def _has_phone(context: Context) -> bool:
    try:
        return context.phone is not None
    except LookupError:
        return False


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
