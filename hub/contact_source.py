"""Where contacts come from and go to beside the hub: what a plugin offers by `register_contact_sources`.

Contacts travel as the text of a vCard, so that a source needs no model of ours: what is put is vCard 4.0 (RFC 6350),
what is told may be of any version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hub.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pydantic import BaseModel

    from hub.errors import Problem
    from hub.plugin_host.context import Context


class SourceError(UserError):
    """A source does not do what was asked; its problems say why, and what a person can do about it."""


class SourceUnreachable(SourceError):  # noqa: N818  what it tells
    """It does not answer, or not now: it is asked again later."""


class SourceRefused(SourceError):  # noqa: N818
    """It answers and refuses (password, certificate, rights): a person must mend something."""


class CardRefused(SourceError):  # noqa: N818
    """It does not take this one card; others may go in."""


class CardConflict(SourceError):  # noqa: N818
    """The card is no longer the version that was named, or is there already: nothing was written."""


class CardGone(SourceError):  # noqa: N818
    """The card is not there any more."""


class ContactCard(NamedTuple):
    """A contact as a source has it: its name there, which stays, the version, and the vCard."""

    href: str
    etag: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanges:
    """What is new, changed or gone since a token; if `whole`, all that there is, and what is not told is gone.

    `unread` is what the places of cards begin with that may be there but cannot be read: they count as unchanged, and
    `problems` says what is wrong. The next changes are asked for with `token`.
    """

    cards: tuple[ContactCard, ...] = ()
    gone: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    token: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a person does to sign in at a source: open the address, type the code, before it expires (UTC)."""

    url: str
    code: str
    until: datetime


class ContactSource(Protocol):
    """One account of one user; every method has a deadline of its own, and one at a time is asked, beside `sign_in`.

    All raise `SourceUnreachable` and `SourceRefused`.
    """

    writable: bool

    async def changes(self, token: str) -> ContactChanges:
        """Return what changed since a token; all there is if it is empty, or none that the source still knows."""
        ...

    async def put(self, href: str, text: str, etag: str) -> ContactCard:
        """Write a card, a new one if `href` is empty, and return it as the source has it now.

        Raises `CardConflict` where the version is not `etag` any more, `CardGone`, `CardRefused`.
        """
        ...

    async def delete(self, href: str, etag: str) -> None:
        """Delete a card; raises `CardConflict` where the version is not `etag` any more, `CardGone`."""
        ...

    async def changed(self) -> None:
        """Return when the source says that something changed; never where it does not say."""
        ...

    async def sign_in(self, tell: Callable[[SignIn], None]) -> None:
        """Have a person sign in anew, and return when that is done; raises `SourceRefused` where it has no such way."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSourceKind:
    """What a plugin registers: the `kind = "..."` word of the config, the model of its table, and how to open one.

    `open(name, settings, context)` gets the account's name, the checked table (an instance of `config`; what is the
    same for all kinds is taken out) and the context of the plugin `contacts` for the user. It must not block.
    """

    name: str
    config: type[BaseModel]
    open: Callable[[str, Any, Context], ContactSource]
