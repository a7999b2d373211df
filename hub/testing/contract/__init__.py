"""The contract of phone adapters as tests: subclass `AdapterContract`, say how to make calls happen, run pytest.

    class TestMyAdapter(AdapterContract):
        @pytest_asyncio.fixture
        async def phone_system(self):
            async with MyPhoneSystem() as system:  # a `PhoneSystem`
                yield system

Capabilities that the adapter does not declare are skipped, and so is what the phone system under test cannot be made to
do (its methods return None, its texts are empty).
"""

from __future__ import annotations

from hub.testing.contract.account import AccountContract
from hub.testing.contract.audio import AudioContract
from hub.testing.contract.calls import CallContract
from hub.testing.contract.lines import LineContract
from hub.testing.contract.parties import PartyContract
from hub.testing.contract.phone_contacts import PhoneContactContract
from hub.testing.contract.phone_system import PhoneSystem
from hub.testing.contract.queues import QueueContract
from hub.testing.contract.sessions import SessionContract

__all__ = ["AdapterContract", "PhoneSystem"]


class AdapterContract(
    SessionContract,
    CallContract,
    PartyContract,
    LineContract,
    AudioContract,
    QueueContract,
    AccountContract,
    PhoneContactContract,
):
    """What every adapter must do."""
