"""Every hook a plugin may implement, grouped: register, life-cycle, tell, ask.

Mark an implementation with `hub.hookimpl`; take only the arguments you need. A plugin is a class (made once for each
hub) or a module. `context` is the plugin's own, of the user that the call is about.

Hooks that tell may be `async def` (run on the event loop: never block there) or plain `def` (run on the plugin's own
thread: may block). Each plugin gets its events in order, one at a time; a call that outlasts the deadline is given up,
and a plugin that fails time after time is suspended for a while.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import APIRouter
    from pydantic import BaseModel
    from sqlalchemy import MetaData

    from hub import events
    from hub.contact_source import ContactSourceKind
    from hub.core.call import Contact
    from hub.core.numbers import Number
    from hub.phone.adapter import AdapterKind
    from hub.plugin_host.context import Context
    from hub.rules.parts import Action, Condition, Macro, Trigger

hookspec = pluggy.HookspecMarker("hub")
hookimpl = pluggy.HookimplMarker("hub")

# --- register: asked once, when the plugin is loaded ---


@hookspec
def register_config() -> type[BaseModel]:  # type: ignore[empty-body]
    """Return the model of this plugin's `[plugins.NAME]` table; forbid extra keys in it."""


@hookspec
def register_adapters() -> Iterable[AdapterKind]:  # type: ignore[empty-body]
    """Return the kinds of phone system that this plugin connects to."""


@hookspec
def register_rule_parts() -> Iterable[Trigger | Condition | Action | Macro]:  # type: ignore[empty-body]
    """Return what this plugin adds to the words of rule files."""


@hookspec
def register_contact_sources() -> Iterable[ContactSourceKind]:  # type: ignore[empty-body]
    """Return the kinds of places that this plugin gets contacts from, and brings them to."""


@hookspec
def register_tables() -> MetaData:  # type: ignore[empty-body]
    """Return this plugin's tables; their names start with the plugin's name and an underscore.

    Put Alembic revisions in a folder `migrations` of the plugin's package to change them later; without one, missing
    tables are created.
    """


@hookspec
def register_routes(context: Context) -> APIRouter:  # type: ignore[empty-body]
    """Return routes for the hub's HTTP API; they appear under `/api/plugins/NAME` behind the same token check.

    `context` is that of the hub itself (its `user` is empty). A route's argument of the type `hub.User` is who asks.
    """


# --- life-cycle ---


@hookspec
def start(context: Context) -> None:
    """Begin work for one user: called once for each, before their first event. May be `async def`."""


@hookspec
def stop(context: Context) -> None:
    """End work for one user: called once for each that was started. May be `async def`."""


# --- tell: something happened ---


@hookspec
def on_event(event: events.Event, context: Context) -> None:
    """Told every event, before the hook of its own name."""


@hookspec
def on_ring(event: events.Ring, context: Context) -> None:
    """A call for the user began to ring."""


@hookspec
def on_dial(event: events.Dial, context: Context) -> None:
    """The user began an outbound call."""


@hookspec
def on_answer(event: events.Answer, context: Context) -> None:
    """The call was answered: by this user (inbound) or by the far end (outbound)."""


@hookspec
def on_hold(event: events.Hold, context: Context) -> None:
    """The user put the call on hold."""


@hookspec
def on_resume(event: events.Resume, context: Context) -> None:
    """The user took the call back from hold."""


@hookspec
def on_end(event: events.End, context: Context) -> None:
    """The call is over for this user; `event.call.outcome` says how."""


@hookspec
def on_call_changed(event: events.CallChanged, context: Context) -> None:
    """Something else about the call changed."""


@hookspec
def on_contact_found(event: events.ContactFound, context: Context) -> None:
    """A slower lookup found who is calling."""


@hookspec
def on_recording(event: events.RecordingChanged, context: Context) -> None:
    """The recording of a call was started, paused, resumed, stopped, or failed."""


@hookspec
def on_recording_ready(event: events.RecordingReady, context: Context) -> None:
    """A recording is complete, in its final format."""


@hookspec
def on_dnd(event: events.DndChanged, context: Context) -> None:
    """Do-not-disturb was switched."""


@hookspec
def on_presence(event: events.PresenceChanged, context: Context) -> None:
    """Colleagues see the user elsewhere."""


@hookspec
def on_change_logged(event: events.ChangeLogged, context: Context) -> None:
    """A change of presence, availability or do-not-disturb was logged, with who made it and why."""


@hookspec
def on_phone(event: events.PhoneChanged, context: Context) -> None:
    """The connection to the phone system changed."""


@hookspec
def on_wipe(event: events.Wipe, context: Context) -> None:
    """The user's device was wiped: delete what you keep of the user's contacts and voicemail."""


@hookspec
def on_started(event: events.Started, context: Context) -> None:
    """The hub is up for this user."""


@hookspec
def on_stopping(event: events.Stopping, context: Context) -> None:
    """The hub is about to stop; the phone is still there for what you do now."""


@hookspec
def on_open_page(event: events.OpenPage, context: Context) -> None:
    """A page is to be opened in the user's connected console."""


@hookspec
def on_action_done(event: events.ActionDone, context: Context) -> None:
    """An action of a rule came to its end."""


@hookspec
def on_plugin_changed(event: events.PluginChanged, context: Context) -> None:
    """A plugin was loaded, failed, was suspended, came back, or held up the loop."""


@hookspec
def on_lagged(event: events.Lagged, context: Context) -> None:
    """Your mailbox overflowed: these many events are lost to you, and these are the calls now."""


# --- ask: an answer is wanted, now or later ---


@hookspec
def find_contact(number: Number, context: Context) -> Sequence[Contact]:  # type: ignore[empty-body]
    """Return who has this number, best first, where that must be asked; what comes late is told as `contact_found`.

    What is in memory is listed in `context.directory`: a ring finds it there without calling the plugin.

    A plain `def` runs on a thread of its own, and the ring waits for it 50 ms at most; an `async def` runs on the loop,
    and nothing waits for it. No ring waits for a plugin that was late, until it answers in time again.
    """
