"""Commands as messages, and messages as commands: their fields are the same, but for the names of a few."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

from hub.phone import account_commands, agent_commands, commands, transfer_commands
from hub.sim import wire, wire_account, wire_agents, wire_colleagues, wire_requests

_REQUESTS: dict[type[commands.Command], type[wire.Asking]] = {
    commands.DialNumber: wire_requests.Dial,
    commands.AnswerLeg: wire_requests.Answer,
    commands.HoldLeg: wire_requests.Hold,
    commands.ResumeLeg: wire_requests.Resume,
    commands.EndLeg: wire_requests.End,
    commands.SilenceLeg: wire_requests.Ignore,
    commands.MuteLeg: wire_requests.Mute,
    commands.SendDigits: wire_requests.Dtmf,
    commands.ChooseAppearance: wire_requests.Appearance,
    commands.SeizeLine: wire_requests.Seize,
    commands.AnswerLine: wire_requests.AnswerLine,
    commands.ResumeShared: wire_requests.ResumeShared,
    commands.AttachMedia: wire_requests.Record,
    commands.DetachMedia: wire_requests.DetachMedia,
    commands.Announce: wire_requests.Announce,
    commands.SetDnd: wire_requests.Dnd,
    commands.SetPresence: wire_requests.Presence,
    commands.ClearCalls: wire_requests.ClearCalls,
    commands.MarkContact: wire_colleagues.MarkContact,
    agent_commands.SignInAgent: wire_agents.AgentSignIn,
    agent_commands.SignOutAgent: wire_agents.AgentSignOut,
    agent_commands.SetAgentState: wire_agents.AgentStateRequest,
    transfer_commands.IntercomNumber: wire_requests.Intercom,
    transfer_commands.ConsultLeg: wire_requests.Consult,
    transfer_commands.TransferLeg: wire_requests.Transfer,
    transfer_commands.CompleteTransfer: wire_requests.Complete,
    transfer_commands.VoicemailLeg: wire_requests.ToVoicemail,
    transfer_commands.ConferenceLegs: wire_requests.Conference,
    transfer_commands.LeaveConference: wire_requests.Leave,
    transfer_commands.ParkLeg: wire_requests.Park,
    transfer_commands.RetrieveCall: wire_requests.Retrieve,
    transfer_commands.PickUp: wire_requests.PickUp,
    transfer_commands.HandOffLeg: wire_requests.HandOff,
    account_commands.ChangePassword: wire_account.ChangePassword,
    account_commands.ChangePin: wire_account.ChangePin,
    account_commands.SetImage: wire_account.SetImage,
    account_commands.GetImage: wire_account.GetImage,
}
_COMMANDS = {request: command for command, request in _REQUESTS.items()}
_ON_THE_WIRE = MappingProxyType({"device": "handset"})
_HERE = {there: here for here, there in _ON_THE_WIRE.items()}


def command_of(message: wire.Asking) -> commands.Command:
    """Return what a message asks for."""
    names = (name for name in type(message).model_fields if name not in {"type", "id"})
    return _COMMANDS[type(message)](**{_HERE.get(name, name): getattr(message, name) for name in names})


def message_of(command: commands.Command, request: str) -> wire.Asking | None:
    """Return the message, with a request id, that asks for this; None if the protocol has none."""
    kind = _REQUESTS.get(type(command))
    if kind is None:
        return None
    fields = {
        _ON_THE_WIRE.get(field.name, field.name): getattr(command, field.name) for field in dataclasses.fields(command)
    }
    return kind(id=request, **fields)
