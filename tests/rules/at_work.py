"""Rules at work for a test: a real store, real folders, real plugins, and somebody who listens."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from datetime import UTC
from itertools import count
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import httpx

from hub import events
from hub.clock import SystemClock
from hub.core.dial_plan import DialPlan
from hub.core.directory import Directory
from hub.plugin_host.context import Context, Services
from hub.rules import doing
from hub.rules.folders import Folder, Library
from hub.rules.load import Loader
from hub.rules.run import Rules
from hub.rules.vocabulary import Vocabulary
from hub.secrets import Redactor, resolve
from hub.store.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from hub.clock import Clock
    from hub.rules.parts import Facts
    from hub.rules.record import ActionRecord
    from hub.rules.vocabulary import Part

PLAN = DialPlan(country="US", area_code="585")


class AtWork:
    """Rules in a folder, and all that came of them."""

    def __init__(self, folder: Path, store: Store, rules: Rules, library: Library, redactor: Redactor) -> None:
        self.folder = folder
        self.store = store
        self.rules = rules
        self.library = library
        self.redactor = redactor
        self.emitted: list[events.Event] = []
        self._more = asyncio.Event()
        changed = rules._watcher._changed

        def changed_and_seen() -> None:
            changed()
            self._more.set()

        rules._watcher._changed = changed_and_seen

    def emit(self, event: events.Event) -> None:
        self.emitted.append(event)
        self._more.set()

    @property
    def done(self) -> list[events.ActionDone]:
        return [event for event in self.emitted if isinstance(event, events.ActionDone)]

    async def until(self, enough: Callable[[], object]) -> None:
        """Return when enough was emitted, or is in force."""
        while not enough():
            self._more.clear()
            await self._more.wait()

    async def tell(self, *facts: Facts) -> list[ActionRecord]:
        """Have the rules consume the events; return all that is in the action history when they are done."""
        for each in facts:
            self.rules.consume(each.event)
        await self.rules.settled()
        return await self.history()

    async def history(self) -> list[ActionRecord]:
        """Return the action history, oldest first."""
        await self.store.flush()
        return (await self.store.actions("alice", limit=10_000))[::-1]

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(dedent(text), encoding="utf-8")
        return path


@asynccontextmanager
async def at_work(
    folder: Path,
    files: dict[str, str],
    *,
    parts: Iterable[Part] = (),
    config: Any = None,
    clock: Clock | None = None,
    server: bool = False,
    locked: bool = False,
    variables: dict[str, str] | None = None,
) -> AsyncIterator[AtWork]:
    """Put rules to work in `folder`; `parts` are those of a plugin with this checked `config`."""
    clock = clock or SystemClock()
    loop = asyncio.get_running_loop()
    redactor = Redactor()
    store = Store(f"sqlite:///{folder / 'hub.db'}", clock=clock)
    await store.open()
    rules_folder = folder / "rules"
    rules_folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (rules_folder / name).write_text(dedent(text), encoding="utf-8")
    numbers = count(1)
    vocabulary = Vocabulary(store.add_note)
    vocabulary.add("plugin", *parts)
    loader = Loader(vocabulary, variables=variables, server=server)
    library = Library(loader, [Folder(rules_folder, "admin" if locked else "user")])
    client = httpx.AsyncClient()
    given = Services(
        clock=clock,
        loop=loop,
        folder=folder,
        emit=lambda event: work.emit(event),  # noqa: PLW0108  it is made below
        next_seq=lambda _user: next(numbers),
        phone=lambda _user: None,
        database=lambda _plugin: None,
        directory=lambda _user: Directory(),
        http=lambda: client,
        secret=lambda text: resolve(text, redactor=redactor, folder=folder),
        learn=redactor.learn,
        loop_thread=threading.get_ident(),
    )
    context = Context("plugin", "alice", config, given)
    rules = Rules(
        library,
        doing.Services(
            clock=clock,
            keeper=store,
            emit=given.emit,
            next_seq=given.next_seq,
            plan=lambda _user: PLAN,
            dnd=lambda _user: None,
            context=lambda _part, _user: context,
            redact=redactor,
            server=server,
        ),
        users=["alice"],
        zone=UTC,
    )
    work = AtWork(rules_folder, store, rules, library, redactor)
    await rules.start()
    try:
        yield work
    finally:
        await rules.stop()
        await client.aclose()
        await store.close()
