from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hub import checked_address
from hub_calendar.presences import Presences

_NAME = re.compile("[a-z0-9][a-z0-9_-]{0,39}")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a source's name is small letters, digits, _ and - (40 at most)")
    return text


def _absolute(path: Path) -> Path:
    path = path.expanduser()
    if not path.is_absolute():
        raise ValueError("should be a whole path, such as /home/ada/work.ics or ~/calendars")
    return path


def _zone(text: str) -> str:
    try:
        if text:
            ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text!r} is no time zone; say it as Europe/Berlin") from None
    return text


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    interval: float = Field(default=300.0, ge=10, le=86_400, description="seconds between two looks")
    enabled: bool = Field(default=True, description="whether it counts")


class FileTable(_Table):
    """An `.ics` file or a folder of them."""

    kind: Literal["file"]
    path: Annotated[Path, AfterValidator(_absolute)] = Field(description="the file, or the folder with the files")


class _ServerTable(_Table):
    url: str
    user: str = Field(default="", description="your name there")
    password: str = Field(default="", description="reference to your password there, such as ${keyring:cloud}")
    unencrypted: bool = Field(
        default=False, description="allow http:// to another computer, where others can read along"
    )

    @property
    def address(self) -> str:
        """The address to ask: `webcal:` is what calendar programs call `https:`."""
        return re.sub("^webcals?://", "https://", self.url)

    @model_validator(mode="after")
    def _safe(self) -> Self:
        checked_address(self.address, unencrypted=self.unencrypted)
        return self


class UrlTable(_ServerTable):
    """A subscribed calendar."""

    kind: Literal["url"]
    url: str = Field(description="address of the calendar (https:// or webcal://)")


class CalDavTable(_ServerTable):
    """Calendars at a CalDAV server."""

    kind: Literal["caldav"]
    url: str = Field(description="address of the server, of your account there, or of a calendar")
    calendars: tuple[str, ...] = Field(default=(), description="names of the calendars that count; empty: all")


SourceTable = Annotated[FileTable | UrlTable | CalDavTable, Field(discriminator="kind")]


class Settings(Presences):
    """What `[plugins.calendar]` may hold."""

    addresses: tuple[str, ...] = Field(
        default=(), description="the addresses by which you are invited: what you declined does not count"
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="", description="your time zone, such as Europe/Berlin; empty: the computer's"
    )
    sources: dict[Annotated[str, AfterValidator(_name)], SourceTable] = Field(
        default={}, description="where your appointments are: `[plugins.calendar.sources.NAME]`"
    )
