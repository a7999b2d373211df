from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from hub_contacts.sources.settings import SourceName, SourceTable


class Settings(BaseModel):
    """What `[plugins.contacts]` may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    administrators: tuple[str, ...] = Field(
        default=(), description="users who may delete all contacts of another user, which they cannot read"
    )
    sources: dict[SourceName, SourceTable] = Field(
        default={}, description="where contacts come from and go to: `[plugins.contacts.sources.NAME]`"
    )
