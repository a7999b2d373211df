"""Contacts at an Exchange server, over Exchange Web Services; exchangelib waits, so it works on a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from hub import (
    CardConflict,
    CardGone,
    CardRefused,
    ContactCard,
    ContactChanges,
    ContactSourceKind,
    SourceError,
    SourceRefused,
    SourceUnreachable,
)
from hub_contacts.sources.card_text import contact_in, text_of
from hub_contacts.sources.ews_settings import EwsSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from exchangelib import Account
    from exchangelib.folders import Contacts
    from exchangelib.items import Contact as ExchangeContact

    from hub import Context, SignIn

T = TypeVar("T")

_AT_ONCE = 50


class Ews:
    """The source: a card's place is its item id, its version the change key.

    What Exchange has no field for (photos, own labels, favourites) is not written. At most `most_cards` are taken.
    """

    writable = True

    def __init__(
        self, place: str, settings: EwsSettings, secret: Callable[[str], str], *, most_cards: int = 100_000
    ) -> None:
        self._place = place
        self._settings = settings
        self._secret = secret
        self._most_cards = most_cards
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"phonehub-ews-{place}")
        self._account: Account | None = None

    async def changes(self, token: str) -> ContactChanges:
        """Return what changed since a sync state."""
        return await self._apart(partial(self._changes, token))

    async def put(self, href: str, text: str, etag: str) -> ContactCard:
        """Write an item; what it cannot hold is missing in what is returned."""
        return await self._apart(partial(self._put, href, text, etag))

    async def delete(self, href: str, etag: str) -> None:
        """Move an item to the deleted ones."""
        await self._apart(partial(self._delete, href, etag))

    async def changed(self) -> None:
        """Wait for ever: it is asked now and then."""
        await asyncio.Event().wait()

    async def sign_in(self, _tell: Callable[[SignIn], None]) -> None:
        """Refuse: there is a password for that."""
        raise SourceRefused.of("it is signed in to by password", "set it in the configuration", self._place)

    async def close(self) -> None:
        """Let go of the connections; a request that is under way is not waited for."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    async def _apart(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._told_to_people, work)

    def _told_to_people(self, work: Callable[[], T]) -> T:
        import requests
        from exchangelib import errors

        try:
            return work()
        except errors.ErrorItemNotFound:
            raise CardGone.of("the contact is not there any more", "", self._place) from None
        except (errors.ErrorIrresolvableConflict, errors.ErrorStaleObject):
            raise CardConflict.of("the contact was changed meanwhile", "", self._place) from None
        except (errors.EWSError, requests.RequestException) as error:
            raise self._error(error) from None

    def _error(self, error: Exception) -> SourceError:
        import requests
        from exchangelib import errors

        told = " ".join(str(error).split())[:300]
        if certificate := _certificate_error(error):
            remedy = "is the address right? Name a certificate authority of your own in REQUESTS_CA_BUNDLE"
            return SourceRefused.of(f"the certificate is not trusted: {certificate}", remedy, self._place)
        if isinstance(error, errors.UnauthorizedError):
            return SourceRefused.of("user or password is wrong", "mend them in the configuration", self._place)
        if isinstance(error, (errors.ErrorAccessDenied, errors.ErrorFolderNotFound)):
            return SourceRefused.of(f"it does not allow that: {told}", "mind the rights of your mailbox", self._place)
        if isinstance(error, errors.ErrorQuotaExceeded):
            return SourceRefused.of("there is no space left in the mailbox", "delete something there", self._place)
        busy = (
            errors.ErrorServerBusy,
            errors.RateLimitError,
            errors.ErrorMailboxStoreUnavailable,
            errors.ErrorTimeoutExpired,
            errors.ErrorInternalServerTransientError,
        )
        if isinstance(error, (requests.RequestException, *busy)) or not isinstance(error, errors.ResponseMessageError):
            return SourceUnreachable.of(
                f"it cannot be reached: {told}", "are you online, is the address right? It is tried again", self._place
            )
        return SourceRefused.of(f"Exchange says {type(error).__name__}: {told}", "look at it there", self._place)

    def _opened(self) -> Account:
        if self._account is None:
            from exchangelib import BASIC, DELEGATE, NTLM, Account, Build, Configuration, Credentials, FailFast, Version

            # its DEBUG has passwords and contacts in it
            logging.getLogger("exchangelib").setLevel(logging.INFO)
            settings = self._settings
            credentials = Credentials(settings.user or settings.email, self._secret(settings.password))
            config = Configuration(
                service_endpoint=settings.url,
                credentials=credentials,
                auth_type=NTLM if settings.ntlm else BASIC,
                version=Version(Build(15, 0)),
                retry_policy=FailFast(),
                max_connections=1,
            )
            self._account = Account(
                settings.email, access_type=DELEGATE, config=config, autodiscover=False, default_timezone=_utc()
            )
        return self._account

    def _folder(self) -> Contacts:
        return self._opened().contacts

    def _changes(self, token: str) -> ContactChanges:
        from exchangelib.errors import ErrorInvalidSyncStateData

        folder = self._folder()
        try:
            changed, gone, state = self._since(folder, token)
        except ErrorInvalidSyncStateData:
            token = ""
            changed, gone, state = self._since(folder, "")
        if len(changed) > self._most_cards:
            raise SourceRefused.of(f"it has more than {self._most_cards:,} contacts", "", self._place)
        return ContactChanges(
            cards=tuple(self._fetched(folder, changed)), gone=frozenset(gone), token=state, whole=not token
        )

    def _since(self, folder: Contacts, token: str) -> tuple[dict[str, str], set[str], str]:
        """Return the ids and change keys of what changed, the ids of what is gone, and the next sync state."""
        from exchangelib.items import Contact as ExchangeContact

        changed: dict[str, str] = {}
        gone: set[str] = set()
        folder.item_sync_state = None
        for kind, item in folder.sync_items(sync_state=token or None, only_fields=["id", "changekey"]):
            if kind == "delete":
                changed.pop(item.id, None)
                gone.add(item.id)
            elif isinstance(item, ExchangeContact):
                gone.discard(item.id)
                changed[item.id] = item.changekey
        return changed, gone, folder.item_sync_state or ""

    def _fetched(self, folder: Contacts, ids: Iterable[str]) -> list[ContactCard]:
        from exchangelib.errors import ErrorItemNotFound
        from exchangelib.items import Contact as ExchangeContact

        from hub_contacts.sources.ews_contact import FIELDS

        wanted = [ExchangeContact(id=each) for each in ids]
        found = folder.account.fetch(wanted, only_fields=list(FIELDS), chunk_size=_AT_ONCE) if wanted else ()
        cards = []
        for item in found:
            if isinstance(item, ErrorItemNotFound):
                continue  # the next changes say so
            if isinstance(item, Exception):
                raise item
            cards.append(_card(item))
        return cards

    def _put(self, href: str, text: str, etag: str) -> ContactCard:
        from exchangelib.items import NEVER_OVERWRITE
        from exchangelib.items import Contact as ExchangeContact

        from hub_contacts.sources.ews_contact import fields_of

        contact = contact_in(text)
        if contact is None:
            raise CardRefused.of("the card says nothing", "", self._place)
        folder, fields = self._folder(), fields_of(contact)
        if href:
            item = ExchangeContact(id=href, changekey=etag, account=folder.account, folder=folder, **fields)
            item.save(update_fields=list(fields), conflict_resolution=NEVER_OVERWRITE)
        else:
            item = ExchangeContact(account=folder.account, folder=folder, **fields)
            item.save()
        written = next(iter(self._fetched(folder, [item.id])), None)
        return written if written and written.etag == item.changekey else _card(item)

    def _delete(self, href: str, etag: str) -> None:
        """Exchange deletes whatever version there is: look before."""
        folder = self._folder()
        there = next(iter(self._fetched(folder, [href])), None)
        if there is None:
            raise CardGone.of("the contact is not there any more", "", self._place)
        if there.etag != etag:
            raise CardConflict.of("the contact was changed meanwhile", "", self._place)
        for done in folder.account.bulk_delete([(href, etag)], delete_type="MoveToDeletedItems"):
            if isinstance(done, Exception):
                raise done

    def _close(self) -> None:
        if self._account is not None:
            self._account.protocol.close()


def _card(item: ExchangeContact) -> ContactCard:
    from hub_contacts.sources.ews_contact import contact_of

    return ContactCard(item.id, item.changekey, text_of(contact_of(item)))


def _utc() -> Any:
    from exchangelib import UTC

    return UTC


def _certificate_error(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return str(getattr(cause, "verify_message", "") or cause.reason or "TLS failed")
        cause = cause.__cause__ or cause.__context__ or next((a for a in cause.args if isinstance(a, Exception)), None)
    return ""


def _open(name: str, settings: Any, context: Context) -> Ews:
    try:
        import exchangelib  # noqa: F401
    except ImportError:
        raise SourceRefused.of(
            "what Exchange needs is not installed", "pip install 'phonehub[exchange]'", f"contacts source {name}"
        ) from None
    return Ews(name, settings, context.secret)


KIND = ContactSourceKind(name="ews", config=EwsSettings, open=_open)
