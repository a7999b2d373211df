"""Open what a configuration names as a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub_calendar.settings import CalDavTable, FileTable

if TYPE_CHECKING:
    from hub import Context
    from hub_calendar.settings import SourceTable
    from hub_calendar.sources import CalendarSource


def open_source(name: str, table: SourceTable, context: Context) -> CalendarSource:
    """Return the source; it asks nothing yet."""
    if isinstance(table, FileTable):
        from hub_calendar.sources.files import CalendarFiles

        return CalendarFiles(table.path)
    place = f"calendar {name}"
    if isinstance(table, CalDavTable):
        from hub_calendar.sources.caldav import CalDav

        return CalDav(place, table.address, table.user, lambda: context.secret(table.password), table.calendars)
    from hub_calendar.sources.subscription import Subscription

    return Subscription(place, table.address, table.user, lambda: context.secret(table.password))
