from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from hub_crm.filling import ID, NUMBERS, check_macros

_BAD = re.compile(r"[\x00-\x20\x7f\\]")
_NAMES_A_SECRET = re.compile(r"auth|bearer|cookie|credential|key|passw|\bpin\b|secret|session|sig|token", re.IGNORECASE)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


def _fault(cause: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("crm", "{cause}", {"cause": cause, "remedy": remedy})


def check_address(text: str, macros: frozenset[str]) -> str:
    """Return an http or https address; macros stand behind its host."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _fault("it is no http or https address", "write https://, a host, and what follows")
    if "@" in parts.netloc or "%" in parts.netloc or "$" in parts.netloc:
        raise _fault("user name, password and macros do not stand in its host", "secrets go into headers")
    if "${" in text:
        raise _fault("a secret must not stand in an address", "put it into headers")
    if bad := _BAD.search(text):
        raise _fault("an address has no spaces, backslashes or control characters", f"write it as %{ord(bad[0]):02X}")
    for name, _, value in (each.partition("=") for each in parts.query.split("&")):
        if _NAMES_A_SECRET.search(name) and value and "%" not in value:
            raise _fault(f"{name} in an address is a secret in clear", "put it into a header, by reference")
    check_macros(text, macros)
    return text


def _check_path(text: str) -> str:
    """Return a JSONPath (RFC 9535) that can be read."""
    import jsonpath_rfc9535 as jsonpath

    try:
        jsonpath.compile(text)
    except jsonpath.JSONPathError as error:
        raise _fault(f"it is no JSONPath: {error}", "for example $.results[0].name") from None
    return text


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Path = Annotated[str, AfterValidator(_check_path)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_several)]


class LookupTable(BaseModel):
    """One table `[plugins.crm.lookups.NAME]`: a request, and where in its answer things stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="address to ask, with macros for the number behind its host, percent-encoded there")
    method: Literal["GET", "POST"] = Field(default="GET", description="`GET` or `POST`")
    headers: dict[str, str] = Field(
        default={}, description="headers of the request; secrets by reference, as in `Bearer ${keyring:phonehub/crm}`"
    )
    body: Any = Field(default=None, alias="json", description="what is sent as JSON; macros may stand in its texts")
    each: Path = Field(default="$", description="JSONPath (RFC 9535) to each person; the paths below begin there")
    id: Paths = Field(default=(), description="JSONPath to what the CRM knows the person by")
    name: Paths = Field(min_length=1, description="JSONPath to the name, or several to its parts")
    company: Paths = Field(default=(), description="JSONPath to the company, from the person")
    link: str = Field(default="", description="JSONPath to the person's page, or its address with `%ID%` in it")
    groups: tuple[str, ...] = Field(default=(), description="groups that everybody found here counts to")
    within: float = Field(default=5.0, gt=0, le=9, description="seconds that the answer may take")
    keep: float = Field(default=60.0, ge=0, le=3600, description="seconds that an answer is remembered")

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        return check_address(url, NUMBERS)

    @field_validator("link")
    @classmethod
    def _link(cls, link: str) -> str:
        if link.startswith("$"):
            return _check_path(link)
        return check_address(link, ID) if link else link

    @field_validator("headers")
    @classmethod
    def _headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
                raise _fault(f"{name!r} is no header to be set", "leave it out")
            if not value.isprintable():
                raise _fault(f"the header {name} has control characters in it", "write it on one line")
            if _NAMES_A_SECRET.search(name) and "${" not in value:
                remedy = (
                    f'"phonehub config secret phonehub/crm" keeps it; then write {name} = "${{keyring:phonehub/crm}}"'
                )
                raise _fault(f"the header {name} must not stand here in clear", remedy)
        return headers

    @field_validator("body")
    @classmethod
    def _body(cls, body: Any) -> Any:
        for text in _texts(body):
            if "${" in text:
                raise _fault("a secret must not stand in the body", "put it into headers")
            check_macros(text, NUMBERS)
        return body

    @model_validator(mode="after")
    def _whole(self) -> LookupTable:
        if self.body is not None and self.method == "GET":
            raise _fault("a GET has no body", 'write method = "POST", or leave json out')
        if "%ID%" in self.link and not self.id:
            raise _fault("%ID% is filled in from id", 'say where it stands: id = "$.id"')
        return self


class Settings(BaseModel):
    """The table `[plugins.crm]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lookups: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")], LookupTable] = Field(
        default={}, description="where callers are looked up: `[plugins.crm.lookups.NAME]`", max_length=8
    )


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []
