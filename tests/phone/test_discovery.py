from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rrset
import httpx
import pytest
from zeroconf import DNSAddress, DNSOutgoing, DNSPointer, DNSService, DNSText
from zeroconf.asyncio import AsyncZeroconf

from hub.errors import UserError
from hub.phone.discovery import SIM_SERVICE, FoundServer, announced, in_dns
from hub.sim.announce import announcing
from hub.sim.exchange.office import Office
from hub.sim.server import SimServer
from hub.web import tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from contextlib import AbstractAsyncContextManager

    from hub.testing.harness import Desk

PHONEHUB = Path(sys.executable).parent / "phonehub"
LOOPBACK = "127.0.0.1"
RESPONSE = 0x8400


async def command(*arguments: str, code: int = 0) -> str:
    ran = await asyncio.create_subprocess_exec(PHONEHUB, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = await ran.communicate()
    assert ran.returncode == code, err.decode()
    return err.decode() if code else out.decode()


@pytest.mark.feature("ACC-02")
async def test_a_phone_system_that_announces_itself_is_found() -> None:
    sim = await asyncio.create_subprocess_exec(
        PHONEHUB, "sim", "--announce", "--port", "0", "--speed", "0.01", stdout=subprocess.PIPE
    )
    assert sim.stdout
    try:
        name = address = ""
        async for line in sim.stdout:
            if said := re.search(r"announced on the local network as (.+)", line.decode()):
                name = said[1]
            if said := re.search(r"listening at (ws://\S+)", line.decode()):
                address = said[1]
                break
        told = json.loads(await command("discover", "--interface", LOOPBACK, "--within", "1", "--json"))
        assert {"adapter": "sim", "name": name, "address": address} in told
        shown = await command("discover", "--interface", LOOPBACK, "--within", "1")
        assert re.search(rf"sim +{re.escape(name)} +{re.escape(address)}", shown)
    finally:
        sim.send_signal(signal.SIGINT)
        await sim.communicate()


@pytest.mark.feature("ACC-02")
async def test_two_of_one_name_are_told_apart_and_are_gone_when_they_stop() -> None:
    office = Office(name="Büro\x1b[31m." * 9, users={})
    async with (
        SimServer(office) as one,
        SimServer(office) as two,
        announcing(one) as first,
        announcing(two) as second,
    ):
        found = {server.address: server.name for server in await announced(within=0.8, interfaces=[LOOPBACK])}
        assert (found[one.url], found[two.url]) == (first, second)
        assert first != second
        assert first.startswith("Büro")
        assert "\x1b" not in first
    gone = {server.address for server in await announced(within=0.8, interfaces=[LOOPBACK])}
    assert not gone & {one.url, two.url}


def announcement(name: str, host: str, port: int, addresses: Iterable[str]) -> DNSOutgoing:
    """What anybody can send, whether it makes sense or not."""
    out = DNSOutgoing(RESPONSE)
    out.add_answer_at_time(DNSPointer(SIM_SERVICE, 12, 1, 120, name), 0)
    out.add_answer_at_time(DNSService(name, 33, 1, 120, 0, 0, port, host), 0)
    out.add_answer_at_time(DNSText(name, 16, 1, 120, b"\xff\xff"), 0)
    for address in addresses:
        out.add_answer_at_time(DNSAddress(host, 1, 1, 120, socket.inet_aton(address)), 0)
    return out


@pytest.mark.feature("ACC-02")
async def test_what_makes_no_sense_is_left_out_and_names_stay_names() -> None:
    shouting = asyncio.Event()
    network = AsyncZeroconf(interfaces=[LOOPBACK])

    async def shout() -> None:
        await network.zeroconf.async_wait_for_start()
        while True:
            for message in (
                announcement(f"\u202e<b>evil.x.{SIM_SERVICE}", "evil.local.", 8899, ["192.0.2.7"]),
                announcement(f"\x1b[2J.{SIM_SERVICE}", "worse.local.", 8899, ["192.0.2.9"]),
                announcement(f"no port.{SIM_SERVICE}", "noport.local.", 0, ["192.0.2.8"]),
                announcement(f"no address.{SIM_SERVICE}", "noaddress.local.", 8899, []),
            ):
                network.zeroconf.send(message)
            shouting.set()
            await asyncio.sleep(0.1)

    task = asyncio.create_task(shout())
    await shouting.wait()
    try:
        found = await announced(within=0.8, interfaces=[LOOPBACK])
        ours = [server for server in found if server.address.startswith("ws://192.0.2.")]
        assert ours == [FoundServer("sim", "\u202e<b>evil.x", "ws://192.0.2.7:8899")]
        shown = await command("discover", "--interface", LOOPBACK, "--within", "1")
        assert r"\u202e<b>evil.x" in shown
        assert await announced(within=0.8, interfaces=[LOOPBACK], most=0) == ()
    finally:
        task.cancel()
        await network.async_close()


async def test_an_interface_that_is_none_is_told() -> None:
    assert "'eth0' is no address" in await command("discover", "--interface", "eth0", code=1)
    assert "name another interface" in await command("discover", "--interface", "203.0.113.99", code=1)


ZONE = """\
_sip._udp.example.com. 60 IN SRV 20 0 5060 second.example.com.
_sip._udp.example.com. 60 IN SRV 10 1 5060 light.example.com.
_sip._udp.example.com. 60 IN SRV 10 9 5070 heavy.example.com.
_sips._tcp.example.com. 60 IN SRV 0 0 5061 secure.example.com.
_sip._tcp.closed.example. 60 IN SRV 0 0 5060 .
_sip._udp.evil.example. 60 IN SRV 0 0 5060 \\027[2J.evil.example.
_sip._udp.evil.example. 60 IN SRV 0 0 5060 a\\059b@c.example.
_sip._udp.evil.example. 60 IN SRV 0 0 0 zero.example.
"""


class NameServer(asyncio.DatagramProtocol):
    """Answers what stands in the zone."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        if question.name.to_text().endswith("silent.example."):
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA | dns.flags.RA
        records = [
            line.split(" IN SRV ")[1]
            for line in ZONE.splitlines()
            if line.startswith(f"{question.name.to_text().lower()} ")
        ]
        if records:
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", "SRV", records))
        elif question.name.to_text().endswith("broken.example."):
            answer.set_rcode(dns.rcode.SERVFAIL)
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), addr)  # type: ignore[attr-defined]  it is a datagram's


@asynccontextmanager
async def name_server() -> AsyncIterator[int]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(NameServer, local_addr=(LOOPBACK, 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@pytest.mark.feature("ACC-02")
async def test_the_sip_servers_of_a_domain_come_in_their_order() -> None:
    async with name_server() as port:
        said = await command("discover", "--domain", "Example.com", "--nameserver", f"{LOOPBACK}:{port}", "--json")
        assert [server["address"] for server in json.loads(said)] == [
            "sips:secure.example.com:5061;transport=tcp",
            "sip:heavy.example.com:5070;transport=udp",
            "sip:light.example.com:5060;transport=udp",
            "sip:second.example.com:5060;transport=udp",
        ]
        for empty in ("closed.example", "evil.example", "nowhere.example", "bücher.example"):
            said = await command("discover", "--domain", empty, "--nameserver", f"{LOOPBACK}:{port}")
            assert said == "no phone server was found\n"


@pytest.mark.feature("ACC-02")
async def test_a_name_server_that_does_not_help_is_told() -> None:
    async with name_server() as port:
        for domain, cause in (
            ("silent.example", r"no name server answered within 0\.2 s"),
            ("broken.example", "the name server does not help"),
            ("a..b", "is no domain"),
            ("x" * 64 + ".example", "is no domain"),
            ("", "is no domain"),
        ):
            with pytest.raises(UserError, match=cause):
                await in_dns(domain, nameserver=(LOOPBACK, port), within=0.2)


@pytest.mark.feature("ACC-02")
async def test_the_api_finds_them_too(phonehub: Callable[..., AbstractAsyncContextManager[Desk]]) -> None:
    async with phonehub() as desk, announcing(desk.office.server) as name:
        token = tokens.read(desk.hub.config.hub.state, "alice")
        async with httpx.AsyncClient(
            base_url=desk.hub.server.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        ) as api:
            found = await api.get("/api/servers", params={"interface": LOOPBACK, "within": 0.8})
            assert {"adapter": "sim", "name": name, "address": desk.office.server.url} in found.json()
            for wrong, cause in (({"interface": "eth0"}, "'eth0' is no address"), ({"domain": "a..b"}, "is no domain")):
                refused = await api.get("/api/servers", params=wrong)
                assert refused.status_code == 422
                assert cause in refused.json()["message"]


@pytest.mark.parametrize("address", ["name.example", "127.0.0.1:x", "127.0.0.1:99999", ""])
async def test_a_name_server_is_an_address(address: str) -> None:
    told = await command("discover", "--domain", "example.com", "--nameserver", address, code=2)
    assert "write an address" in told
