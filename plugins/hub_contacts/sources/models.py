"""What the routes of sources take and answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from hub import SignIn
    from hub_contacts.sources.account import Account


class SignInModel(BaseModel):
    """What a person does to sign in: open `url`, type `code`, before `until`."""

    url: str
    code: str
    until: datetime

    @classmethod
    def of(cls, what: SignIn) -> SignInModel:
        """Say what a source wants."""
        return cls(url=what.url, code=what.code, until=what.until)


class SourceModel(BaseModel):
    """A source of contacts and how it stands; `problems` are cards that could not be read or written."""

    name: str
    kind: str
    enabled: bool
    state: str = Field(description="`off`, `refreshing`, `ready`, `failed`")
    writable: bool
    share: bool
    contacts: int
    conflicts: int = Field(description="contacts that were edited here and there at once, since the hub was started")
    refreshed: datetime | None
    error: str
    problems: list[str]
    sign_in: SignInModel | None

    @classmethod
    def of(cls, account: Account) -> SourceModel:
        """Say how a source stands."""
        report, refreshed = account.report, account.standing.refreshed
        return cls(
            name=account.name,
            kind=account.table.kind,
            enabled=account.is_enabled,
            state=report.state.value,
            writable=account.writable,
            share=account.table.share,
            contacts=report.contacts,
            conflicts=report.conflicts,
            refreshed=datetime.fromtimestamp(refreshed, UTC) if refreshed else None,
            error="; ".join(map(str, report.error)),
            problems=[str(problem) for problem in report.problems[:100]],
            sign_in=SignInModel.of(report.signing_in) if report.signing_in else None,
        )


class Refresh(BaseModel):
    """Whether it is right that most of the contacts are deleted."""

    model_config = ConfigDict(extra="forbid")

    accept: bool = False
