"""Where a call goes: over the steps of a route until somebody answers, or over an outside line. Pure."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from hub.core.boards import AppearanceKind
from hub.core.call import CallState, Cause, Direction
from hub.core.signals import Kind
from hub.sim.exchange.digits import Inside, Mailbox, Nowhere, is_emergency
from hub.sim.exchange.office import FarEndDoes, Reject, Ring, ToQueue, Who
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from hub.sim.exchange.conversation import Branch, Conversation
    from hub.sim.exchange.digits import Destination, Outside
    from hub.sim.exchange.office import Handset, Step, ToVoicemail, User
    from hub.sim.exchange.queues import Queues
    from hub.sim.exchange.switch import Switch

_POST_DIAL = 1.0
"""Seconds from dialling over an outside line until the far end rings."""

_FAILURES = {
    FarEndDoes.BUSY: Cause.BUSY,
    FarEndDoes.UNREACHABLE: Cause.UNREACHABLE,
    FarEndDoes.NO_ANSWER: Cause.NO_ANSWER,
}


class Hunt:
    """Finds somebody to answer."""

    def __init__(self, switch: Switch, queues: Queues) -> None:
        self._switch = switch
        self._queues = queues

    def dial(self, caller: Branch, to: Destination, at: datetime) -> None:
        """Let a user's new leg call."""
        switch, talk = self._switch, caller.talk
        talk.internal = isinstance(to, Inside)
        if isinstance(to, (Inside, Nowhere)):
            switch.move(caller, Kind.ORIGINATED, at)
            self.begin(talk, to.steps if isinstance(to, Inside) else (Reject(Cause.UNREACHABLE),), at)
            return
        if switch.keys.is_a(caller, AppearanceKind.BLUETOOTH):  # the mobile's own network takes it
            switch.move(caller, Kind.ORIGINATED, at)
            self._dial_out(talk, to, "", at)
            return
        talk.emergency = is_emergency(switch.office, to)
        line = next(reversed(tuple(switch.free_lines())), "")
        if talk.emergency and not line:
            line = switch.pre_empt_line(at)
        talk.line = line
        switch.move(caller, Kind.ORIGINATED, at)
        if line:
            self._dial_out(talk, to, line, at)
        else:
            self._fail(talk, at, Cause.BUSY)

    def dial_over(self, caller: Branch, to: Outside | Nowhere, line: str, at: datetime) -> None:
        """Let a user's leg that has seized a line call over it."""
        talk = caller.talk
        talk.dialled = caller.shown = to.who
        talk.emergency = is_emergency(self._switch.office, to)
        self._switch.move(caller, Kind.UPDATED, at)
        if isinstance(to, Nowhere):
            self.begin(talk, (Reject(Cause.UNREACHABLE),), at)
        else:
            self._dial_out(talk, to, line, at)

    def begin(self, talk: Conversation, steps: Iterable[Step], at: datetime, why: Cause = Cause.UNREACHABLE) -> None:
        """Start on a route; what rings already and is not on it stops for that reason."""
        talk.steps = deque(steps)
        self.on(talk, at, why)

    def reachable(self, to: Destination) -> None:
        """Refuse to send a call on to where it cannot go at all."""
        if isinstance(to, (Nowhere, Mailbox)):
            raise Refused(Code.UNREACHABLE, f"{to.who.number} leads to nobody")
        if not isinstance(to, Inside) and next(self._switch.free_lines(), None) is None:
            raise Refused(Code.BUSY, "all outside lines are in use")

    def send_on(self, talk: Conversation, to: Who, at: datetime, steps: Iterable[Step] = ()) -> None:
        """Let those who take part, or the caller, wait for somebody else: on a route or, without one, for a far end."""
        talk.sent_on = bool(talk.joined)
        waiting = talk.joined or [branch for branch in talk.branches if branch.dialling]
        for branch in waiting:
            branch.shown = to
            self._switch.move(branch, Kind.UPDATED, at)
        if steps:
            self.begin(talk, steps, at, Cause.REDIRECTED)

    def send_out(self, talk: Conversation, to: Outside, at: datetime) -> None:
        """Send a call on over an outside line; one must be free."""
        ringing = talk.ringing
        line = next(reversed(tuple(self._switch.free_lines())))
        talk.stop_stepping()
        self._clear(ringing, at, Cause.REDIRECTED)
        talk.line, talk.internal = talk.line or line, False
        self.send_on(talk, to.who, at)
        self._dial_out(talk, to, line, at)

    def on(self, talk: Conversation, at: datetime, why: Cause) -> None:
        """Take the next step that leads anywhere, the one before having come to nothing for this reason.

        What rings next rings before the rest stops, so that for a user who is in both it stays one call.
        """
        if talk.timer is not None:
            talk.timer.cancel()
        talk.leave_queue()
        ringing, cause = talk.ringing, why
        while talk.steps:
            step = talk.steps.popleft()
            talk.sparing.clear()
            if isinstance(step, Reject):
                cause = step.cause
                break
            if isinstance(step, Ring):
                found, cause = self._available(talk, step, at)
                if found:
                    self._ring(talk, step, found, ringing, why, at)
                    talk.timer = self._switch.after(at, step.seconds, partial(self.on, talk, why=Cause.NO_ANSWER))
                    return
            elif isinstance(step, ToQueue):
                if self._queues.has_room(step.queue):
                    self._clear(ringing, at, why)
                    self._queues.wait(talk, step, at)
                    if step.seconds:
                        talk.timer = self._switch.after(at, step.seconds, partial(self.on, talk, why=Cause.NO_ANSWER))
                    return
                cause = Cause.BUSY
            else:
                self._clear(ringing, at, why)
                self._to_voicemail(talk, step, at)
                return
        self._clear(ringing, at, why)
        self._fail(talk, at, cause)

    def _available(self, talk: Conversation, step: Ring, at: datetime) -> tuple[list[tuple[User, Handset]], Cause]:
        """Return the handsets that can ring; none: why not. Users are spared who do not want to be disturbed."""
        switch = self._switch
        caller = talk.waiting
        found = []
        cause = Cause.UNREACHABLE
        for user, handset in switch.office.ringers(step.target):
            if handset.id in talk.declined:
                cause = Cause.REJECTED
                continue
            at_device = switch.at_device(handset.id)
            mine = any(branch.talk is talk for branch in at_device)
            full = not mine and not switch.keys.for_ring(handset, step.target, talk)
            undisturbed = user.name in switch.dnd and not mine and not step.urgent
            calls = caller is not None and caller.user == user.name
            if undisturbed and not calls:
                switch.spare(talk, user, at)
            if full or undisturbed or calls:
                cause = Cause.BUSY
                continue
            found.append((user, handset))
        return found, cause

    def _ring(
        self,
        talk: Conversation,
        step: Ring,
        found: Iterable[tuple[User, Handset]],
        before: Iterable[Branch],
        why: Cause,
        at: datetime,
    ) -> None:
        switch, caller = self._switch, talk.waiting
        devices = {handset.id: (user, handset) for user, handset in found}
        ringing = {branch.device for branch in talk.ringing}
        for device, (user, handset) in devices.items():
            if device not in ringing:
                branch = switch.join(
                    talk,
                    Direction.INBOUND,
                    at,
                    who=user.who,
                    shown=talk.calling,
                    user=user.name,
                    device=device,
                    appearance=switch.keys.for_ring(handset, step.target, talk),
                )
                branch.orbit = talk.orbit
                switch.move(branch, Kind.DELIVERED, at, talk.cause)
        self._clear((branch for branch in before if branch.device not in devices), at, why)
        if caller and caller.state in {CallState.INITIATED, CallState.QUEUED}:
            switch.move(caller, Kind.DELIVERED, at)

    def _clear(self, branches: Iterable[Branch], at: datetime, why: Cause) -> None:
        for branch in branches:
            self._switch.clear(branch, at, why)

    def _to_voicemail(self, talk: Conversation, step: ToVoicemail, at: datetime) -> None:
        switch = self._switch
        user = switch.office.users[step.user]
        who = Who(user.extension, f"Voicemail of {user.who.name}")
        box = switch.join(talk, Direction.INBOUND, at, who=who, shown=talk.calling)
        box.mailbox = user.name
        switch.move(box, Kind.DELIVERED, at)
        switch.connect(box, at)
        box.timer = switch.after(at, switch.office.greeting, partial(self._leave, box))

    def _dial_out(self, talk: Conversation, to: Outside, line: str, at: datetime) -> None:
        switch, end = self._switch, to.far_end
        far = switch.join(talk, Direction.INBOUND, at, who=to.who, shown=talk.calling)
        far.line = line
        switch.move(far, Kind.ORIGINATED, at)

        def answer(at: datetime) -> None:
            switch.connect(far, at)
            if end.talks:
                far.timer = switch.after(at, end.talks, partial(self._leave, far))

        def give_up(at: datetime) -> None:
            talk = far.talk
            switch.clear(far, at, _FAILURES[end.does])
            self._fail(talk, at, _FAILURES[end.does])

        def ring(at: datetime) -> None:
            switch.move(far, Kind.DELIVERED, at)
            caller = far.talk.waiting
            if caller and caller.state is CallState.INITIATED:
                switch.move(caller, Kind.DELIVERED, at)
            if end.does is FarEndDoes.ANSWERS:
                far.timer = switch.after(at, max(0.0, end.after - _POST_DIAL), answer)
            else:
                far.timer = switch.after(at, switch.office.patience, give_up)

        if end.does in {FarEndDoes.BUSY, FarEndDoes.UNREACHABLE}:
            far.timer = switch.after(at, end.after, give_up)
        else:
            far.timer = switch.after(at, min(_POST_DIAL, end.after), ring)

    def _leave(self, branch: Branch, at: datetime) -> None:
        self._switch.leave(branch, at)

    def _fail(self, talk: Conversation, at: datetime, cause: Cause) -> None:
        """Tell the caller that nobody will answer; a user's handset then sounds the tone for a while."""
        switch, caller = self._switch, talk.waiting
        if caller is None:
            return
        if talk.nobody is not None:
            nobody, talk.nobody = talk.nobody, None
            nobody(at, cause)
            return
        if talk.sent_on:
            self._clear(talk.joined, at, cause)
            return
        if not caller.user:
            switch.clear(caller, at, cause)
            return
        caller.cause = cause
        switch.move(caller, Kind.FAILED, at, cause)
        caller.timer = switch.after(at, switch.office.tone, partial(switch.clear, caller, cause=cause))
