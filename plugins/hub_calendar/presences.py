"""Which presence an appointment brings about (CAL-01 to CAL-03), and whether it switches do-not-disturb on (CAL-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub import Presence
from hub_calendar.appointment import ShowAs

if TYPE_CHECKING:
    from hub_calendar.appointment import Appointment

Unmodified = Literal["unmodified"]
_USUAL: dict[ShowAs, Presence | Unmodified] = {
    ShowAs.FREE: "unmodified",
    ShowAs.TENTATIVE: "unmodified",
    ShowAs.WORKING_ELSEWHERE: Presence.ON_BUSINESS_TRIP,
    ShowAs.BUSY: Presence.AT_A_MEETING,
    ShowAs.OUT_OF_OFFICE: Presence.AWAY,
}
CHOSEN = len(ShowAs)


class Presences(BaseModel):
    """What `[plugins.calendar]` says about presences."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    presence: Presence | Literal["by_show_as", "unmodified"] = Field(
        default="by_show_as", description="the presence during appointments: by their show-as, always the same, or none"
    )
    show_as: dict[ShowAs, Presence | Unmodified] = Field(
        default_factory=dict, description="lines of the table from show-as to presence that are to differ"
    )
    leave_free: bool = Field(default=True, description="whether a fixed presence spares free appointments")
    leave_tentative: bool = Field(default=True, description="whether a fixed presence spares tentative appointments")
    dnd: tuple[ShowAs, ...] = Field(
        default=(), description="the show-as of appointments during which do-not-disturb is on"
    )

    def of(self, appointment: Appointment) -> Presence | None:
        """Return the presence during an appointment; None: whatever it is without."""
        if appointment.presence:
            return appointment.presence
        if self.presence == "by_show_as":
            wanted = self.show_as.get(appointment.show_as, _USUAL[appointment.show_as])
        else:
            wanted = "unmodified" if self._spared(appointment.show_as) else self.presence
        return None if wanted == "unmodified" else wanted

    def weight(self, appointment: Appointment) -> int:
        """Return how strong it is among appointments at once: a presence chosen for one beats every show-as."""
        return CHOSEN if appointment.presence else appointment.show_as.weight

    def _spared(self, show_as: ShowAs) -> bool:
        return (show_as is ShowAs.FREE and self.leave_free) or (show_as is ShowAs.TENTATIVE and self.leave_tentative)
