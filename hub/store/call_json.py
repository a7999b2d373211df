"""A call as JSON and back: what the store needs to give a restarted hub its open calls, whole."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any, TypeVar

from hub.core.call import Call, CallState, Contact, Direction, Leg, LegState, Network, Outcome, Party
from hub.core.numbers import Number, NumberKind
from hub.events import plain

T = TypeVar("T")


def to_text(call: Call) -> str:
    """Return the call's public JSON form, as `hub.events.plain` has it, as ASCII text."""
    return _encode(call)


def from_text(text: str) -> Call:
    """Return the call that `to_text` was given; what a newer version added is left aside."""
    read: dict[str, Any] = json.loads(text)
    return _call(read)


def network_to_text(network: Network | None) -> str | None:
    """Return how the audio came as JSON, None where that is not known."""
    return None if network is None else _encode(network)


def network_from_text(text: str | None) -> Network | None:
    """Return what `network_to_text` was given."""
    return None if text is None else _network(json.loads(text))


_FIELDS: dict[type[Any], tuple[str, ...]] = {
    cls: tuple(field.name for field in dataclasses.fields(cls))
    for cls in (Call, Contact, Leg, LegState, Network, Number, Party)
}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return plain(value)
    return {name: getattr(value, name) for name in _FIELDS[type(value)]}


_encode = json.JSONEncoder(separators=(",", ":"), default=_plain, check_circular=False).encode


def _call(read: dict[str, Any]) -> Call:
    return _make(
        Call,
        read,
        direction=Direction(read["direction"]),
        state=CallState(read["state"]),
        party=_party(read["party"]),
        started=datetime.fromisoformat(read["started"]),
        answered=_time(read.get("answered")),
        ended=_time(read.get("ended")),
        outcome=Outcome(read["outcome"]) if read.get("outcome") else None,
        dialled=_party(read["dialled"]),
        network=_network(read.get("network")),
        contacts=tuple(_contact(each) for each in read["contacts"]),
        legs=tuple(_leg_state(each) for each in read["legs"]),
        counts=tuple((name, count) for name, count in read["counts"]),
    )


def _leg_state(read: dict[str, Any]) -> LegState:
    return _make(
        LegState,
        read,
        leg=_leg(read["leg"]),
        state=CallState(read["state"]),
        answered=_time(read.get("answered")),
    )


def _leg(read: dict[str, Any]) -> Leg:
    return _make(
        Leg,
        read,
        direction=Direction(read["direction"]),
        party=_party(read["party"]),
        started=datetime.fromisoformat(read["started"]),
        dialled=_party(read["dialled"]),
        network=_network(read.get("network")),
    )


def _network(read: dict[str, Any] | None) -> Network | None:
    return None if read is None else _make(Network, read)


def _contact(read: dict[str, Any]) -> Contact:
    return _make(Contact, read, groups=tuple(read["groups"]))


def _party(read: dict[str, Any]) -> Party:
    number = read["number"]
    return _make(Party, read, number=_make(Number, number | {"kind": NumberKind(number["kind"])}))


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _make(cls: type[T], read: dict[str, Any], **typed: Any) -> T:
    known = _FIELDS[cls]
    return cls(**{name: value for name, value in read.items() if name in known} | typed)
