"""What one user's presence rests on: what was set by hand, what sources want, what the phone system shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hub.core.presence.arbiter import Decision, decide
from hub.core.presence.wishes import Manual, PresenceCause, Wish

if TYPE_CHECKING:
    from collections.abc import Collection

    from hub.core.presence import Presence

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PHONE, HAND = "phone", "hand"
_JUMP = timedelta(seconds=-1)
"""How far the wall clock may fall behind the other one before that counts as having been put back."""


@dataclass(frozen=True, slots=True)
class Change:
    """The presence that colleagues see changed; `source` and `reason` say by whom and why, as far as is known."""

    before: Presence
    now: Presence
    source: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is remembered over a restart or a crash.

    `shown` is what the phone system showed last, `asked` what it was asked for and has not shown yet. `wishes` are
    those that nobody would tell again: those of rules.
    """

    manual: Manual | None = None
    shown: Presence | None = None
    asked: Presence | None = None
    wishes: tuple[Wish, ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    presence: Presence
    source: str
    reason: str
    at: float


class Standing:
    """One user's wishes, and how they stand with the phone system.

    `now` is the wall clock's time, `monotonic` the seconds of one that never goes back. At most `most` sources may want
    something. What the phone system shows within `echo` seconds after it was asked for that is no change by hand.
    """

    def __init__(self, kept: Kept, ignore: Collection[Presence] = (), *, most: int = 100, echo: float = 15.0) -> None:
        self.manual = kept.manual
        self.shown = kept.shown
        self._ignore = frozenset(ignore)
        self._most = most
        self._echo = echo
        self._wishes = {wish.source: wish for wish in kept.wishes}
        self._undated: set[str] = set()
        self._asked = [] if kept.asked is None else [_Asked(kept.asked, "", "", 0.0)]
        self._looked: tuple[datetime, float] | None = None

    @property
    def kept(self) -> Kept:
        """What is to be remembered."""
        return Kept(
            manual=self.manual,
            shown=self.shown,
            asked=self._asked[-1].presence if self._asked else None,
            wishes=tuple(wish for wish in self._wishes.values() if wish.cause is PresenceCause.RULE),
        )

    def look(self, now: datetime, monotonic: float) -> None:
        """Look at the clocks: when the wall clock was put back, what happened before is still before."""
        if self._looked is not None:
            seen, then = self._looked
            jump = (now - seen) - timedelta(seconds=monotonic - then)
            if jump < _JUMP:
                self._move_back(jump)
        self._looked = now, monotonic
        if self.manual is not None and self.manual.at > now:
            self.manual = replace(self.manual, at=now)
        for source in self._undated:
            if self._wishes[source].since > now:
                self._wishes[source] = replace(self._wishes[source], since=now)

    def decide(self, now: datetime) -> Decision | None:
        """Return what should be shown, and why; None before anybody said where the user is."""
        if self.manual is None:
            return None
        for source in [source for source, wish in self._wishes.items() if wish.until is not None and wish.until <= now]:
            self.release(source)
        return decide(self.manual, tuple(self._wishes.values()), self._ignore, now)

    def wish(self, wish: Wish, *, dated: bool) -> None:
        """Take what a source wants in place of what it wanted; ValueError where too many want something.

        Unless its beginning is `dated` by the source, one that wants the same as before has wanted it since then.
        """
        before = self._wishes.get(wish.source)
        if before is None and len(self._wishes) >= self._most:
            raise ValueError(f"{len(self._wishes)} sources want a presence already: release some")
        if before is not None and not dated and (before.presence, before.cause) == (wish.presence, wish.cause):
            wish = replace(wish, since=before.since)
        self._wishes[wish.source] = wish
        (self._undated.discard if dated else self._undated.add)(wish.source)

    def release(self, source: str) -> None:
        """Forget what a source wants, if it wants anything."""
        self._wishes.pop(source, None)
        self._undated.discard(source)

    def let_go(self) -> None:
        """Forget what is not remembered over a restart."""
        for source in [source for source, wish in self._wishes.items() if wish.cause is not PresenceCause.RULE]:
            self.release(source)

    def set_by_hand(self, presence: Presence, now: datetime) -> None:
        """Take what the user chose; a rule that would have held for ever has had its say."""
        self.manual = Manual(presence, now)
        for source in [source for source, wish in self._wishes.items() if _is_for_ever(wish)]:
            self.release(source)

    # --- the phone system ---

    def asking(self, presence: Presence, source: str, reason: str, monotonic: float) -> None:
        """Note that the phone system is about to be asked for this."""
        self._asked.append(_Asked(presence, source, reason, monotonic))

    def done(self, presence: Presence) -> Change | None:
        """Note that it did that; what it shows since then is known already."""
        asked = next((each for each in self._asked if each.presence is presence), None)
        return None if asked is None else self._became(asked)

    def refused(self, presence: Presence) -> None:
        """Note that it did not do that."""
        self._asked = [each for each in self._asked if each.presence is not presence]

    def sees(self, presence: Presence, now: datetime, monotonic: float, *, anew: bool) -> Change | None:
        """Take what the phone system shows: what nobody here asked for was changed by hand.

        `anew` it was asked for after a pause, in which any of what it was asked for may have come about.
        """
        asked = next(
            (each for each in self._asked if each.presence is presence and self._fresh(each, monotonic, anew)), None
        )
        if asked is not None:
            self._asked = self._asked[self._asked.index(asked) + 1 :]
        if anew:
            self._asked = []
        if presence is self.shown:
            return None
        if asked is not None:
            return self._became(asked)
        before, self.shown = self.shown, presence
        if before is None:
            self.manual = self.manual or Manual(presence, EPOCH)
            return None
        self.set_by_hand(presence, now)
        return Change(before, presence, PHONE)

    def _fresh(self, asked: _Asked, monotonic: float, anew: bool) -> bool:  # noqa: FBT001  passed on
        return anew or monotonic - asked.at <= self._echo

    def _became(self, asked: _Asked) -> Change | None:
        before, self.shown = self.shown, asked.presence
        if before is None or before is asked.presence:
            return None
        return Change(before, asked.presence, asked.source, asked.reason)

    def _move_back(self, jump: timedelta) -> None:
        if self.manual is not None and self.manual.at > EPOCH:
            self.manual = replace(self.manual, at=self.manual.at + jump)
        for source in self._undated:
            self._wishes[source] = replace(self._wishes[source], since=self._wishes[source].since + jump)


def _is_for_ever(wish: Wish) -> bool:
    return wish.cause is PresenceCause.RULE and wish.until is None
