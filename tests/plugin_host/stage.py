from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from hub import Call, CallState, Direction, Party, PluginChanged, Ring, config_file
from hub.config import check
from hub.core.directory import Directory
from hub.plugin_host.context import Services
from hub.plugin_host.dispatch import Dispatcher
from hub.plugin_host.limits import LIMITS
from hub.plugin_host.manager import Manager
from hub.testing.clock import VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

    from hub import Contact, Event, Number
    from hub.plugin_host.context import Context
    from hub.plugin_host.limits import Limits
    from hub.plugin_host.plugin import Plugin


def a_config(folder: Path, text: str = "") -> Any:
    return check(config_file.parse(folder / "phonehub.toml", text.encode()))


@dataclass
class Stage:
    """Plugins on a dispatcher, with the part of the hub around them that they can see."""

    folder: Path
    given: tuple[object, ...]
    users: tuple[str, ...] = ("alice",)
    limits: Limits = LIMITS
    config: str = ""
    drop_ins: Path | None = None
    clock: Any = field(default_factory=VirtualClock)
    told: list[tuple[str, str, str]] = field(default_factory=list)
    found: list[tuple[str, Number, tuple[Contact, ...]]] = field(default_factory=list)
    directories: defaultdict[str, Directory] = field(default_factory=lambda: defaultdict(Directory))
    seqs: Counter[str] = field(default_factory=Counter)
    emitted: list[Event] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.manager = Manager(given=self.given, installed=False, folder=self.drop_ins, clock=self.clock)
        await asyncio.to_thread(self.manager.load)
        sections = "".join(f"[users.{user}]\n" for user in self.users if f"[users.{user}]" not in self.config)
        self.manager.configure(a_config(self.folder, self.config + sections), self.users)
        self.contexts = self.manager.contexts(
            Services(
                clock=self.clock,
                loop=asyncio.get_running_loop(),
                folder=self.folder,
                emit=self.emit,
                next_seq=self.next_seq,
                phone=lambda _user: None,
                database=lambda _plugin: None,
                directory=self.directories.__getitem__,
                http=lambda: None,  # type: ignore[arg-type,return-value]  # no plugin here asks for it
                secret=lambda text: text.replace("${env:PIN}", "1234"),
                learn=lambda _secret: None,
                loop_thread=threading.get_ident(),
            )
        )
        self.dispatcher = Dispatcher(
            self.manager.loaded,
            self.contexts,
            clock=self.clock,
            limits=self.limits,
            calls=lambda user: (self.call(user),),
            changed=self.changed,
            found=lambda *found: self.found.append(found),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.dispatcher.stop()
        self.manager.close()

    def plugin(self, name: str) -> Plugin:
        return next(plugin for plugin in self.manager.plugins if plugin.name == name)

    def implementation(self, name: str) -> Any:
        return self.plugin(name).implementation

    def context(self, name: str, user: str = "alice") -> Context:
        return self.contexts[name][user]

    def next_seq(self, user: str) -> int:
        self.seqs[user] += 1
        return self.seqs[user]

    def call(self, user: str, number: int = 0) -> Call:
        return Call(
            id=f"talk-{number}.{user}",
            conversation=f"talk-{number}",
            user=user,
            direction=Direction.INBOUND,
            state=CallState.ALERTING,
            party=Party(),
            started=self.clock.now(),
        )

    def ring(self, user: str = "alice") -> Ring:
        """Let it ring once."""
        seq = self.next_seq(user)
        event = Ring(seq=seq, at=self.clock.now(), user=user, call=self.call(user, seq))
        self.emit(event)
        return event

    def emit(self, event: Event) -> None:
        self.emitted.append(event)
        self.dispatcher.emit(event)

    def changed(self, plugin: str, state: str, reason: str) -> None:
        self.told.append((plugin, state, reason))
        seq, now = self.next_seq(""), self.clock.now()
        self.emit(PluginChanged(seq=seq, at=now, user="", plugin=plugin, state=state, reason=reason))
