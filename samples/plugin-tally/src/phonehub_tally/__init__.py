"""Counts how often somebody has called."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, func, insert, select

from hub import Condition, Context, Direction, End, Facts, Macro, User, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

TABLES = MetaData()
CALLS = Table(
    "tally_calls",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("user", String, nullable=False, index=True),
    Column("number", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)


class Settings(BaseModel):
    """What `[plugins.tally]` may hold."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(30, ge=1, description="calls older than that do not count")


class Tally:
    """Counts in memory for rules, which cannot wait, and in its table for the next start."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    @hookimpl
    def register_config(self) -> type[BaseModel]:
        """Return the model of the settings."""
        return Settings

    @hookimpl
    def register_tables(self) -> MetaData:
        """Return the table."""
        return TABLES

    @hookimpl
    def register_rule_parts(self) -> Iterable[Condition | Macro]:
        """Return the words for rules."""
        return (
            Condition(
                name="called_before",
                value=int,
                test=lambda least, facts: self._before(facts) >= least,
                seen=lambda facts: str(self._before(facts)),
                doc="whether the caller has called so many times before",
            ),
            Macro(
                name="TALLY",
                expand=lambda facts: str(self._before(facts)),
                doc="how many times the caller has called before",
            ),
        )

    @hookimpl
    def register_routes(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()

        @router.get("/callers")
        async def callers(user: User) -> dict[str, int]:
            return dict(self._counts[user])

        return router

    @hookimpl
    async def start(self, context: Context) -> None:
        """Load the user's counts."""
        since = datetime.now(UTC) - timedelta(days=context.config.days)

        def load(connection: Connection) -> dict[str, int]:
            counted = select(CALLS.c.number, func.count().label("calls")).group_by(CALLS.c.number)
            wanted = counted.where(CALLS.c.user == context.user, CALLS.c.at >= since)
            return {row.number: row.calls for row in connection.execute(wanted)}

        self._counts[context.user] = Counter(await context.database.run(load))

    @hookimpl
    async def on_end(self, event: End, context: Context) -> None:
        """Count the call: now that it is over, it is one before the next."""
        number = event.call.party.number.e164
        if not number or event.call.direction is Direction.OUTBOUND:
            return
        self._counts[context.user][number] += 1
        row = {"user": context.user, "number": number, "at": event.at}
        await context.database.run(lambda connection: connection.execute(insert(CALLS), row))

    def _before(self, facts: Facts) -> int:
        return self._counts[facts.event.user][facts.call.party.number.e164] if facts.call else 0
