from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from at_work import at_work
from facts_of import ringing

from hub import ActionRefused, Contact, ContactFound
from hub_screenpop import ScreenPop
from hub_screenpop.open_contact import page_of
from hub_screenpop.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from popped import Site

    from hub import Facts

LOCAL = Contact(id="1", name="Ada")


def found(link: str) -> Facts:
    """Return the facts of a contact that was found late, with a local one known before."""
    contact = Contact(id="7", name="Ada Lovelace", company="Engines", link=link)
    facts = ringing(contacts=(LOCAL, contact))
    event = facts.event
    told = ContactFound(seq=2, at=event.at, user=event.user, call=facts.call, nth=1, contact=contact)  # type: ignore[arg-type]
    return replace(facts, event=told)


@pytest.mark.feature("RULE-16", "RULE-05")
async def test_the_page_of_who_was_found_opens(tmp_path: Path, site: Site, visit: Path) -> None:
    page = f"{site.url}/c?who={{{{ contact.name }}}}&company=%COMPANY%"
    rule = f'{{on: contact_found, do: [open_contact: auto, open_url: "{page}"]}}'
    config = Settings(browser=(str(visit),))
    async with at_work(tmp_path, {"a.yaml": rule}, parts=ScreenPop().register_rule_parts(), config=config) as work:
        records = await work.tell(found(f"{site.url}/customers/7?tab=calls"))
        assert [record.status for record in records] == ["ok", "ok"]
        await asyncio.to_thread(site.wait, 2)
    assert site.paths == ["/customers/7?tab=calls", "/c?who=Ada%20Lovelace&company=Engines"]


@pytest.mark.feature("RULE-16", "RULE-09")
@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example/", "/customers/7", "https://",
        "https://crm.example@evil.example/", "https://crm.example/a b", "https://[crm/", "https://x/" + "a" * 3000,
        "https:\\\\crm.example", "\thttps://crm.example/", "customers 7",
    ],
)  # fmt: skip
async def test_what_is_no_page_is_refused(tmp_path: Path, site: Site, visit: Path, link: str) -> None:
    rule = "{on: contact_found, do: {open_contact: browser}}"
    config = Settings(browser=(str(visit),))
    async with at_work(tmp_path, {"a.yaml": rule}, parts=ScreenPop().register_rule_parts(), config=config) as work:
        (record,) = await work.tell(found(link))
        assert record.status == "refused"
        assert "no http or https address" in record.detail
    assert site.paths == []


def test_nobody_has_no_page() -> None:
    with pytest.raises(ActionRefused, match="there is no contact"):
        page_of(ringing(contacts=()))
    with pytest.raises(ActionRefused, match="the contact has no page"):
        page_of(ringing(contacts=(LOCAL,)))
    assert page_of(ringing(contacts=(replace(LOCAL, link="https://crm.example/1"),))) == "https://crm.example/1"
