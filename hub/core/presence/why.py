"""A decision about a presence as a sentence for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.presence.wishes import PresenceCause

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from hub.core.presence.arbiter import Decision
    from hub.core.presence.wishes import Wish

_TELLERS = {
    PresenceCause.RULE: "a rule",
    PresenceCause.APPOINTMENT: "calendar",
    PresenceCause.CHAT_CALL: "the chat system",
    PresenceCause.LOCKED: "this computer",
    PresenceCause.IDLE: "this computer",
    PresenceCause.AVAILABILITY: "the chat system",
}
_SAYINGS = {
    PresenceCause.RULE: "says so",
    PresenceCause.APPOINTMENT: "has an appointment",
    PresenceCause.CHAT_CALL: "says you are in a call",
    PresenceCause.LOCKED: "is locked",
    PresenceCause.IDLE: "is idle",
    PresenceCause.AVAILABILITY: "says so",
}


def sentence(decision: Decision, now: datetime, zone: tzinfo) -> str:
    """Say what stands and why: `Busy, because calendar says 'Budget' until 15:00; ...`, times in the zone given."""

    def when(at: datetime) -> str:
        there = at.astimezone(zone)
        return f"{there:%H:%M}" if there.date() == now.astimezone(zone).date() else f"{there:%Y-%m-%d %H:%M}"

    chosen = decision.now
    if chosen.wish is None:
        text = f"{chosen.presence.words}, set by hand"
        if decision.ignored:
            return f"{text}; it is on the ignore list, so nothing but your hand changes it"
        if decision.overridden:
            text += f" although {_because(decision.overridden[0])}"
    else:
        text = f"{chosen.presence.words}, because {_because(chosen.wish)}"
    if decision.until is None or decision.follows is None:
        return text
    until, follows = when(decision.until), decision.follows
    if follows.wish is None:
        return f"{text} until {until}; manual value {follows.presence.words} returns then"
    then = f"{follows.presence.words}, because {_because(follows.wish)}"
    return f"{text}; at {until} {then}" if chosen.wish is None else f"{text} until {until}; then {then}"


def _because(wish: Wish) -> str:
    teller = wish.teller or _TELLERS[wish.cause]
    if wish.private:
        return f"{teller} has a private entry"
    return f"{teller} says '{wish.reason}'" if wish.reason else f"{teller} {_SAYINGS[wish.cause]}"
