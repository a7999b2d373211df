from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from hub import Action, ActionRefused
from hub_screenpop.open_url import open_page
from hub_screenpop.settings import Where

if TYPE_CHECKING:
    from hub import Done, Facts, Job

_LONGEST = 2048
_BAD = re.compile(r"[\x00-\x20\x7f\\\\]")


class OpenContact(BaseModel):
    """What `open_contact:` takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    where: Where = Field(description="`browser`, `console`, or `auto`")


async def _open(value: OpenContact, job: Job) -> Done:
    return await open_page(page_of(job.facts), value.where, job)


def page_of(facts: Facts) -> str:
    """Return the address of the contact's page; raises `ActionRefused` where there is none that may be opened."""
    contact = facts.contact
    if contact is None or not contact.link:
        raise ActionRefused("the contact has no page" if contact else "there is no contact")
    link = contact.link
    try:
        parts = urlsplit(link)
        is_page = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        is_page = False
    if not is_page or len(link) > _LONGEST or _BAD.search(link):
        raise ActionRefused(f"the contact's link is no http or https address: {link[:80]!r}")
    return link


OPEN_CONTACT = Action(
    name="open_contact",
    value=OpenContact,
    run=_open,
    doc="open the contact's own page, `contact.link`, which an address book or a CRM says; http and https only",
    short="where",
    tell=lambda _value, facts: page_of(facts),
)
