"""What the HTTP API needs of the hub behind it, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from fastapi import APIRouter

    from hub.core.agent import AgentState
    from hub.core.boards import Board, SystemCall
    from hub.core.call import Call, HoldKind
    from hub.core.colleagues import Colleague
    from hub.core.presence import Presence
    from hub.core.recording import Cue
    from hub.errors import Problem
    from hub.events import Event
    from hub.phone.about import PhoneInfo
    from hub.phone.account import Changed
    from hub.phone.adapter import Device
    from hub.phone.effects import Consulted, Dialled
    from hub.phone.picture import Picture
    from hub.phone.standing import Standing
    from hub.presence.steward import View
    from hub.recording.recorder import RecordingView
    from hub.recording.sidecar import Sidecar
    from hub.rules.folders import RuleFile
    from hub.rules.record import ActionRecord
    from hub.store.store import HistoryEntry, JournalState, LoggedChange, Post, RecordingEntry


class PhoneOf(Protocol):
    """One user's phone, as `hub.phone.phone.Phone` is; its commands raise `PhoneError`."""

    @property
    def calls(self) -> tuple[Call, ...]: ...  # noqa: D102  told by the phone itself, as all that follow
    @property
    def dnd(self) -> bool | None: ...  # noqa: D102
    @property
    def presence(self) -> Presence | None: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102
    @property
    def capabilities(self) -> frozenset[str]: ...  # noqa: D102

    @property
    def boards(self) -> Mapping[str, Board]: ...  # noqa: D102

    @property
    def about(self) -> PhoneInfo: ...  # noqa: D102

    def system_calls(self) -> tuple[tuple[SystemCall, float], ...]: ...  # noqa: D102
    def colleagues(self) -> tuple[tuple[Colleague, float | None], ...]: ...  # noqa: D102
    async def choose_appearance(self, appearance: str, device: str = "") -> None: ...  # noqa: D102
    async def resume_shared(self, appearance: str, device: str = "", *, may_end: bool = False) -> Call | None: ...  # noqa: D102
    async def seize_line(self, line: str = "", device: str = "", *, may_end: bool = False) -> Call | None: ...  # noqa: D102
    async def answer_line(self, line: str, device: str = "", *, may_end: bool = False) -> Call | None: ...  # noqa: D102
    async def dial(self, number: str, device: str = "", appearance: str = "", *, may_end: bool = False) -> Dialled: ...  # noqa: D102
    async def answer(self, call: str = "", *, may_end: bool = False) -> Call: ...  # noqa: D102
    async def hold(self, call: str = "", kind: HoldKind | None = None) -> Call: ...  # noqa: D102
    async def resume(self, call: str = "", *, may_end: bool = False) -> Call: ...  # noqa: D102
    async def end(self, call: str = "") -> Call: ...  # noqa: D102
    async def ignore(self, call: str = "") -> Call: ...  # noqa: D102
    async def mute(self, on: bool, call: str = "") -> Call: ...  # noqa: D102, FBT001
    async def send_digits(self, digits: str, call: str = "") -> Call: ...  # noqa: D102
    async def redial(self, device: str = "", *, may_end: bool = False) -> Dialled: ...  # noqa: D102
    async def intercom(self, number: str, device: str = "", *, may_end: bool = False) -> Dialled: ...  # noqa: D102
    async def transfer(self, number: str, call: str = "") -> Call: ...  # noqa: D102
    async def to_voicemail(self, user: str = "", call: str = "") -> Call: ...  # noqa: D102
    async def consult(self, number: str, call: str = "") -> Consulted: ...  # noqa: D102
    async def complete(self, call: str = "") -> Call: ...  # noqa: D102
    async def cancel(self, call: str = "") -> Call: ...  # noqa: D102
    async def conference(self, call: str = "") -> Call: ...  # noqa: D102
    async def leave(self, call: str = "") -> Call: ...  # noqa: D102
    async def end_conference(self, call: str = "") -> Call: ...  # noqa: D102
    async def park(self, call: str = "", orbit: str = "") -> tuple[Call, str]: ...  # noqa: D102
    async def retrieve(self, orbit: str, device: str = "", *, may_end: bool = False) -> Call | None: ...  # noqa: D102
    async def pick_up(self, whom: str = "", device: str = "", *, may_end: bool = False) -> Call | None: ...  # noqa: D102
    async def hand_off(self, device: str, call: str = "") -> Call: ...  # noqa: D102
    async def set_dnd(self, on: bool, *, source: str = ..., reason: str = ...) -> None: ...  # noqa: D102, FBT001
    async def clear_calls(self, device: str = "") -> None: ...  # noqa: D102
    async def set_presence(self, presence: Presence) -> None: ...  # noqa: D102
    async def sign_in_agent(self, pin: str, queues: Iterable[str] = ()) -> tuple[str, ...]: ...  # noqa: D102
    async def sign_out_agent(self, pin: str, queues: Iterable[str] = ()) -> tuple[str, ...]: ...  # noqa: D102
    async def set_agent_state(self, state: AgentState, reason: str = "") -> None: ...  # noqa: D102


class AccountOf(Protocol):
    """One user's account, as `hub.phone.account.Account` is."""

    @property
    def name(self) -> str: ...  # noqa: D102  as above
    @property
    def extension(self) -> str: ...  # noqa: D102
    @property
    def devices(self) -> tuple[Device, ...]: ...  # noqa: D102
    @property
    def must_change(self) -> bool: ...  # noqa: D102
    @property
    def standing(self) -> Standing: ...  # noqa: D102

    async def sign_in(self, *, password: str = "", handsets: Sequence[str] | None = None) -> Changed: ...  # noqa: D102
    async def sign_out(self) -> None: ...  # noqa: D102
    async def change_password(self, old: str, new: str) -> Changed: ...  # noqa: D102
    async def change_pin(self, old: str, new: str) -> None: ...  # noqa: D102
    async def set_image(self, content: bytes) -> Picture: ...  # noqa: D102
    async def clear_image(self) -> None: ...  # noqa: D102
    async def image(self, user: str = "") -> Picture: ...  # noqa: D102


class PresenceOf(Protocol):
    """One user's presence, as `hub.presence.steward.Steward` looks after it."""

    @property
    def view(self) -> View: ...  # noqa: D102  as above
    async def set_by_hand(self, presence: Presence) -> None: ...  # noqa: D102
    async def changes(  # noqa: D102
        self, *, since: datetime | None, kind: str, limit: int
    ) -> Sequence[LoggedChange]: ...


class StoreOf(Protocol):
    """What the hub keeps, as `hub.store.store.Store` does."""

    async def calls(self, user: str, **wanted: Any) -> Sequence[HistoryEntry]: ...  # noqa: D102  as above
    async def entry(self, user: str, call_id: str) -> HistoryEntry | None: ...  # noqa: D102
    async def delete_call(self, user: str, call_id: str) -> bool: ...  # noqa: D102
    async def delete_calls(self, user: str, before: datetime | None = None) -> int: ...  # noqa: D102
    async def add_note(self, user: str, call_id: str, text: str) -> None: ...  # noqa: D102
    async def posts(self, user: str, **wanted: Any) -> Sequence[Post]: ...  # noqa: D102
    async def journal(self, user: str, journal: str) -> JournalState: ...  # noqa: D102
    async def post_again(self, user: str, journal: str = "", call: str = "") -> int: ...  # noqa: D102
    async def actions(  # noqa: D102
        self, user: str, *, since: datetime | None = None, rule: str = "", call: str = "", limit: int = 200
    ) -> Sequence[ActionRecord]: ...


class JournalsOf(Protocol):
    """Where users' calls are posted, as `hub.journal.journals.Journals` knows."""

    def names(self, user: str) -> Sequence[str]: ...  # noqa: D102  as above
    def wake(self, user: str) -> None: ...  # noqa: D102


class PluginOf(Protocol):
    """A plugin that was found, loaded or not, as `hub.plugin_host.plugin.Plugin` is."""

    def told(self) -> dict[str, Any]: ...  # noqa: D102  as above


class LibraryOf(Protocol):
    """The rule files, as in `hub.rules.folders.Library`."""

    @property
    def files(self) -> tuple[RuleFile, ...]: ...  # noqa: D102  as above
    @property
    def problems(self) -> tuple[Problem, ...]: ...  # noqa: D102


class RecorderOf(Protocol):
    """What records calls, as `hub.recording.recorder.Recorder` does; raises `PhoneError`."""

    def view(self, user: str, call: str = "") -> RecordingView: ...  # noqa: D102  as above
    def views(self, user: str) -> list[RecordingView]: ...  # noqa: D102
    async def ask(self, user: str, call: str, cue: Cue) -> list[RecordingView]: ...  # noqa: D102


class RecordingsOf(Protocol):
    """What was recorded, as `hub.recording.library.Library`; raises `NoRecording`."""

    async def entries(self, user: str, **wanted: Any) -> Sequence[RecordingEntry]: ...  # noqa: D102  as above
    async def details(self, user: str, recording: str) -> Sidecar: ...  # noqa: D102
    async def audio(self, user: str, recording: str) -> Path: ...  # noqa: D102
    async def peaks(self, user: str, recording: str, points: int) -> list[list[float]]: ...  # noqa: D102
    async def delete(self, user: str, recording: str, by: str) -> None: ...  # noqa: D102


class Host(Protocol):
    """The hub: who its users are, and what each of them may see."""

    @property
    def phones(self) -> Mapping[str, PhoneOf]:
        """Every user's phone, by the user's name."""
        ...

    @property
    def accounts(self) -> Mapping[str, AccountOf]:
        """Every user's account, likewise."""
        ...

    @property
    def presences(self) -> Mapping[str, PresenceOf]:
        """Every user's presence, likewise."""
        ...

    @property
    def store(self) -> StoreOf:
        """The call history and the action history."""
        ...

    @property
    def plugins(self) -> Iterable[PluginOf]:
        """Every plugin that was found."""
        ...

    @property
    def library(self) -> LibraryOf:
        """The rule files."""
        ...

    @property
    def recorder(self) -> RecorderOf:
        """What records calls."""
        ...

    @property
    def journals(self) -> JournalsOf:
        """Where calls are posted."""
        ...

    @property
    def recordings(self) -> RecordingsOf:
        """What was recorded."""
        ...

    def routers(self) -> Iterable[tuple[str, APIRouter]]:
        """Return the routes that plugins add, by the plugin's name."""
        ...

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Have every user's events told on the loop, by what must not raise; call what comes back to end it."""
        ...
