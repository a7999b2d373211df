"""What a configuration says of a source: what is the same for all, and what its kind wants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from hub import Problem, SourceRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub import ContactSourceKind

_NAME = re.compile("[a-z0-9][a-z0-9_-]{0,39}")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a source's name is small letters, digits, _ and - (40 at most)")
    if text == "phone":
        raise ValueError("these are the phone system's contacts: name it otherwise")
    return text


SourceName = Annotated[str, AfterValidator(_name)]


class SourceTable(BaseModel):
    """What `[plugins.contacts.sources.NAME]` may hold, beside what its kind wants."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str = Field(description="`folder`, `carddav`, `ews`, `graph`, or what a plugin offers")
    interval: float = Field(default=900.0, ge=10, le=86_400, description="seconds between two looks")
    read_only: bool = Field(default=False, description="never change anything there")
    share: bool = Field(default=True, description="whether its contacts name callers on the phone")
    enabled: bool = Field(default=True, description="whether it is on until a person says otherwise")

    def checked(self, name: str, kinds: Mapping[str, ContactSourceKind]) -> tuple[ContactSourceKind, BaseModel]:
        """Return the kind and its settings; raises `SourceRefused` with all that is wrong."""
        place = f"contacts source {name}"
        kind = kinds.get(self.kind)
        if kind is None:
            there = ", ".join(sorted(kinds))
            raise SourceRefused.of(f'there is no kind "{self.kind}" of source', f"there are {there}", place)
        try:
            return kind, kind.config.model_validate(self.model_extra or {})
        except ValidationError as error:
            raise SourceRefused(*(_problem(place, each) for each in error.errors())) from None


def _problem(place: str, error: Any) -> Problem:
    at = ".".join(map(str, error["loc"]))
    told = str(error["msg"]).removeprefix("Value error, ")
    return Problem(f"{place}: {at}" if at else place, told, "mend it in the configuration")
