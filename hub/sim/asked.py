"""Commands as messages, and messages as commands."""

from __future__ import annotations

from hub.phone import commands
from hub.sim import wire

LegRequest = wire.Answer | wire.Hold | wire.Resume | wire.End | wire.Ignore
Request = wire.Dial | wire.Dnd | LegRequest

_LEG_REQUESTS: dict[type[LegRequest], type[commands.LegCommand]] = {
    wire.Answer: commands.AnswerLeg,
    wire.Hold: commands.HoldLeg,
    wire.Resume: commands.ResumeLeg,
    wire.End: commands.EndLeg,
    wire.Ignore: commands.SilenceLeg,
}
_LEG_COMMANDS = {command: request for request, command in _LEG_REQUESTS.items()}


def command_of(message: Request) -> commands.Command:
    """Return what a message asks for."""
    if isinstance(message, wire.Dial):
        return commands.DialNumber(message.number, message.handset)
    if isinstance(message, wire.Dnd):
        return commands.SetDnd(message.on)
    return _LEG_REQUESTS[type(message)](message.leg)


def message_of(command: commands.Command, request: str) -> Request | None:
    """Return the message, with a request id, that asks for this; None if the protocol has none."""
    if isinstance(command, commands.DialNumber):
        return wire.Dial(id=request, number=command.number, handset=command.device)
    if isinstance(command, commands.SetDnd):
        return wire.Dnd(id=request, on=command.on)
    if isinstance(command, commands.LegCommand) and type(command) in _LEG_COMMANDS:
        return _LEG_COMMANDS[type(command)](id=request, leg=command.leg)
    return None
