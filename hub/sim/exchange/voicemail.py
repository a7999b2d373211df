"""Everybody's voicemail box: what is left in it, and listening to that. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hub.core.call import Direction
from hub.core.signals import Kind
from hub.sim.wire_boards import WireMessages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.office import Who
    from hub.sim.exchange.switch import Switch

NEXT, DELETE = "#", "7"
"""The keys while a message plays."""
_NOTHING = 3.0
"""Seconds that the box takes to say that there is nothing more."""


@dataclass(slots=True, eq=False)
class Message:
    """What somebody said, so many seconds of it; `heard` once it was played or passed over."""

    seconds: float
    heard: bool = False


class Voicemail:
    """The boxes of an office."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._boxes: dict[str, list[Message]] = {user: [] for user in switch.office.users}
        self._dirty: set[str] = set()
        for user in self._boxes:
            switch.reporter.set_board_up(user, self._board(user))
        switch.watchers.append(self)

    def moved(self, branch: Branch, kind: Kind, at: datetime) -> None:
        """Keep what was said to a box once the caller has hung up."""
        if branch.mailbox and kind is Kind.CLEARED:
            seconds = (at - (branch.answered or at)).total_seconds() * self._switch.pace
            self._boxes[branch.mailbox].append(Message(seconds))
            self._dirty.add(branch.mailbox)

    def settle(self, at: datetime) -> None:
        """Light or darken the lamps."""
        dirty, self._dirty = self._dirty, set()
        for user in sorted(dirty):
            self._switch.reporter.board(user, at, self._board(user))

    def listen(self, caller: Branch, who: Who, at: datetime) -> None:
        """Let a user hear their messages, the oldest first: `#` goes to the next, `7` deletes the one that plays."""
        switch, talk = self._switch, caller.talk
        talk.internal = True
        switch.move(caller, Kind.ORIGINATED, at)
        box = switch.join(talk, Direction.INBOUND, at, who=who, shown=caller.who)
        switch.move(box, Kind.DELIVERED, at)
        switch.connect(box, at)
        playing = iter(tuple(self._boxes[caller.user]))
        self._play_next(box, caller.user, playing, at)

    def _play_next(self, box: Branch, user: str, playing: Iterator[Message], at: datetime) -> None:
        switch, message = self._switch, next(playing, None)
        if box.timer is not None:
            box.timer.cancel()
        if message is None:
            box.talk.hears = None
            box.timer = switch.after(at, _NOTHING, partial(switch.leave, box))
            return

        def over(at: datetime) -> None:
            message.heard = True
            self._dirty.add(user)
            self._play_next(box, user, playing, at)

        def hear(at: datetime, digits: str) -> None:
            for place, digit in enumerate(digits):
                if digit == DELETE and message in self._boxes[user]:
                    self._boxes[user].remove(message)
                if digit in {NEXT, DELETE}:
                    over(at)
                    if (rest := digits[place + 1 :]) and box.talk.hears is not None:
                        box.talk.hears(at, rest)
                    return

        box.talk.hears = hear
        box.timer = switch.after(at, message.seconds, over)

    def _board(self, user: str) -> WireMessages:
        box = self._boxes[user]
        old = sum(message.heard for message in box)
        return WireMessages(new=len(box) - old, old=old, number=self._switch.office.voicemail)
