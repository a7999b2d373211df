"""The plugin API: all that a plugin may import, by `from hub import Ring, hookimpl`.

It is loaded when first used, so that `import hub` costs next to nothing. Versioned semantically and pinned by a test.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.clock import Clock
    from hub.contact_source import (
        CardConflict,
        CardGone,
        CardRefused,
        ContactCard,
        ContactChanges,
        ContactSource,
        ContactSourceKind,
        SignIn,
        SourceError,
        SourceRefused,
        SourceUnreachable,
    )
    from hub.core.call import (
        NOBODY,
        Call,
        CallState,
        Cause,
        Contact,
        Direction,
        Leg,
        LegState,
        Outcome,
        Party,
    )
    from hub.core.colleagues import Colleague, Lamp
    from hub.core.dial_plan import DialPlan
    from hub.core.directory import Listing, directory_key
    from hub.core.numbers import NO_NUMBER, Number, NumberKind
    from hub.core.phone_contacts import ContactNumber, PhoneContact, PhoneContactKind
    from hub.core.presence import Presence
    from hub.core.presence.wishes import PresenceCause
    from hub.core.signals import (
        ColleaguesSignal,
        DndSignal,
        EndedLeg,
        Kind,
        LegSignal,
        PhoneContactsSignal,
        PresenceSignal,
        Signal,
        Snapshot,
    )
    from hub.errors import Problem, UserError
    from hub.events import (
        EVENTS,
        ActionDone,
        Answer,
        CallChanged,
        CallEvent,
        ChangeLogged,
        ColleaguesChanged,
        ContactFound,
        Dial,
        DndChanged,
        End,
        Event,
        Hold,
        Lagged,
        OpenPage,
        PhoneChanged,
        PhoneContactsChanged,
        PluginChanged,
        PresenceChanged,
        RecordingChanged,
        RecordingReady,
        Resume,
        Ring,
        Started,
        Stopping,
        Wipe,
        to_json,
    )
    from hub.folder_signs import FolderSigns
    from hub.hookspecs import hookimpl
    from hub.phone.account import Account
    from hub.phone.adapter import (
        Adapter,
        AdapterKind,
        ConnectionLost,
        Device,
        PasswordRenewing,
        PhoneError,
        Profile,
        Session,
        SignInRefused,
        Wiped,
    )
    from hub.phone.commands import (
        AnswerLeg,
        ClearCalls,
        Command,
        DialNumber,
        EndLeg,
        HoldLeg,
        LegCommand,
        MarkContact,
        ResumeLeg,
        SetDnd,
        SetPresence,
        SilenceLeg,
    )
    from hub.phone.effects import Consulted, Dialled
    from hub.phone.phone import Phone
    from hub.plugin_host.context import Context
    from hub.presence.own_presence import OwnPresence
    from hub.remote import Remote, RemoteAnswer, checked_address, is_loopback, remote_refusal
    from hub.remote_auth import BasicOrDigest
    from hub.rules.jinja import TemplateFault
    from hub.rules.many import Many
    from hub.rules.parts import Action, ActionRefused, Condition, Done, Facts, Job, Macro, Trigger
    from hub.rules.template import SecretTemplate, Surroundings, TextTemplate
    from hub.rules.url_template import UrlTemplate
    from hub.web.asking import User
    from hub.web.uploads import upload

__all__ = [
    "EVENTS",
    "NOBODY",
    "NO_NUMBER",
    "Account",
    "Action",
    "ActionDone",
    "ActionRefused",
    "Adapter",
    "AdapterKind",
    "Answer",
    "AnswerLeg",
    "BasicOrDigest",
    "Call",
    "CallChanged",
    "CallEvent",
    "CallState",
    "CardConflict",
    "CardGone",
    "CardRefused",
    "Cause",
    "ChangeLogged",
    "ClearCalls",
    "Clock",
    "Colleague",
    "ColleaguesChanged",
    "ColleaguesSignal",
    "Command",
    "Condition",
    "ConnectionLost",
    "Consulted",
    "Contact",
    "ContactCard",
    "ContactChanges",
    "ContactFound",
    "ContactNumber",
    "ContactSource",
    "ContactSourceKind",
    "Context",
    "Device",
    "Dial",
    "DialNumber",
    "DialPlan",
    "Dialled",
    "Direction",
    "DndChanged",
    "DndSignal",
    "Done",
    "End",
    "EndLeg",
    "EndedLeg",
    "Event",
    "Facts",
    "FolderSigns",
    "Hold",
    "HoldLeg",
    "Job",
    "Kind",
    "Lagged",
    "Lamp",
    "Leg",
    "LegCommand",
    "LegSignal",
    "LegState",
    "Listing",
    "Macro",
    "Many",
    "MarkContact",
    "Number",
    "NumberKind",
    "OpenPage",
    "Outcome",
    "OwnPresence",
    "Party",
    "PasswordRenewing",
    "Phone",
    "PhoneChanged",
    "PhoneContact",
    "PhoneContactKind",
    "PhoneContactsChanged",
    "PhoneContactsSignal",
    "PhoneError",
    "PluginChanged",
    "Presence",
    "PresenceCause",
    "PresenceChanged",
    "PresenceSignal",
    "Problem",
    "Profile",
    "RecordingChanged",
    "RecordingReady",
    "Remote",
    "RemoteAnswer",
    "Resume",
    "ResumeLeg",
    "Ring",
    "SecretTemplate",
    "Session",
    "SetDnd",
    "SetPresence",
    "SignIn",
    "SignInRefused",
    "Signal",
    "SilenceLeg",
    "Snapshot",
    "SourceError",
    "SourceRefused",
    "SourceUnreachable",
    "Started",
    "Stopping",
    "Surroundings",
    "TemplateFault",
    "TextTemplate",
    "Trigger",
    "UrlTemplate",
    "User",
    "UserError",
    "Wipe",
    "Wiped",
    "checked_address",
    "directory_key",
    "hookimpl",
    "is_loopback",
    "remote_refusal",
    "to_json",
    "upload",
]

_HOMES = {
    "hub.clock": "Clock",
    "hub.contact_source": "CardConflict CardGone CardRefused ContactCard ContactChanges ContactSource "
    "ContactSourceKind SignIn SourceError SourceRefused SourceUnreachable",
    "hub.core.call": "NOBODY Call CallState Cause Contact Direction Leg LegState Outcome Party",
    "hub.core.colleagues": "Colleague Lamp",
    "hub.core.dial_plan": "DialPlan",
    "hub.core.directory": "Listing directory_key",
    "hub.core.numbers": "NO_NUMBER Number NumberKind",
    "hub.core.phone_contacts": "ContactNumber PhoneContact PhoneContactKind",
    "hub.core.presence": "Presence",
    "hub.core.presence.wishes": "PresenceCause",
    "hub.core.signals": "ColleaguesSignal DndSignal EndedLeg Kind LegSignal PhoneContactsSignal PresenceSignal "
    "Signal Snapshot",
    "hub.errors": "Problem UserError",
    "hub.events": "EVENTS ActionDone Answer CallChanged CallEvent ChangeLogged ColleaguesChanged ContactFound Dial "
    "DndChanged End Event Hold Lagged OpenPage PhoneChanged PhoneContactsChanged PluginChanged PresenceChanged "
    "RecordingChanged "
    "RecordingReady Resume Ring Started Stopping Wipe to_json",
    "hub.folder_signs": "FolderSigns",
    "hub.hookspecs": "hookimpl",
    "hub.phone.account": "Account",
    "hub.phone.adapter": "Adapter AdapterKind ConnectionLost Device PasswordRenewing PhoneError Profile Session "
    "SignInRefused Wiped",
    "hub.phone.commands": "AnswerLeg ClearCalls Command DialNumber EndLeg HoldLeg LegCommand MarkContact ResumeLeg "
    "SetDnd SetPresence SilenceLeg",
    "hub.phone.effects": "Consulted Dialled",
    "hub.phone.phone": "Phone",
    "hub.plugin_host.context": "Context",
    "hub.presence.own_presence": "OwnPresence",
    "hub.remote": "Remote RemoteAnswer checked_address is_loopback remote_refusal",
    "hub.remote_auth": "BasicOrDigest",
    "hub.rules.jinja": "TemplateFault",
    "hub.rules.many": "Many",
    "hub.rules.parts": "Action ActionRefused Condition Done Facts Job Macro Trigger",
    "hub.rules.template": "SecretTemplate Surroundings TextTemplate",
    "hub.rules.url_template": "UrlTemplate",
    "hub.web.asking": "User",
    "hub.web.uploads": "upload",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

if not TYPE_CHECKING:  # a type checker that sees this would take any name for a part of the API

    def __getattr__(name: str) -> Any:
        """Load a name of the API from the module it is defined in (PEP 562)."""
        if name not in _HOME:
            raise AttributeError(f"module 'hub' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOME[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
