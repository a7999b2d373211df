from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What `[plugins.contacts]` may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    administrators: tuple[str, ...] = Field(
        default=(), description="users who may delete all contacts of another user, which they cannot read"
    )
