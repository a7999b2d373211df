from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Where(StrEnum):
    """Where pages open."""

    AUTO = "auto"
    BROWSER = "browser"
    CONSOLE = "console"


class Settings(BaseModel):
    """The table `[plugins.screenpop]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    where: Where = Field(
        default=Where.AUTO,
        description="`browser` of the hub's computer, the user's `console`, or `auto`: the console where the hub is a "
        "server, else the browser",
    )
    browser: tuple[str, ...] = Field(
        default=(),
        description="program and arguments of the browser, the URL goes last or where %URL% stands; "
        "empty: the one that the computer opens pages with",
    )
