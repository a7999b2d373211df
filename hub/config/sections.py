"""`phonehub.toml` as frozen models: everything a person can set, each setting with what it means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from hub.core.dial_plan import DialPlan
from hub.secrets import is_reference

if TYPE_CHECKING:
    from collections.abc import Callable


def _resolved(path: Path, info: ValidationInfo) -> Path:
    """A relative path counts from the folder of the file; `~` is the home folder."""
    folder: Path = (info.context or {}).get("folder", Path.cwd())
    return folder / path.expanduser()


def _must(pattern: str, told: str) -> Callable[[str], str]:
    """Make the check that a text matches, which says what is wanted in words rather than as a pattern."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(told)
        return text

    return check


_user_name = _must("[a-z0-9][a-z0-9._-]{0,63}", "a user's name is small letters, digits and . _ - (64 at most)")
_variable_name = _must("[a-z][a-z0-9_]{0,63}", "a variable's name is small letters, digits and _ (64 at most)")
_scheme = _must("[a-z][a-z0-9+.-]{0,31}", "should be the word before the colon of a link, in small letters")
_line = _must(r"[^\x00-\x1f\x7f]{0,2000}", "should be one line of text (2000 characters at most)")


def _listed(value: Any) -> Any:
    """One text stands for a list of it."""
    return [value] if isinstance(value, str) else value


Folder = Annotated[Path, AfterValidator(_resolved)]
Folders = Annotated[tuple[Folder, ...], BeforeValidator(_listed)]
Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Scheme = Annotated[str, AfterValidator(_scheme)]
Name = Annotated[str, AfterValidator(_user_name)]
VariableName = Annotated[str, AfterValidator(_variable_name)]
Line = Annotated[str, AfterValidator(_line)]


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class HistorySection(Section):
    """How much of the past is kept."""

    calls: int = Field(default=100_000, ge=1, description="calls kept for each user, the newest")
    days: int = Field(default=730, ge=1, le=36_500, description="days after which a call is forgotten")
    action_days: int = Field(
        default=90, ge=1, le=36_500, description="days after which what a rule did is forgotten, and that it did it"
    )


class DispatcherSection(Section):
    """How plugins are kept from holding up each other and the phone (`hub.plugin_host.limits.Limits`)."""

    mailbox: int = Field(
        default=10_000, ge=1, description="events that may wait for one plugin; it is told what it lost"
    )
    deadline: float = Field(default=10.0, gt=0, description="seconds that one call of a plugin's hook may take")
    failures: int = Field(default=5, ge=1, description="calls that fail in a row until the plugin is suspended")
    suspension: float = Field(
        default=60.0, gt=0, description="seconds of the first suspension; each next is twice as long"
    )
    longest_suspension: float = Field(default=3600.0, gt=0, description="seconds of the longest suspension")
    hung: int = Field(default=3, ge=1, description="calls that may be given up and still not have come back")
    lookup: float = Field(default=0.05, gt=0, description="seconds that a ring waits for plugins to look it up")
    lookups: int = Field(default=100, ge=1, description="lookups of callers that one plugin may have open")
    loop: float = Field(default=1.0, gt=0, description="seconds until who holds up the event loop has been named")
    stop: float = Field(default=10.0, gt=0, description="seconds that plugins may take to finish when the hub stops")


class HubSection(Section):
    """The hub itself."""

    state: Folder = Field(
        default_factory=lambda: Path(platformdirs.user_state_dir("phonehub")),
        description="folder for the database, tokens and whatever else the hub keeps; default: the user's state folder",
    )
    database: str = Field(
        default="", description="SQLAlchemy URL of the database; empty: SQLite, `hub.db` in the state folder"
    )
    rules: Folders = Field(default=(Path("rules"),), description="folders with the user's rule files")
    admin_rules: Folders = Field(
        default=(), description="folders with the administrator's rule files, locked, read first"
    )
    plugins: Folder = Field(default=Path("plugins"), description="drop-in folder for single-file plugins")
    disabled_plugins: Words = Field(default=(), description="names of plugins that are not loaded")
    url_schemes: Annotated[tuple[Scheme, ...], BeforeValidator(_listed)] = Field(
        default=(), description="further schemes that `open_url` may use, beside http and https"
    )
    server: bool = Field(
        default=False, description="this hub serves users of other computers: only locked rules may `run` commands"
    )
    vars: dict[VariableName, Line] = Field(
        default_factory=dict, description="texts for rule files to use, such as the fixed beginning of a URL"
    )
    history: HistorySection = Field(default=HistorySection(), description="see `[hub.history]`")
    dispatcher: DispatcherSection = Field(default=DispatcherSection(), description="see `[hub.dispatcher]`")

    @property
    def database_url(self) -> str:
        """The database as given, or SQLite in the state folder; may hold a reference to a secret."""
        return self.database or f"sqlite:///{self.state / 'hub.db'}"


class DialPlanSection(Section):
    """How numbers are written and dialled where the phone system stands."""

    country: str = Field(default="US", description="home country, the two letters of ISO 3166")
    area_code: str = Field(default="", description="home area code, without trunk prefix")
    outside_prefix: str = Field(default="9", description="what is dialled for an outside line; empty: nothing")
    access_code: str = Field(
        default="",
        description="code with the user's PIN, dialled instead of the prefix; a reference to a secret",
    )
    extensions: tuple[int, int] = Field(
        default=(2, 6), description="digits of the shortest and of the longest extension"
    )
    emergency: tuple[str, ...] = Field(
        default=(), description="further emergency numbers, regular expressions over all of the digits"
    )
    premium: tuple[str, ...] = Field(
        default=(), description="further premium numbers, regular expressions over all of the digits"
    )
    dial_e164: bool = Field(
        default=False, description="external numbers are dialled as + and digits, without prefix or access code"
    )

    @field_validator("*")
    @classmethod
    def _as_the_plan_wants(cls, value: Any, info: ValidationInfo) -> Any:
        """Ask the plan itself, one setting at a time, so that each problem has its own place."""
        name = str(info.field_name)
        if isinstance(value, str) and is_reference(value):
            return value
        found = DialPlan(**{**info.data, name: value}).problems("")
        for problem in found:
            if problem.place.startswith(f".{name}"):
                said = {"cause": problem.cause, "remedy": problem.remedy}
                raise PydanticCustomError("dial_plan", "{cause}", said)
        return value


class WebSection(Section):
    """The local HTTP API and console."""

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen at")
    port: int = Field(default=0, ge=0, le=65535, description="port to listen at; 0: any that is free")
    hosts: Words = Field(
        default=(), description="further names by which browsers reach the hub, such as that of a proxy"
    )


class RecordingSection(Section):
    """Call recording."""

    folder: Folder | None = Field(
        default=None,
        description="folder for recordings, which must be there; without one: `recordings/NAME` in the state folder",
    )
    format: Literal["wav", "flac", "opus"] = Field(
        default="wav", description="`wav`, `flac`, or `opus` (in Ogg, a tenth of the size); the last two after the call"
    )
    gain: float = Field(default=0.0, ge=-40, le=40, description="decibels by which recordings are louder, or softer")
    record_all: bool = Field(default=False, description="record every call, from answer to end")
    enforced: bool = Field(default=False, description="record every call, and let nobody stop that")
    may_pause: bool = Field(default=True, description="whether recordings may be paused")
    no_audio_after: float = Field(
        default=5.0, gt=0, le=3600, description="seconds without any audio after which that is told as a failure"
    )
    tone: float = Field(
        default=0.0, ge=0, le=3600, description="seconds between two beeps that tell of the recording; 0: none"
    )
    announce: bool = Field(
        default=False, description="have the phone system tell both sides that the call is recorded, where it can"
    )
    keep_days: int = Field(default=0, ge=0, le=36_500, description="days after which recordings are deleted; 0: never")
    keep_gb: float = Field(
        default=0.0, ge=0, description="gigabytes that recordings may fill, the oldest are deleted first; 0: no limit"
    )


class PresenceSection(Section):
    """Where users are, as colleagues see it."""

    ignore: Annotated[tuple[Literal["on_vacation", "on_business_trip", "at_home"], ...], BeforeValidator(_listed)] = (
        Field(
            default=(),
            description="presences that nothing but the user's hand changes once it has set them: `on_vacation`, "
            "`on_business_trip`, `at_home`",
        )
    )


class ReceivingSection(Section):
    """Where the audio of recorded calls is received."""

    address: str = Field(
        default="127.0.0.1", min_length=1, description="address of this computer that the phone system sends audio to"
    )
    ports: tuple[int, int] = Field(
        default=(0, 0), description="first and last UDP port, open in the firewall; 0: any that is free"
    )
    most: int = Field(default=1000, ge=1, description="calls that are recorded at once at most")

    @field_validator("ports")
    @classmethod
    def _a_range(cls, ports: tuple[int, int]) -> tuple[int, int]:
        first, last = ports
        if ports != (0, 0) and not 1024 <= first < last <= 65_535:  # noqa: PLR2004  what is no system port
            raise ValueError("should be two ports from 1024 to 65535, the lower first")
        return ports


class JournalSection(Section):
    """Where each call that is over is posted."""

    url: str = Field(default="", description="URL that calls are posted to; macros behind the host, each encoded")
    method: Literal["POST", "PUT", "PATCH"] = Field(default="POST", description="`POST`, `PUT` or `PATCH`")
    headers: dict[str, Line] = Field(
        default_factory=dict, description="further headers, with macros, and secrets by reference"
    )
    body: dict[str, Any] = Field(
        default_factory=dict, description="what is sent as JSON, texts in it with macros; empty: the call as in the API"
    )
    key_header: str = Field(default="Idempotency-Key", description="header with what is the same each time for a call")
    internal: bool = Field(default=False, description="post calls between colleagues too")
    enabled: bool = Field(default=True, description="whether calls are posted; what waits goes on waiting if not")
    timeout: float = Field(default=10.0, gt=0, le=300, description="seconds that an answer may take")


class PhoneTable(BaseModel):
    """A user's phone: the kind of phone system, and the settings of that kind, which its adapter checks."""

    model_config = ConfigDict(frozen=True, extra="allow")

    adapter: str = Field(min_length=1, description="kind of phone system; `sim` is the simulated one")

    @property
    def settings(self) -> dict[str, Any]:
        """All but `adapter`."""
        return dict(self.model_extra or {})


class UserSection(Section):
    """One user of the hub."""

    phone: PhoneTable | None = Field(default=None, description="see `[users.NAME.phone]`")
    plugins: dict[str, dict[str, Any]] = Field(default_factory=dict, description="over `[plugins.NAME]`, for this user")
    dial_plan: DialPlanSection | None = Field(
        default=None, description="over `[dial_plan]`, for this user: `[users.NAME.dial_plan]`"
    )
    recording: RecordingSection | None = Field(
        default=None, description="over `[recording]`, for this user: `[users.NAME.recording]`"
    )
    journals: dict[Name, JournalSection] = Field(
        default_factory=dict, description="over `[journals.NAME]`, for this user: `[users.NAME.journals.NAME]`"
    )
    presence: PresenceSection | None = Field(
        default=None, description="over `[presence]`, for this user: `[users.NAME.presence]`"
    )


class Tables(Section):
    """The whole file."""

    hub: HubSection = Field(default_factory=HubSection, description="see `[hub]`")
    dial_plan: DialPlanSection = Field(default=DialPlanSection(), description="see `[dial_plan]`")
    web: WebSection = Field(default=WebSection(), description="see `[web]`")
    recording: RecordingSection = Field(default=RecordingSection(), description="see `[recording]`")
    presence: PresenceSection = Field(default=PresenceSection(), description="see `[presence]`")
    receiving: ReceivingSection = Field(default=ReceivingSection(), description="see `[receiving]`")
    journals: dict[Name, JournalSection] = Field(default_factory=dict, description="see `[journals.NAME]`")
    users: dict[Name, UserSection] = Field(default_factory=dict, description="see `[users.NAME]`")
    plugins: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="settings of the plugin of that name, which checks them"
    )
