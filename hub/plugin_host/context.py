from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from hub.events import EVENTS, Event, OpenPage
from hub.plugin_host.allowance import Allowance
from hub.plugin_host.listings import Listings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from pathlib import Path

    import httpx

    from hub.clock import Clock
    from hub.contact_source import ContactSourceKind
    from hub.core.directory import Directory
    from hub.phone.phone import Phone
    from hub.presence.own_presence import OwnPresence
    from hub.presence.steward import Steward
    from hub.store.database import Database

T = TypeVar("T")

_EMITTED_BY_PLUGINS = frozenset({OpenPage.type})
_GIVEN_BY_THE_HUB = frozenset({"seq", "at", "user"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the hub hands to the contexts of all its plugins.

    `emit` takes an event into the hub's flow, on the loop; `next_seq(user)` numbers it. `phone(user)`, `presence(user)`
    and `database(plugin)` give None where there is none. `directory(user)` is where callers are looked up. `folder`
    holds one folder for each plugin. `learn` has a secret hidden in all text that goes out. `loop_thread` is the
    identity of the thread that the loop runs on.
    """

    clock: Clock
    loop: asyncio.AbstractEventLoop
    folder: Path
    emit: Callable[[Event], None]
    next_seq: Callable[[str], int]
    phone: Callable[[str], Phone | None]
    database: Callable[[str], Database | None]
    directory: Callable[[str], Directory]
    http: Callable[[], httpx.AsyncClient]
    secret: Callable[[str], str]
    learn: Callable[[str], None]
    loop_thread: int
    unlearn: Callable[[str], object] = str
    contact_sources: Callable[[], Mapping[str, ContactSourceKind]] = dict
    presence: Callable[[str], Steward | None] = lambda _user: None
    server: bool = False


class Context:
    """What a plugin needs from its host, for one user (`user` is empty in the context of the hub itself).

    `config` is the plugin's checked table, with the user's own over it. What is not to be awaited may be used from the
    plugin's own thread too. At most `most_tasks` of its tasks run at once; of its own events it emits at most `burst`
    at once, and `rate` a second.
    """

    def __init__(
        self,
        plugin: str,
        user: str,
        config: Any,
        services: Services,
        *,
        most_tasks: int = 1000,
        burst: int = 1000,
        rate: float = 100.0,
    ) -> None:
        self.plugin = plugin
        self.user = user
        self.config = config
        self.clock = services.clock
        self._listings = Listings(services.directory(user), plugin, services.loop, services.loop_thread)
        self.log = logging.getLogger(f"hub.plugins.{plugin}")
        self.tasks: set[asyncio.Task[Any]] = set()
        self.failed: Callable[[str, BaseException], None] = self._log_failure
        self._services = services
        self._most_tasks = most_tasks
        self._kept: dict[str, str] = {}
        self._allowance = Allowance(services.clock, burst, rate)

    @property
    def phone(self) -> Phone:
        """The user's phone; its commands are to be awaited, from a plain `def` hook by `call`."""
        phone = self._services.phone(self.user)
        if phone is None:
            who = f"user {self.user} has" if self.user else "the hub itself has"
            raise LookupError(f"{who} no phone")
        return phone

    @property
    def presence(self) -> OwnPresence:
        """What the plugin wants the user's presence to be; LookupError where the user has no phone."""
        from hub.presence.own_presence import OwnPresence

        steward = self._services.presence(self.user)
        if steward is None:
            raise LookupError(f"user {self.user} has no phone" if self.user else "the hub itself has no presence")
        return OwnPresence(self.plugin, steward, self.clock, self._on_loop)

    @property
    def serves_others(self) -> bool:
        """Whether the hub is a server: what its computer shows and does is not the user's."""
        return self._services.server

    @property
    def http(self) -> httpx.AsyncClient:
        """The hub's HTTP client, shared by all; to be awaited. Do not close it."""
        return self._services.http()

    @property
    def database(self) -> Database:
        """Where the plugin's own tables are worked on; LookupError if it registered none."""
        database = self._services.database(self.plugin)
        if database is None:
            raise LookupError(f"plugin {self.plugin} registered no tables")
        return database

    @property
    def contact_sources(self) -> Mapping[str, ContactSourceKind]:
        """The kinds of contact sources that plugins registered, by name."""
        return self._services.contact_sources()

    @property
    def directory(self) -> Listings:
        """Who this plugin knows by which number: `put`, `remove`, `load`. A ring looks there, and carries the name."""
        return self._listings

    @property
    def folder(self) -> Path:
        """A folder for the plugin's files, the same for all users, readable by nobody else."""
        folder = self._services.folder / self.plugin
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def secret(self, text: str) -> str:
        """Return text with its references (`${env:..}`, `${file:..}`, `${keyring:..}`) looked up; may block."""
        return self._services.secret(text)

    def keep_secret(self, name: str, secret: str) -> None:
        """Keep a secret of the plugin's own for the user, where those of `${keyring:..}` are kept; may block."""
        from hub import secret_store

        self.hide(secret, self._kept.get(name, ""))
        self._kept[name] = secret
        secret_store.keep(self._own_secret(name), secret)

    def kept_secret(self, name: str) -> str | None:
        """Return a secret that the plugin keeps for the user; None if there is none; may block."""
        from hub import secret_store

        return secret_store.get(self._own_secret(name))

    def forget_secret(self, name: str) -> None:
        """Forget a secret that the plugin keeps for the user; may block."""
        from hub import secret_store

        secret_store.forget(self._own_secret(name))

    def hide(self, secret: str, former: str = "") -> None:
        """Hide a text in all that is logged and told from now on, in place of a `former` one that is worth nothing."""
        self._services.learn(secret)
        if former and former != secret:
            self._services.unlearn(former)

    def emit(self, kind: type[Event], **fields: Any) -> None:
        """Tell everybody an event: `context.emit(OpenPage, url=...)`. The hub fills in `seq`, `at` and `user`.

        `kind` is `OpenPage` or an event of the plugin's own, whose `type` starts with the plugin's name. TypeError for
        others and for wrong fields, RuntimeError where the plugin emits without end.
        """
        own = kind.type not in EVENTS and kind.type.startswith((f"{self.plugin}_", f"{self.plugin}."))
        if not own and kind.type not in _EMITTED_BY_PLUGINS:
            raise TypeError(f"{kind.__name__} is not for plugin {self.plugin} to emit: {_why(kind, self.plugin)}")
        if given := _GIVEN_BY_THE_HUB & fields.keys():
            raise TypeError(f"the hub itself gives {', '.join(sorted(given))}")
        event = kind(seq=0, at=self.clock.now(), user=self.user, **fields)
        self._allowance.take(f"plugin {self.plugin} emits events")
        if self._is_on_loop():
            self._emit(event)
        else:
            self._services.loop.call_soon_threadsafe(self._emit, event)

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Run a coroutine on the loop beside the hooks, until it is done or the plugin is stopped.

        What it raises is logged and counts against the plugin. RuntimeError where there are too many.
        """
        if not self._is_on_loop():
            return self.call(self._spawn(coroutine, name))
        if len(self.tasks) >= self._most_tasks:
            coroutine.close()
            raise RuntimeError(f"plugin {self.plugin} has {len(self.tasks)} tasks already")
        task = self._services.loop.create_task(_contained(coroutine), name=f"plugin {self.plugin}: {name}")
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        task.add_done_callback(lambda _: coroutine.close())  # it may have been cancelled before it began
        return task

    def call(self, coroutine: Coroutine[Any, Any, T], *, timeout: float = 30.0) -> T:
        """Run a coroutine on the loop and wait for what it returns: for plain `def` hooks, which run on a thread.

        TimeoutError after `timeout` seconds; RuntimeError on the loop itself, where it is to be awaited instead.
        """
        if self._is_on_loop():
            coroutine.close()
            raise RuntimeError("context.call is for plain def hooks: on the loop, await the coroutine instead")
        future = asyncio.run_coroutine_threadsafe(self._named(coroutine), self._services.loop)
        try:
            return future.result(timeout)
        except NotInTime:
            if not future.done():
                future.cancel()
                raise TimeoutError(f"no result in {timeout:g} s") from None
            raise

    async def close(self, within: float) -> tuple[str, ...]:
        """Cancel the tasks; return the names of those that did not end `within` so many seconds."""
        for task in self.tasks:
            task.cancel()
        if not self.tasks:
            return ()
        _, running = await asyncio.wait(self.tasks, timeout=within)
        return tuple(sorted(task.get_name() for task in running))

    def _own_secret(self, name: str) -> str:
        return f"phonehub-{self.plugin}/{self.user}/{name}"

    async def _spawn(self, coroutine: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        return self.spawn(coroutine, name)

    async def _named(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a thread's coroutine in a task that is known as this plugin's."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("not in a task")
        task.set_name(f"plugin {self.plugin}: call")
        return await _contained(coroutine)

    def _emit(self, event: Event) -> None:
        self._services.emit(replace(event, seq=self._services.next_seq(self.user)))

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failed(task.get_name().partition(": ")[2], error)

    def _log_failure(self, what: str, error: BaseException) -> None:
        self.log.error("%s failed", what, exc_info=error)

    def _on_loop(self, work: Callable[[], None]) -> None:
        """Do something on the loop, now or, from a thread, so that what it raises comes back."""
        if self._is_on_loop():
            work()
        else:
            self.call(_done(work))

    def _is_on_loop(self) -> bool:
        return threading.get_ident() == self._services.loop_thread


async def _done(work: Callable[[], None]) -> None:
    work()


async def _contained(coroutine: Coroutine[Any, Any, T]) -> T:
    """The loop itself would end on a SystemExit in one of its tasks."""
    try:
        return await coroutine
    except SystemExit as error:
        raise RuntimeError(f"it called sys.exit({error.code!r})") from error


def _why(kind: type[Event], plugin: str) -> str:
    if kind.type in EVENTS:
        return "the hub tells that itself"
    return f'give it a type that starts with "{plugin}_"'
