from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """What `[plugins.contacts]` may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)
