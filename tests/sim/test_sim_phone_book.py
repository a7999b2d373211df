from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from offices import ANSWERING, NOON, Desk, adapter, office

from hub.core.phone_contacts import ContactNumber, PhoneContactKind
from hub.core.signals import PhoneContactsSignal
from hub.errors import UserError
from hub.phone.commands import DialNumber, MarkContact
from hub.sim.exchange.journal import ContactsTold
from hub.sim.exchange.office import KnownContact
from hub.sim.exchange.refusal import Refused
from hub.sim.scenario import read
from hub.sim.server import SimServer
from hub.testing.listener import Listener

if TYPE_CHECKING:
    from hub.sim.exchange.office import Office
    from hub.sim.wire_colleagues import WireContact

pytestmark = pytest.mark.feature("CON-01")
BANK = KnownContact(id="bank", name="Bank", numbers=(ContactNumber("+15855550007", "work"),), source="ERP")
TAXI = KnownContact(
    id="taxi",
    name="Taxi",
    numbers=(ContactNumber(ANSWERING, "work"), ContactNumber("+15855550008", "mobile")),
    speed_dial="77",
    device="reception",
)


def with_contacts(**users: dict[str, object]) -> Office:
    base = office()
    changed = {name: replace(base.users[name], **more) for name, more in users.items()}  # type: ignore[arg-type]
    return replace(base, users={**base.users, **changed}, contacts=(BANK, TAXI))


def seen(desk: Desk, user: str) -> dict[str, WireContact]:
    return {one.id: one for one in desk.exchange.snapshot(desk.now, user).contacts}


def test_everybody_has_the_users_the_system_contacts_and_the_speed_dials() -> None:
    desk = Desk(with_contacts(bob={"numbers": (ContactNumber("+15855550055", "mobile"),), "full_name": "Bob Builder"}))
    found = seen(desk, "alice")
    assert found.keys() == {"bob", "carol", "ten", "nobody", "bank", "taxi"}
    assert [(one.text, one.label) for one in found["bob"].numbers] == [("102", "extension"), ("+15855550055", "mobile")]
    assert (found["bob"].kind, found["bob"].name, found["bob"].source) == ("user", "Bob Builder", "Test office")
    assert (found["bank"].kind, found["bank"].source) == (PhoneContactKind.SYSTEM, "ERP")
    assert (found["taxi"].kind, found["taxi"].device) == (PhoneContactKind.PUBLIC, "reception")
    assert found["taxi"].numbers[0].text == "77"


def test_who_is_unlisted_is_no_contact_and_who_sees_nobody_has_no_users() -> None:
    desk = Desk(with_contacts(bob={"unlisted": True}, carol={"sees_colleagues": False}))
    assert "bob" not in seen(desk, "alice")
    assert seen(desk, "carol").keys() == {"bank", "taxi"}
    with pytest.raises(Refused, match="has no contact 'alice'"):
        desk.do("carol", MarkContact("alice", favourite=True))


def test_a_speed_dial_reaches_its_number() -> None:
    desk = Desk(with_contacts())
    desk.do("alice", DialNumber("77", "alice-desk"))
    assert desk.leg("alice-desk").party.number == ANSWERING
    restricted = Desk(with_contacts(alice={"restricted": True}))
    with pytest.raises(Refused, match="may not use an outside line"):
        restricted.do("alice", DialNumber("77", "alice-desk"))


def test_what_one_user_marks_is_nobody_elses() -> None:
    desk = Desk(with_contacts())
    desk.do("alice", MarkContact("taxi", favourite=True, primary="+15855550008"))
    desk.do("alice", MarkContact("taxi"))
    (told,) = (one for one in desk.told if isinstance(one, ContactsTold))
    assert (told.user, told.at, [one.id for one in told.changed]) == ("alice", NOON, ["taxi"])
    assert (seen(desk, "alice")["taxi"].favourite, seen(desk, "alice")["taxi"].primary) == (True, "+15855550008")
    assert (seen(desk, "bob")["taxi"].favourite, seen(desk, "bob")["taxi"].primary) == (False, "")


def test_the_administrator_adds_changes_and_removes() -> None:
    desk = Desk(with_contacts())
    desk.do("alice", MarkContact("bank", favourite=True, primary="+15855550007"))
    desk.exchange.put_contact(desk.now, replace(BANK, name="New bank", numbers=(ContactNumber("200"),)))
    changed = seen(desk, "alice")["bank"]
    assert (changed.name, changed.favourite, changed.primary) == ("New bank", True, "")
    desk.exchange.remove_contact(desk.now, "bank")
    assert "bank" not in seen(desk, "alice")
    desk.exchange.put_contact(desk.now, BANK)
    assert not seen(desk, "alice")["bank"].favourite
    for refused in (replace(BANK, id="bob"), TAXI):
        with pytest.raises(Refused):
            desk.exchange.put_contact(desk.now, refused)
    for name in ("bob", "bank-2"):
        with pytest.raises(Refused, match="keeps no contact"):
            desk.exchange.remove_contact(desk.now, name)


async def test_changes_are_told_to_all_at_once() -> None:
    async with (
        SimServer(with_contacts()) as server,
        Listener.opened(adapter(server, "alice", handsets=["alice-desk"])) as alice,
        Listener.opened(adapter(server, "bob")) as bob,
    ):
        await alice.session.do(MarkContact("bank", favourite=True))
        assert (await alice.hear_contact("bank")).favourite
        server.exchange.put_contact(server.now(), replace(BANK, company="Bank & Co."))
        told = await bob.hear_contact("bank")
        assert (told.company, told.favourite) == ("Bank & Co.", False)
        assert (await alice.hear_contact("bank")).favourite
        assert len([one for one in bob.heard if isinstance(one, PhoneContactsSignal)]) == 1


def test_a_scenario_has_contacts() -> None:
    scenario = read(
        b"""
users:
  alice: {extension: 101, password: secret, numbers: {mobile: +49 171 1234567}}
contacts:
  taxi: {name: Taxi, numbers: {work: 0301234}, speed_dial: 77, company: Taxi Smith}
  bank: {name: Bank, first: B, last: Ank, numbers: {work: "+49 30 1"}, email: b@bank.example, source: ERP, device: x}
""",
        "it.yaml",
    )
    assert scenario.office.users["alice"].numbers == (ContactNumber("+49 171 1234567", "mobile"),)
    taxi, bank = scenario.office.contacts
    assert (taxi.id, taxi.speed_dial, taxi.numbers) == ("taxi", "77", (ContactNumber("0301234", "work"),))
    assert (bank.last, bank.email, bank.source, bank.device) == ("Ank", "b@bank.example", "ERP", "x")


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        ("{taxi: {name: Taxi, numbers: {work: 030}, speed_dial: 101}}", "alice has 101 already"),
        ("{taxi: {name: Taxi, numbers: {work: call me}}}", "cannot be dialled"),
        ("{taxi: {name: Taxi, numbers: {}}}", "at least 1"),
        ("{alice: {name: Taxi, numbers: {work: 030}}}", "is a user already"),
    ],
)
def test_what_is_wrong_with_contacts_is_told(written: str, cause: str) -> None:
    text = f"users:\n  alice: {{extension: 101, password: secret}}\ncontacts: {written}\n"
    with pytest.raises(UserError, match=cause):
        read(text.encode(), "it.yaml")
