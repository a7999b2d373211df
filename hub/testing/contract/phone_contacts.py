"""The contacts that the phone system manages."""

from __future__ import annotations

from hub.phone.commands import MarkContact
from hub.testing.contract.base import Contract, listening, refused
from hub.testing.contract.phone_system import PhoneSystem, given
from hub.testing.listener import Listener


class PhoneContactContract(Contract):
    """What every adapter must do with contacts that the phone system manages."""

    async def test_a_contact_is_marked(self, phone_system: PhoneSystem) -> None:
        """What is marked is told, once, and stands in the next snapshot; nothing else of a contact can be changed."""
        async with listening(phone_system, "contacts", "mark_contact") as listener:
            assert listener.snapshot.contacts is not None
            known = next((one for one in listener.snapshot.contacts if len(one.numbers) > 1), None)
            before = given(known, "contact with two numbers")
            primary = before.numbers[1].text
            await refused(listener, MarkContact("there-is-no-such-contact", favourite=True), "unknown_contact")
            await refused(listener, MarkContact(before.id, primary=f"{primary}0"), "invalid_number")
            for _ in range(2):
                await listener.session.do(MarkContact(before.id, favourite=True))
            marked = await listener.hear_contact(before.id)
            assert (marked.favourite, marked.primary, marked.numbers) == (True, before.primary, before.numbers)
            await listener.session.do(MarkContact(before.id, primary=primary))
            marked = await listener.hear_contact(before.id)
            assert (marked.favourite, marked.primary) == (True, primary)
            async with Listener.opened(phone_system.adapter()) as other:
                assert marked in (other.snapshot.contacts or ())
            await listener.session.do(MarkContact(before.id, favourite=False, primary=""))
            assert await listener.hear_contact(before.id) == before
