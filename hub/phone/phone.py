from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from hub import events
from hub.core.boards import Permission, SystemCalls
from hub.core.call import CallState, Direction
from hub.phone import agent_commands, commands
from hub.phone.adapter import PhoneError
from hub.phone.connection import Connection, ConnectionState
from hub.phone.effects import Effects
from hub.phone.parties import Parties
from hub.phone.second_call import check_second_call
from hub.printable import printable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from hub.clock import Clock
    from hub.core.agent import AgentState
    from hub.core.boards import Board, SystemCall
    from hub.core.call import Call, Contact, HoldKind
    from hub.core.colleagues import Colleague
    from hub.core.dial_plan import DialPlan
    from hub.core.numbers import Number
    from hub.core.phone_contacts import PhoneContact
    from hub.core.presence import Presence
    from hub.core.signals import Signal, Snapshot
    from hub.core.switchboard import Switchboard
    from hub.phone.about import PhoneInfo
    from hub.phone.account import Account
    from hub.phone.adapter import Adapter, SignInRefused
    from hub.phone.effects import Dialled

log = logging.getLogger(__name__)

_LOGGED = {
    ConnectionState.CONNECTED: logging.INFO,
    ConnectionState.LOST: logging.WARNING,
    ConnectionState.REFUSED: logging.ERROR,
}
_LONGEST = 1000
"""Characters of a message that are logged; the phone system may have written it."""
_SEPARATORS = str.maketrans("", "", " -.()")
_KEYS = re.compile(r"[0-9*#A-D]{1,64}", re.ASCII)
_LIVE = tuple(state for state in CallState if state is not CallState.NULL)


class Phone(Parties):
    """One user's phone: what it is doing, and everything that can be asked of it.

    Console, HTTP API, command line, rules and plugins all come through here. Each command names a call by its id, or
    none where only one call can be meant, and raises `PhoneError` if it cannot be done. It returns when the phone
    system has accepted it. What returns a call waits, within the same deadline, until what became of that call is told,
    and returns it as it is then: one that was sent on or parked is over. Where a handset is set so that another call
    ends the one that it has, what would do that raises `WouldEndCall`, unless it is asked with `may_end`; emergency
    numbers are dialled in any case. Without an adapter the user is signed out, and `why` is told.
    """

    def __init__(  # noqa: PLR0913  it names its parts
        self,
        switchboard: Switchboard,
        adapter: Adapter | None,
        plan: DialPlan,
        clock: Clock,
        *,
        emit: Callable[[events.Event], None],
        next_seq: Callable[[], int],
        mark: str = "",
        why: str = "",
        last_dialled: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        self.user = switchboard.user
        self.plan = plan
        self.mark = mark
        self.state = ConnectionState.CLOSED
        self.message = ""
        self.capabilities: frozenset[str] = frozenset()
        self.connection = Connection(adapter, self, clock, why=why)
        self.account: Account | None = None
        self.dnd_asked: tuple[bool, str, str] | None = None
        self.effects = Effects(self.connection.answer_within)
        self._switchboard = switchboard
        self._clock = clock
        self._emit = emit
        self._next_seq = next_seq
        self._dialled = ""
        self._dialled_before = last_dialled

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls that live, oldest first."""
        return tuple(self._switchboard.calls.values())

    @property
    def boards(self) -> Mapping[str, Board]:
        """What the phone shows beside the calls, by name, as far as the phone system told."""
        return self._switchboard.boards

    @property
    def dnd(self) -> bool | None:
        """Whether do-not-disturb is on; None while the phone system has not told."""
        return self._switchboard.dnd

    @property
    def presence(self) -> Presence | None:
        """Where colleagues are told that the user is; None while the phone system has not told."""
        return self._switchboard.presence

    @property
    def about(self) -> PhoneInfo:
        """What the phone system and the handsets declare; empty while there is no connection."""
        return self.connection.about

    def system_calls(self) -> tuple[tuple[SystemCall, float], ...]:
        """Return all calls of the phone system that the user may see, each with its seconds from start to now."""
        board = self.boards.get(SystemCalls.name)
        if not isinstance(board, SystemCalls):
            raise self.connection.lacking(SystemCalls.name)
        if board.permission is Permission.NONE:
            raise PhoneError("you may not see other people's calls: ask the administrator", "not_permitted")
        now = self._clock.now()
        return tuple((call, max(0.0, (now - call.started).total_seconds())) for call in board.calls)

    def colleagues(self) -> tuple[tuple[Colleague, float | None], ...]:
        """Return what the user's colleagues are doing, each with the seconds that their call lasts, if it does."""
        known = self._switchboard.colleagues
        if known is None and "colleagues" not in self.capabilities:
            raise self.connection.lacking("colleagues")
        if known is None:
            raise PhoneError("you may not see what colleagues are doing: ask the administrator", "not_permitted")
        now = self._clock.now()
        return tuple(
            (one, max(0.0, (now - one.since).total_seconds()) if one.since else None) for one in known.values()
        )

    def contacts(self) -> tuple[PhoneContact, ...]:
        """Return the contacts that the phone system manages: users, system contacts, public speed dials."""
        known = self._switchboard.contacts
        if known is None:
            raise self.connection.lacking("contacts")
        return tuple(known.values())

    async def mark_contact(self, contact: str, *, favourite: bool | None = None, primary: str | None = None) -> None:
        """Make one of `contacts` a favourite of the user's or not, or choose its primary number (empty: the first)."""
        await self.connection.do(commands.MarkContact(contact, favourite, primary))

    async def choose_appearance(self, appearance: str, device: str = "") -> None:
        """Choose the line key for the next outbound calls of a device; empty: its first free line."""
        await self.connection.do(commands.ChooseAppearance(appearance, device))

    async def resume_shared(self, appearance: str, device: str = "", *, may_end: bool = False) -> Call | None:
        """Take what is on shared hold at an appearance to a device that has it; return the call, if it is told."""
        return await self._begin(commands.ResumeShared(appearance, device), may_end=may_end)

    async def seize_line(self, line: str = "", device: str = "", *, may_end: bool = False) -> Call | None:
        """Take an idle outside line (empty: any); return the call that begins, if it is told.

        The digits to call follow, sent over that call.
        """
        return await self._begin(commands.SeizeLine(line, device), may_end=may_end)

    async def answer_line(self, line: str, device: str = "", *, may_end: bool = False) -> Call | None:
        """Answer what rings at an outside line; return the call, if it is told."""
        return await self._begin(commands.AnswerLine(line, device), may_end=may_end)

    async def dial(self, number: str, device: str = "", appearance: str = "", *, may_end: bool = False) -> Dialled:
        """Call a number or `tel:` link from a device (empty: the default).

        `appearance` is the line key that the call takes; empty: the chosen one.
        """
        wanted = self.number_to_dial(number)
        asked = commands.DialNumber(self.plan.dialled(wanted), device, appearance)
        return await self._dial(wanted, asked, may_end=may_end)

    async def answer(self, call: str = "", *, may_end: bool = False) -> Call:
        """Answer a ringing call."""
        found = self._handed_off(call) or self._the(call, "answer", CallState.ALERTING, direction=Direction.INBOUND)
        leg = self._at(found, "answer", CallState.ALERTING)
        self._check_room(found, leg, "answer", may_end=may_end)
        return await self._until(found, leg, CallState.CONNECTED, commands.AnswerLeg(leg))

    async def hold(self, call: str = "", kind: HoldKind | None = None) -> Call:
        """Put a connected call on hold; without a kind shared on a shared appearance, else privately."""
        found = self._the(call, "hold", CallState.CONNECTED)
        leg = self._at(found, "hold", CallState.CONNECTED)
        return await self._until(found, leg, CallState.HOLD, commands.HoldLeg(leg, kind))

    async def resume(self, call: str = "", *, may_end: bool = False) -> Call:
        """Take a held call back."""
        found = self._the(call, "resume", CallState.HOLD)
        leg = self._at(found, "resume", CallState.HOLD)
        self._check_room(found, leg, "resume", may_end=may_end)
        return await self._until(found, leg, CallState.CONNECTED, commands.ResumeLeg(leg))

    async def mute(self, on: bool, call: str = "") -> Call:  # noqa: FBT001  the word is in the name
        """Let the far end of a connected call hear nothing, or hear again."""
        found = self._the(call, "mute", CallState.CONNECTED)
        leg = self._at(found, "mute", CallState.CONNECTED)
        doing = self.connection.do(commands.MuteLeg(leg, on))
        return await self.effects.on(found, {leg}, lambda now: now.leg.muted is on, doing)

    async def send_digits(self, digits: str, call: str = "") -> Call:
        """Send digits (0-9, *, #, A-D; spaces and dashes are left out) over a connected call, or a seized line."""
        keys = digits.translate(_SEPARATORS).upper()
        if not _KEYS.fullmatch(keys):
            cause = f"{digits[:40]!r} cannot be sent: use 0-9, *, # and A-D, at most 64 of them"
            raise PhoneError(cause, "invalid_number")
        found = self._the(call, "send digits over", CallState.CONNECTED, CallState.INITIATED)
        await self.connection.do(commands.SendDigits(self._at(found, "dtmf", found.state), keys))
        return found

    async def end(self, call: str = "") -> Call:
        """Hang a call up; a ringing one is declined at every device of the user."""
        found = self._the(call, "end", *_LIVE)
        legs = _legs(found, found.state)
        return await self.effects.on(found, legs, lambda _now: False, self._at_each(legs, commands.EndLeg))

    async def ignore(self, call: str = "") -> Call:
        """Silence a ringing call here; it goes on ringing elsewhere and can still be answered."""
        found = self._the(call, "ignore", CallState.ALERTING, direction=Direction.INBOUND)
        await self._at_each(_legs(found, CallState.ALERTING), commands.SilenceLeg)
        if found.id in self._switchboard.calls:
            self._tell(self._switchboard.ignore(found.id, self._clock.now()))
        return self._switchboard.calls.get(found.id, found)

    async def set_dnd(self, on: bool, *, source: str = "plugin", reason: str = "") -> None:  # noqa: FBT001  as above
        """Switch do-not-disturb; the log of changes tells by whom and why."""
        self.dnd_asked = on, source, reason
        try:
            await self.connection.do(commands.SetDnd(on))
        except PhoneError:
            self.dnd_asked = None
            raise

    async def clear_calls(self, device: str = "") -> None:
        """Empty the list of past calls of a handset, or of all that have one."""
        await self.connection.do(commands.ClearCalls(device))

    async def set_presence(self, presence: Presence) -> None:
        """Tell colleagues where the user is."""
        await self.connection.do(commands.SetPresence(presence))

    async def sign_in_agent(self, pin: str, queues: Iterable[str] = ()) -> tuple[str, ...]:
        """Sign in to queues (none: all of the user's) as an agent, who then is idle; return the queues' names."""
        return _queues(await self.connection.do(agent_commands.SignInAgent(tuple(queues), pin)))

    async def sign_out_agent(self, pin: str, queues: Iterable[str] = ()) -> tuple[str, ...]:
        """Sign out of queues (none: all); return the queues' names."""
        return _queues(await self.connection.do(agent_commands.SignOutAgent(tuple(queues), pin)))

    async def set_agent_state(self, state: AgentState, reason: str = "") -> None:
        """Become idle, or busy for a reason; what an agent can change is in `hub.core.agent.BY_HAND`."""
        await self.connection.do(agent_commands.SetAgentState(state, reason))

    async def _until(self, call: Call, leg: str, state: CallState, command: commands.Command) -> Call:
        """Return a call as it is when a command has brought one of its legs to a state."""
        return await self.effects.on(call, {leg}, lambda now: now.state is state, self.connection.do(command))

    async def _at_each(self, legs: Iterable[str], command: Callable[[str], commands.Command]) -> None:
        """Ask the same of each leg; those that went meanwhile, by themselves or with another, are no matter."""
        gone, left = None, False
        for leg in legs:
            try:
                await self.connection.do(command(leg))
                left = True
            except PhoneError as error:
                if error.code != "unknown_call":
                    raise
                gone = error
        if gone is not None and not left:
            raise gone

    def _check_room(self, call: Call, leg: str, capability: str, *, may_end: bool) -> None:
        """Raise `WouldEndCall` if a leg that connects ends another call, which it may not."""
        device = next(one.leg.device for one in call.legs if one.leg.id == leg)
        if not may_end:
            check_second_call(self.about, self.calls, device, capability)

    def _at(self, call: Call, capability: str, state: CallState) -> str:
        """Return a call's leg in this state at a device that can do that; raises `PhoneError` if none can."""
        legs = [leg.leg for leg in call.legs if leg.state is state]
        able = [leg.id for leg in legs if self.about.can(leg.device, capability)]
        if not able:
            names = " and ".join(leg.device for leg in legs)
            lack = "lacks" if len(legs) == 1 else "lack"
            raise PhoneError(f"{names} {lack} the capability {capability}", "missing_capability")
        return able[0]

    async def last_dialled(self) -> str:
        """Return the number that was dialled last, also before the hub was started; empty if none was."""
        if not self._dialled and self._dialled_before is not None:
            self._dialled = await self._dialled_before()
        return self._dialled

    # --- told by the connection ---

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """Tell what was missed since the mark."""
        self._tell(self._switchboard.resync(snapshot), snapshot.mark)

    def on_signal(self, signal: Signal) -> None:
        """Tell what a signal means."""
        self._tell(self._switchboard.apply(signal), signal.mark)

    def on_state(self, state: ConnectionState, message: str, capabilities: frozenset[str]) -> None:
        """Tell how the connection stands."""
        self.state, self.message, self.capabilities = state, message, capabilities
        if state in _LOGGED:
            told = f"{state}: {message}" if message else state
            log.log(_LOGGED[state], "phone of %s %s", self.user, printable(told, _LONGEST))
        self._emit(
            events.PhoneChanged(
                seq=self._next_seq(),
                at=self._clock.now(),
                user=self.user,
                state=state,
                message=message,
                capabilities=tuple(sorted(capabilities)),
            )
        )
        if self.account is not None:
            self.account.on_state(state)

    def on_contacts_found(self, number: Number, contacts: Iterable[Contact]) -> None:
        """Tell what a slower lookup found."""
        self._tell(self._switchboard.contacts_found(number, contacts, self._clock.now()))

    async def on_refused(self, refusal: SignInRefused) -> Adapter | None:
        """Let the account look for another way to sign in."""
        return None if self.account is None else await self.account.on_refused(refusal)

    async def on_wiped(self, message: str) -> None:
        """Let the account forget the user."""
        if self.account is not None:
            await self.account.on_wiped(message)

    def tell(self, event: type[events.Event], **fields: Any) -> None:
        """Emit an event about this phone, as of now."""
        self._emit(event(seq=self._next_seq(), at=self._clock.now(), user=self.user, **fields))

    def _tell(self, told: Iterable[events.Event], mark: str = "") -> None:
        """Emit; the mark moves on with the last event, so that whoever stores it has stored the others before."""
        *before, last = told or (None,)
        for event in (*before, last):
            if isinstance(event, events.Dial):
                self._dialled = event.call.dialled.number.text or event.call.party.number.text
            if isinstance(event, events.CallEvent):
                self.effects.told((event.call,))
        self.effects.told(self._switchboard.calls.values())  # a leg more or less is no event
        for event in before:
            self._emit(event)
        self.mark = mark or self.mark
        if last is not None:
            self._emit(last)

    def _handed_off(self, name: str) -> Call | None:
        """Return the call that goes on at one device and rings at another, if none rings otherwise."""
        if any(call.state is CallState.ALERTING and call.direction is Direction.INBOUND for call in self.calls):
            return None
        twice = (call for call in self.calls if name in {"", call.id} and call.state is CallState.CONNECTED)
        return next((call for call in twice if _legs(call, CallState.ALERTING)), None)

    def _the(self, name: str, what: str, *states: CallState, direction: Direction | None = None) -> Call:
        if name:
            named = self._switchboard.calls.get(name)
            if named is None:
                raise PhoneError(f"there is no call {name}", "unknown_call")
            if named.state not in states or direction not in {None, named.direction}:
                raise PhoneError(f"cannot {what} call {name}: it is {named.direction} and {named.state}", "wrong_state")
            return named
        fitting = [
            call for call in self.calls if call.state in states and (direction is None or call.direction is direction)
        ]
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            raise PhoneError(f"there is no call to {what}", "wrong_state")
        names = ", ".join(call.id for call in fitting)
        raise PhoneError(f"several calls could be meant, name one: {names}", "ambiguous_call")


def _legs(call: Call, state: CallState) -> list[str]:
    return [leg.leg.id for leg in call.legs if leg.state is state]


def _queues(told: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in told.get("queues", "").split(", ") if name)
