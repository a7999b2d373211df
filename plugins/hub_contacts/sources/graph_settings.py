"""What a source at Microsoft 365 needs."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _https(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("should be an address that begins with https://")
    return url.rstrip("/")


class GraphSettings(BaseModel):
    """What a source of the kind `graph` needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: str = Field(min_length=1, description="id of the app registration that allows device sign-in")
    tenant: str = Field(
        default="common", pattern=r"^[A-Za-z0-9._-]+$", description="id or domain of the organisation; `common`: any"
    )
    authority: Annotated[str, AfterValidator(_https)] = Field(
        default="https://login.microsoftonline.com", description="where people sign in; another for national clouds"
    )
    url: Annotated[str, AfterValidator(_https)] = Field(
        default="https://graph.microsoft.com/v1.0", description="address of Microsoft Graph"
    )
