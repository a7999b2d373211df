from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import httpx
import tzlocal

from hub import events
from hub.clock import SystemClock
from hub.configured import library_for, loader_for, manager_for, vocabulary_for
from hub.core.call import Direction
from hub.core.directory import Directory
from hub.core.numbering import home_code
from hub.core.queue_boards import Queues
from hub.core.switchboard import Switchboard
from hub.errors import UserError
from hub.journal.journals import Journals
from hub.phone import standing
from hub.phone.account import Account
from hub.phone.chosen import adapter_for
from hub.phone.credentials import Credentials
from hub.phone.phone import Phone
from hub.plugin_host.context import Context, Services
from hub.plugin_host.dispatch import Dispatcher
from hub.plugin_host.limits import Limits
from hub.plugin_host.settings import unknown_tables
from hub.presence.stewards import Stewards
from hub.recording import recorder
from hub.recording.keeping import Keeping
from hub.recording.library import Library
from hub.rules import doing
from hub.rules.run import Rules
from hub.secrets import Redactor, resolve
from hub.store.store import Keep, Store
from hub.web.lock import StateLock
from hub.web.server import ApiServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastapi import APIRouter

    from hub.clock import Clock
    from hub.config import Config
    from hub.core.call import Call, Contact
    from hub.core.dial_plan import DialPlan
    from hub.core.numbers import Number
    from hub.errors import Problem
    from hub.plugin_host.plugin import Plugin
    from hub.rules.vocabulary import Part
    from hub.store.database import Database

log = logging.getLogger(__name__)


class Hub:
    """Everything together: wires the parts, starts and stops them in order.

    `plugins` are further plugins at hand (classes, objects or modules). `leave_within` is for how many seconds the
    phones may sign out when the hub stops. Two hubs fit in one process.
    """

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        plugins: Iterable[object] = (),
        leave_within: float = 15.0,
    ) -> None:
        self.config = config
        self.clock = clock or SystemClock()
        self.redactor = Redactor()
        self.phones: dict[str, Phone] = {}
        self.accounts: dict[str, Account] = {}
        self._leave_within = leave_within
        self._seq = {user: count(1) for user in ("", *config.users)}
        self._listeners: list[Callable[[events.Event], None]] = []
        self._databases: dict[str, Database] = {}
        self._plans: dict[str, DialPlan] = {}
        self._directories = {user: Directory() for user in ("", *config.users)}
        self._routers: list[tuple[str, APIRouter]] = []
        self._stack = AsyncExitStack()
        self.journals = Journals()
        history = config.hub.history
        self.store = Store(
            resolve(config.hub.database_url, redactor=self.redactor, folder=config.path.parent),
            keep=Keep(
                most_calls=history.calls,
                calls=timedelta(days=history.days),
                actions=timedelta(days=history.action_days),
                claims=timedelta(days=history.action_days),
            ),
            clock=self.clock,
            journals=self.journals.of,
            on_trouble=self._on_store_trouble,
        )
        self.recordings = Library(self.store)
        self.recorder = recorder.Recorder(
            recorder.Services(
                phones=self.phones,
                settings=config.recording,
                receiving=config.tables.receiving,
                folder=config.hub.state / "recordings",
                clock=self.clock,
                zone=tzlocal.get_localzone(),
                emit=self.emit,
                next_seq=self._next_seq,
            ),
            Keeping(self.recordings, self.clock),
        )
        self.presences = Stewards(
            config, self.store, self.clock, tzlocal.get_localzone(), emit=self.emit, next_seq=self._next_seq
        )
        self.manager = manager_for(config, given=plugins, clock=self.clock, redact=self.redactor)

    async def start(self) -> None:
        """Start everything; raises `UserError` with what a person must mend, and then nothing runs."""
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise

    async def stop(self) -> None:
        """Stop everything in the opposite order; calls go on. May be called twice."""
        await self._stack.aclose()

    async def settled(self) -> None:
        """Return when recorder, rules and plugins have worked off what was told so far, and the store has it."""
        await self.recorder.settled()
        await self._rules.settled()
        await self._dispatcher.idle()
        await self.store.flush()

    def subscribe(self, listener: Callable[[events.Event], None]) -> Callable[[], None]:
        """Have every event told to a listener on the loop, which must not raise; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def plugins(self) -> list[Plugin]:
        """Every plugin that was found."""
        return self.manager.plugins

    def routers(self) -> Iterable[tuple[str, APIRouter]]:
        """Return the routes that plugins add."""
        return self._routers

    # --- the way of an event ---

    def emit(self, event: events.Event) -> None:
        """Hand an event to history, recorder, rules, plugins and listeners, in this order; nobody waits for anybody."""
        if isinstance(event, events.CallEvent):
            self.store.record_call(event.call, self.phones[event.user].mark)
            if event.call.ended is not None:
                self.journals.wake(event.user)
        self.recorder.consume(event)
        self._rules.consume(event)
        self._dispatcher.emit(event)
        for listener in tuple(self._listeners):
            listener(event)
        self.presences.consume(event)  # last: what it tells then comes after the event

    def _next_seq(self, user: str) -> int:
        return next(self._seq[user])

    # --- starting ---

    async def _start(self) -> None:
        lock = StateLock(self.config.hub.state)
        lock.take()
        self._stack.callback(lock.release)
        await self.store.open()
        self._stack.push_async_callback(self.store.close)
        services = await self._load_plugins()
        await self._set_phones_up()
        self.journals.configure(self.config, tzlocal.get_localzone(), self._plans.__getitem__)
        self.journals.start(self.store, clock=self.clock, secret=self._secret, redact=self.redactor)
        self._stack.push_async_callback(self.journals.stop)
        self._rules = self._make_rules(services)
        await self._dispatcher.start()  # plugins may emit from here on
        await self._rules.start()
        self._stack.push_async_callback(self._rules.stop)
        self.server = ApiServer(
            self,
            state=self.config.hub.state,
            host=self.config.web.host,
            port=self.config.web.port,
            names=self.config.web.hosts,
        )
        await self.server.start()
        self._stack.push_async_callback(self.server.stop)
        for user in self.config.users:
            self.emit(events.Started(seq=self._next_seq(user), at=self.clock.now(), user=user))
        await self._wipe_again()
        self._connect()
        self.recorder.start()
        self._stack.push_async_callback(self.recorder.stop)  # before the phones are: it has them end the audio
        self.presences.start()
        self._stack.push_async_callback(self.presences.stop)  # likewise: it has them give back what was set

    async def _load_plugins(self) -> Services:
        await asyncio.to_thread(self.manager.load)
        self._stack.callback(self.manager.close)
        self.manager.configure(self.config, self.config.users)
        for problem in unknown_tables(self.plugins, self.config):
            log.warning("%s", problem)
        for plugin in self.manager.loaded:
            if plugin.tables is not None:
                self._databases[plugin.name] = await self.store.database(plugin.name, plugin.tables, plugin.migrations)
        client = httpx.AsyncClient(timeout=10.0)
        self._stack.push_async_callback(client.aclose)
        services = Services(
            clock=self.clock,
            loop=asyncio.get_running_loop(),
            folder=self.config.hub.state / "plugins",
            emit=self.emit,
            next_seq=self._next_seq,
            phone=self.phones.get,
            presence=self.presences.get,
            server=self.config.hub.server,
            database=self._databases.get,
            directory=self._directories.__getitem__,
            http=lambda: client,
            secret=self._secret,
            learn=self.redactor.learn,
            unlearn=self.redactor.unlearn,
            contact_sources=self.manager.contact_sources,
            loop_thread=threading.get_ident(),
        )
        self._contexts = contexts = self.manager.contexts(services)
        self._routers = await asyncio.to_thread(self.manager.routers, contexts)
        self._dispatcher = Dispatcher(
            self.manager.loaded,
            contexts,
            clock=self.clock,
            limits=Limits(**self.config.hub.dispatcher.model_dump()),
            calls=self._calls,
            changed=self._on_plugin_changed,
            found=self._on_contacts_found,
            redact=self.redactor,
        )
        self._stack.push_async_callback(self._dispatcher.stop)
        return services

    def _make_rules(self, services: Services) -> Rules:
        own = {user: Context("hub", user, None, services) for user in self.config.users}
        vocabulary = vocabulary_for(self.manager, self.store.add_note, self.recorder.ask)

        def context(part: Part, user: str) -> Context:
            plugin = vocabulary.plugin_of(part)
            return self._contexts[plugin][user] if plugin else own[user]

        self.library = library_for(self.config, loader_for(self.config, vocabulary))
        return Rules(
            self.library,
            doing.Services(
                clock=self.clock,
                keeper=self.store,
                emit=self.emit,
                next_seq=self._next_seq,
                plan=lambda user: self._plans[user],
                dnd=lambda user: self.phones[user].dnd if user in self.phones else None,
                presence=lambda user: self.phones[user].presence if user in self.phones else None,
                context=context,
                redact=self.redactor,
                server=self.config.hub.server,
                queues=self._queues,
            ),
            users=self.config.users,
            zone=tzlocal.get_localzone(),
        )

    async def _set_phones_up(self) -> None:
        problems: list[Problem] = []
        for user in self.config.users:
            try:
                await self._set_phone_up(user)
            except UserError as error:
                problems += error.problems
        if problems:
            raise UserError(*problems)

    async def _set_phone_up(self, user: str) -> None:
        plan = self._plans[user] = await asyncio.to_thread(self.config.dial_plan, user, self.redactor)
        directory = self._directories[user]
        directory.home = f"+{home_code(plan)}"
        table = self.config.users[user].phone
        if table is None:
            return
        make = partial(adapter_for, self.config, user, self.manager.adapters(), plan, self.clock, self.redactor)
        path = self.config.hub.state / standing.FOLDER / f"{user}.json"
        stands = standing.Standing.load(path)
        adapter = None if stands.signed_out else await asyncio.to_thread(make, stands.instead)

        def next_seq() -> int:
            return self._next_seq(user)

        def find_contacts(number: Number) -> tuple[Contact, ...]:
            listed, asked = directory.find(number), self._dispatcher.find_contacts(number, user)
            return tuple(sorted(dict.fromkeys(listed + asked), key=lambda contact: not contact.favourite))

        switchboard = Switchboard(
            user,
            next_seq=next_seq,
            find_contacts=find_contacts,
            calls=await self.store.open_calls(user),
            former=await self.store.former_calls(user),
        )
        self.phones[user] = Phone(
            switchboard,
            adapter,
            plan,
            self.clock,
            emit=self.emit,
            next_seq=next_seq,
            mark=await self.store.mark(user),
            why=stands.signed_out,
            last_dialled=partial(self._last_dialled, user),
        )
        await self.presences.add(self.phones[user])
        self.accounts[user] = Account(
            self.phones[user], Credentials(table.settings), stands, path, make=make, learn=self.redactor.learn
        )

    async def _wipe_again(self) -> None:
        """What a wipe has left, since the hub was stopped before all was gone."""
        for account in self.accounts.values():
            if account.standing.wiped:
                await account.wipe()

    def _connect(self) -> None:
        connecting = [
            asyncio.create_task(phone.connection.run(), name=f"phone of {user}") for user, phone in self.phones.items()
        ]

        async def disconnect() -> None:
            for user in self.config.users:
                self.emit(events.Stopping(seq=self._next_seq(user), at=self.clock.now(), user=user))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._leave_within):
                    await self._dispatcher.idle()  # plugins may have something to ask of the phone yet
            for task in connecting:
                task.cancel()
            if not connecting:
                return
            _, late = await asyncio.wait(connecting, timeout=self._leave_within)
            for task in late:
                log.error("%s did not end in %g s after it was cancelled", task.get_name(), self._leave_within)

        self._stack.push_async_callback(disconnect)

    # --- what the parts tell and ask ---

    async def _last_dialled(self, user: str) -> str:
        entries = await self.store.calls(user, direction=Direction.OUTBOUND, limit=1)
        return next((entry.dnis or entry.number for entry in entries), "")

    def _calls(self, user: str) -> tuple[Call, ...]:
        phone = self.phones.get(user)
        return phone.calls if phone else ()

    def _queues(self, user: str) -> Queues | None:
        board = self.phones[user].boards.get(Queues.name) if user in self.phones else None
        return board if isinstance(board, Queues) else None

    def _secret(self, text: str) -> str:
        return resolve(text, redactor=self.redactor, folder=self.config.path.parent)

    def _on_plugin_changed(self, plugin: str, state: str, reason: str) -> None:
        self.emit(
            events.PluginChanged(
                seq=self._next_seq(""), at=self.clock.now(), user="", plugin=plugin, state=state, reason=reason
            )
        )

    def _on_contacts_found(self, user: str, number: Number, contacts: tuple[Contact, ...]) -> None:
        if user in self.phones:
            self.phones[user].on_contacts_found(number, contacts)

    def _on_store_trouble(self, problem: Problem | None) -> None:
        if problem is None:
            log.info("the store works again")
        else:
            log.error("%s", problem)
