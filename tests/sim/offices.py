from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hub.clock import SystemClock
from hub.core.dial_plan import DialPlan
from hub.sim.adapter import SimAdapter, SimSettings
from hub.sim.exchange.exchange import Exchange
from hub.sim.exchange.journal import LegTold
from hub.sim.exchange.office import (
    FarEnd,
    FarEndDoes,
    Group,
    Handset,
    Line,
    Office,
    Queue,
    Reject,
    Ring,
    Route,
    ToVoicemail,
    User,
    Who,
    line_keys,
)

if TYPE_CHECKING:
    from hub.core.signals import Kind
    from hub.phone.commands import Command
    from hub.sim.exchange.journal import LegView, Told
    from hub.sim.server import SimServer

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
JANE = Who("+15855551234", "Jane Customer")
MAIN = "+15855550100"
SUPPORT = "+15855550101"
TEN = tuple(f"ten-{number}" for number in range(10))

ANSWERING = "5855550001"
BUSY = "5855550002"
SILENT = "5855550003"
GONE = "5855550004"


def password(user: str) -> str:
    return f"{user}-pass-{len(user)}"


def user(name: str, extension: str, *handsets: Handset, **more: object) -> User:
    return User(
        name=name,
        extension=extension,
        password=password(name),
        full_name=name.title(),
        handsets=handsets,
        **more,  # type: ignore[arg-type]  passed on as it is
    )


def office() -> Office:
    users = (
        user("alice", "101", Handset(id="alice-desk"), Handset(id="alice-cordless")),
        user("bob", "102", Handset(id="bob-desk", appearances=line_keys(2))),
        user(
            "carol", "103", Handset(id="carol-old", capabilities=frozenset({"dial", "end"}), appearances=line_keys(1))
        ),
        user("ten", "110", *(Handset(id=name) for name in TEN)),
        user("nobody", "199"),
    )
    return Office(
        name="Test office",
        users={one.name: one for one in users},
        groups={
            "support": Group(name="support", extension="600", members=("alice", "bob", "carol"), title="Support"),
        },
        queues={"Help": Queue(name="Help", extension="700", agents=("bob",))},
        lines=(Line("Line 1"), Line("Line 2")),
        orbits=("701", "702"),
        routes=(
            Route(Who(MAIN, "Main number"), (Ring("alice", 20), Ring("support", 20), ToVoicemail("alice"))),
            Route(Who(SUPPORT, "Support"), (Ring("support", 25),)),
            Route(Who("+15855550102", "Ten"), (Ring("ten", 30),)),
            Route(Who("+15855550103", "Closed"), (Reject(),)),
        ),
        far_ends=(
            FarEnd(who=Who(ANSWERING, "Andrew Answers"), after=4),
            FarEnd(who=Who(BUSY, "Betty Busy"), does=FarEndDoes.BUSY),
            FarEnd(who=Who(SILENT, "Sid Silent"), does=FarEndDoes.NO_ANSWER),
            FarEnd(who=Who(GONE, "Gwen Gone"), does=FarEndDoes.UNREACHABLE),
        ),
    )


class Desk:
    """An exchange with its own time, that remembers what it told."""

    def __init__(self, of: Office | None = None) -> None:
        self.now = NOON
        self.told: list[Told] = []
        self.exchange = Exchange(of or office(), epoch="boot", tell=self.told.append)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.exchange.advance(self.now)

    def do(self, name: str, command: Command) -> str:
        return self.exchange.command(self.now, name, command).leg

    def ring(self, number: str = MAIN, who: Who = JANE) -> str:
        return self.exchange.call_in(self.now, who, number)

    def leg(self, device: str) -> LegView:
        (found,) = (leg for leg in self.exchange.legs() if leg.device == device)
        return found

    def kinds(self, device: str) -> list[Kind]:
        return [told.kind for told in self.legs_told(device)]

    def legs_told(self, device: str) -> list[LegTold]:
        return [told for told in self.told if isinstance(told, LegTold) and told.leg.device == device]


def adapter(at: SimServer | str, name: str = "alice", **more: object) -> SimAdapter:
    """Return an adapter for a user; further settings or arguments of the adapter by keyword."""
    url = at if isinstance(at, str) else at.url
    fields: dict[str, object] = {"server": url, "user": name, "password": password(name)}
    fields |= {key: more.pop(key) for key in ("user", "password", "handsets") if key in more}
    settings = SimSettings.model_validate(fields)
    return SimAdapter(settings, DialPlan(area_code="585"), SystemClock(), **more)  # type: ignore[arg-type]  passed on
