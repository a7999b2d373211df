"""What the contacts' routes take and answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hub_contacts.contact import Address, Contact, ContactKind, Labelled, clean
from hub_contacts.query import Field as SearchField
from hub_contacts.query import Match, Show, Sort

if TYPE_CHECKING:
    from hub_contacts.stored import Stored

Text = Annotated[str, Field(max_length=1000), AfterValidator(clean)]
Note = Annotated[str, Field(max_length=30_000), AfterValidator(clean)]
Some = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(clean), Field(min_length=1)]
_TEXTS = (
    "description", "prefix", "first", "middle", "last", "suffix", "company", "department", "job_title", "note",
    "birthday", "login", "dnis_name", "dnis_language",
)  # fmt: skip


class LabelledModel(BaseModel):
    """A number, e-mail address or web address, and what it is: `work`, `mobile`, or own words."""

    model_config = ConfigDict(extra="forbid")

    text: Some
    label: Text = ""
    primary: bool = False


class AddressModel(BaseModel):
    """A postal address."""

    model_config = ConfigDict(extra="forbid")

    box: Text = ""
    extended: Text = ""
    street: Text = ""
    city: Text = ""
    region: Text = ""
    code: Text = ""
    country: Text = ""
    label: Text = ""
    primary: bool = False


class Wanted(BaseModel):
    """A contact as it is to be; what is not given is empty, or, where one is changed, stays as it is."""

    model_config = ConfigDict(extra="forbid")

    description: Text = Field(default="", description="the name to show, where it is not made of the others")
    prefix: Text = ""
    first: Text = ""
    middle: Text = ""
    last: Text = ""
    suffix: Text = ""
    company: Text = ""
    department: Text = ""
    job_title: Text = ""
    numbers: Annotated[list[LabelledModel], Field(max_length=100)] = []
    emails: Annotated[list[LabelledModel], Field(max_length=100)] = []
    urls: Annotated[list[LabelledModel], Field(max_length=100)] = []
    addresses: Annotated[list[AddressModel], Field(max_length=50)] = []
    note: Note = ""
    favourite: bool = False
    groups: Annotated[list[Some], Field(max_length=200)] = []
    birthday: Text = ""
    login: Text = ""
    dnis_name: Text = ""
    dnis_language: Text = ""

    @model_validator(mode="after")
    def _one_primary(self) -> Wanted:
        for name in ("numbers", "emails", "urls", "addresses"):
            if sum(each.primary for each in getattr(self, name)) > 1:
                raise ValueError(f"{name}: only one of them can be primary")
        return self

    def over(self, contact: Contact) -> Contact:
        """Return a contact with what was given in place of what it had; raises ValueError if nothing is left."""
        given: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        for name in ("numbers", "emails", "urls"):
            if name in given:
                given[name] = tuple(Labelled(each.text, each.label, each.primary) for each in given[name])
        if "addresses" in given:
            addresses = (Address(**each.model_dump()) for each in given["addresses"])
            given["addresses"] = tuple(address for address in addresses if any(address[:7]))
        if "groups" in given:
            given["groups"] = tuple(dict.fromkeys(given["groups"]))
        changed = replace(contact, **given)
        if not changed.name:
            raise ValueError("a contact needs a name, a company, an e-mail address or a number")
        return changed


class ContactModel(BaseModel):
    """A contact. `source` is the account that it comes from, empty for the user's own; `kind` says whose it is."""

    id: str
    kind: ContactKind
    source: str
    device: str
    name: str
    description: str
    prefix: str
    first: str
    middle: str
    last: str
    suffix: str
    company: str
    department: str
    job_title: str
    numbers: list[LabelledModel]
    emails: list[LabelledModel]
    urls: list[LabelledModel]
    addresses: list[AddressModel]
    note: str
    favourite: bool
    groups: list[str]
    birthday: str
    login: str
    dnis_name: str
    dnis_language: str
    photo_type: str
    changed: datetime

    @classmethod
    def of(cls, stored: Stored) -> ContactModel:
        """Say what is kept. Nothing is checked again: what a source wrote may be longer than a person may write."""
        contact = stored.contact
        return cls.model_construct(
            id=stored.id,
            kind=contact.kind,
            source=contact.source,
            device=contact.device,
            name=contact.name,
            numbers=[LabelledModel.model_construct(**each._asdict()) for each in contact.numbers],
            emails=[LabelledModel.model_construct(**each._asdict()) for each in contact.emails],
            urls=[LabelledModel.model_construct(**each._asdict()) for each in contact.urls],
            addresses=[AddressModel.model_construct(**each._asdict()) for each in contact.addresses],
            favourite=contact.favourite,
            groups=list(contact.groups),
            photo_type=stored.photo_type,
            changed=datetime.fromtimestamp(stored.changed, UTC),
            **{name: getattr(contact, name) for name in _TEXTS},
        )


class PageModel(BaseModel):
    """A page of contacts, and how many there are on all of them."""

    total: int
    contacts: list[ContactModel]


class View(BaseModel):
    """How contacts are shown, as the user last chose."""

    model_config = ConfigDict(extra="forbid")

    show: Annotated[list[Show], Field(max_length=5)] = list(Show)
    sort: Sort = Sort.LAST
    match: Match = Match.CONTAINS
    field: SearchField = SearchField.ALL
    density: Literal["line", "short", "card"] = "short"
    colours: Literal["strong", "quiet"] = "strong"
    ringing: Literal["flash", "pulse", "none"] = "flash"


class Deleted(BaseModel):
    """How many contacts were deleted."""

    deleted: int
