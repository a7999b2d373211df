from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """The table `[plugins.idle]`, best `[users.NAME.plugins.idle]`: it is about the computer that one user sits at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when_idle: Literal["leave", "away", "busy"] = Field(
        default="leave", description="the presence while nobody touches this computer, or `leave` it alone"
    )
    idle_minutes: float = Field(default=10, gt=0, le=24 * 60, description="minutes after which that is so")
    when_locked: Literal["leave", "away", "at_home", "at_a_meeting", "busy"] = Field(
        default="leave", description="the presence while the screen is locked, or `leave` it alone"
    )
    watch: bool = Field(
        default=False, description="look also where presence is left alone: for rules on `idle`, `lock` and `unlock`"
    )
    look_every: float = Field(default=5.0, gt=0, le=60, description="seconds between two looks")

    @property
    def looks(self) -> bool:
        """Whether there is anything to look for."""
        return self.watch or self.when_idle != "leave" or self.when_locked != "leave"
