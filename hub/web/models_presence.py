"""What the API tells of presences, and takes."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  pydantic reads the annotations
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from hub.core.presence import Presence
from hub.core.presence.wishes import PresenceCause  # noqa: TC001  likewise
from hub.web.models import Answer, Told

if TYPE_CHECKING:
    from hub.presence.steward import View


class ToBe(BaseModel):
    """Where the user is."""

    model_config = ConfigDict(extra="forbid")

    presence: Presence


class WishAnswer(Answer):
    """What a source wants: a presence from `since` to before `until`, null until it lets go."""

    source: Told
    cause: PresenceCause
    presence: Presence
    since: datetime
    until: datetime | None
    teller: Told
    reason: Told
    private: bool


class PresenceAnswer(Answer):
    """How the user's presence stands.

    `presence` is what the phone system shows colleagues and `wanted` what it should show; null while nobody has said.
    `trouble` says why they differ. `by` is the wish that brings it about, null for the value set by hand; it stands
    until `until`, when `follows` comes, as far as is known. `why` says all that in a sentence. `overridden` are wishes
    that have no effect since the value was set by hand; if `ignored`, because it is on the ignore list.
    """

    presence: Presence | None
    wanted: Presence | None
    why: Told
    trouble: Told
    by: WishAnswer | None
    until: datetime | None
    follows: Presence | None
    manual: Presence | None
    manual_at: datetime | None
    ignored: bool
    overridden: tuple[WishAnswer, ...]

    @classmethod
    def of(cls, view: View) -> PresenceAnswer:
        """Say how it stands now."""
        decision = view.decision
        wish = decision.now.wish if decision else None
        return cls(
            presence=view.shown,
            wanted=decision.now.presence if decision else None,
            why=view.why,
            trouble=view.trouble,
            by=WishAnswer.model_validate(wish) if wish else None,
            until=decision.until if decision else None,
            follows=decision.follows.presence if decision and decision.follows else None,
            manual=decision.manual.presence if decision else None,
            manual_at=decision.manual.at if decision else None,
            ignored=decision.ignored if decision else False,
            overridden=tuple(map(WishAnswer.model_validate, decision.overridden)) if decision else (),
        )


class ChangeKind(StrEnum):
    """What the log of changes is about."""

    PRESENCE = "presence"
    AVAILABILITY = "availability"
    DND = "dnd"


class ChangeAnswer(Answer):
    """A change of presence, availability or do-not-disturb.

    `source` is `phone` (by hand at the phone system), `hand`, the cause of a wish or the plugin that told it.
    """

    at: datetime
    kind: ChangeKind
    before: Told
    now: Told
    source: Told
    reason: Told
