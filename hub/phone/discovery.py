"""Finds phone servers: those that announce themselves on the local network, and those a domain names in DNS.

What is found is hearsay: anybody on the network can announce anything. Names are shown harmless, addresses are taken
apart and put together again, and nothing is signed in to without a person.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from hub.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dns.asyncresolver import Resolver
    from dns.rdtypes.IN.SRV import SRV
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

SIM_SERVICE = "_phonehub-sim._tcp.local."
"""How the simulated phone system announces itself (DNS-SD, RFC 6763)."""
_ANNOUNCED = {
    SIM_SERVICE: ("sim", "ws://{host}:{port}"),
    "_sips._tcp.local.": ("sip", "sips:{host}:{port};transport=tcp"),
    "_sip._tcp.local.": ("sip", "sip:{host}:{port};transport=tcp"),
    "_sip._udp.local.": ("sip", "sip:{host}:{port};transport=udp"),
}
_IN_DNS = {
    "_sips._tcp": "sips:{host}:{port};transport=tcp",
    "_sip._tcp": "sip:{host}:{port};transport=tcp",
    "_sip._udp": "sip:{host}:{port};transport=udp",
}
"""The SRV records of SIP (RFC 3263), the safest transport first."""
MOST = 100
"""Servers that are told at most."""
LONGEST_NAME = 200
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_MISSING = "pip install 'phonehub[discovery]'"


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A phone server: the `adapter` that speaks with it, what it calls itself (which may be anything), its address."""

    adapter: str
    name: str
    address: str


async def announced(
    *, within: float = 3.0, interfaces: Iterable[str] = (), most: int = MOST
) -> tuple[FoundServer, ...]:
    """Return who announces a phone server by mDNS, after listening for so many seconds.

    `interfaces` are the computer's own addresses to listen at; none: all. Raises `UserError`.
    """
    try:
        from zeroconf.asyncio import AsyncServiceBrowser
    except ImportError:
        raise UserError.of("finding servers needs the package zeroconf", _MISSING) from None
    names: dict[str, str] = {}

    def hear(*, service_type: str, name: str, **_: object) -> None:
        if len(names) < most:
            names[name] = service_type

    network = open_network(interfaces)
    try:
        async with asyncio.timeout(within + 5.0):
            browser = AsyncServiceBrowser(network.zeroconf, list(_ANNOUNCED), handlers=[hear])
            await asyncio.sleep(within)
            await browser.async_cancel()
            found = await asyncio.gather(*(_look_up(network, kind, name, within) for name, kind in names.items()))
    except TimeoutError:
        raise UserError.of("the local network does not let us listen in time", "try another interface") from None
    finally:
        await network.async_close()
    return tuple(sorted({one for one in found if one}, key=lambda one: (one.adapter, one.name, one.address)))


async def in_dns(domain: str, *, nameserver: tuple[str, int] | None = None, within: float = 5.0) -> list[FoundServer]:
    """Return the SIP servers of a domain by its SRV records (RFC 2782), those to be tried first first.

    `nameserver` is whom to ask: address and port; None: as the computer is set up. Raises `UserError`.
    """
    try:
        import dns.asyncresolver
        import dns.exception
        import dns.name
    except ImportError:
        raise UserError.of("looking into DNS needs the package dnspython", _MISSING) from None
    try:
        name = dns.name.from_unicode(domain.strip())
    except (dns.exception.DNSException, UnicodeError):
        name = dns.name.root
    if name == dns.name.root:
        raise UserError.of(f"{domain[:80]!r} is no domain", "write it as in example.com") from None
    try:
        resolver = dns.asyncresolver.Resolver(configure=nameserver is None)
    except dns.exception.DNSException as error:
        raise UserError.of(f"this computer knows no name server: {error}", "check how its network is set up") from None
    if nameserver is not None:
        resolver.nameservers, resolver.port = [nameserver[0]], nameserver[1]
    resolver.lifetime = within
    answers = await asyncio.gather(*(_records(resolver, service, name.to_text()) for service in _IN_DNS))
    found = [
        server
        for service, records in zip(_IN_DNS, answers, strict=True)
        for record in sorted(records, key=lambda record: (record.priority, -record.weight))
        for server in _of_record(service, record, domain)
    ]
    return found[:MOST]


def open_network(interfaces: Iterable[str]) -> AsyncZeroconf:
    """Return a way to speak mDNS at these addresses of the computer, to be closed; raises `UserError`."""
    from zeroconf import InterfaceChoice
    from zeroconf.asyncio import AsyncZeroconf

    wanted = list(interfaces)
    for each in wanted:
        if not _is_address(each):
            raise UserError.of(f"{each[:80]!r} is no address", "name one of this computer's own, as 192.0.2.7")
    try:
        return AsyncZeroconf(interfaces=wanted or InterfaceChoice.All)
    except (OSError, RuntimeError) as error:
        raise UserError.of(f"the local network cannot be listened to: {error}", "name another interface") from None


async def _look_up(network: AsyncZeroconf, kind: str, name: str, within: float) -> FoundServer | None:
    from zeroconf import BadTypeInNameException
    from zeroconf.asyncio import AsyncServiceInfo

    try:
        info = AsyncServiceInfo(kind, name)
        if not await info.async_request(network.zeroconf, within * 1000):
            return None
    except (BadTypeInNameException, ValueError, OSError):
        return None
    return _of_announcement(info)


def _of_announcement(info: AsyncServiceInfo) -> FoundServer | None:
    """An announced host is known by its addresses alone: its name would be asked of anybody."""
    adapter, form = _ANNOUNCED[info.type]
    hosts = [host for host in info.parsed_addresses() if _is_address(host)]
    if not hosts or not info.port:
        return None
    host = min(hosts, key=lambda host: (":" in host, host))
    name = info.name.removesuffix(f".{info.type}")[:LONGEST_NAME]
    return FoundServer(adapter, name, form.format(host=f"[{host}]" if ":" in host else host, port=info.port))


async def _records(resolver: Resolver, service: str, domain: str) -> list[SRV]:
    import dns.exception
    import dns.resolver

    try:
        answer = await resolver.resolve(f"{service}.{domain}", "SRV", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.Timeout:
        raise UserError.of(
            f"no name server answered within {resolver.lifetime:g} s", "check the network, or name another one"
        ) from None
    except (dns.exception.DNSException, OSError) as error:
        raise UserError.of(f"the name server does not help: {str(error)[:200]}", "name another one") from None
    return list(answer)


def _of_record(service: str, record: SRV, domain: str) -> Iterator[FoundServer]:
    """A target of `.` means that there is no such service."""
    host = record.target.to_text(omit_final_dot=True).lower()
    if _HOST.fullmatch(host) and record.port:
        yield FoundServer("sip", domain[:LONGEST_NAME], _IN_DNS[service].format(host=host, port=record.port))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
