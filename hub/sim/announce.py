"""Announces the simulated phone system on the local network (mDNS and DNS-SD, RFC 6762 and 6763)."""

from __future__ import annotations

from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING

from hub.errors import UserError
from hub.phone.discovery import SIM_SERVICE, open_network
from hub.printable import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hub.sim.server import SimServer

_LONGEST = 56
"""Bytes of a name: a label has 63 at most, and a second server of the name gets a number behind it."""


@asynccontextmanager
async def announcing(server: SimServer) -> AsyncIterator[str]:
    """Announce a server that listens, for as long as the block runs; give the name under which, which is free.

    It is announced where it listens: on loopback alone, if it listens there. Raises `UserError`.
    """
    try:
        import ifaddr
        from zeroconf import ServiceInfo
    except ImportError:
        raise UserError.of("announcing needs the package zeroconf", "pip install 'phonehub[discovery]'") from None
    host = "127.0.0.1" if server.host == "localhost" else server.host
    try:
        everywhere = ip_address(host).is_unspecified
    except ValueError:
        raise UserError.of(f"{host} cannot be announced", "listen at an address: --host 192.0.2.7") from None
    addresses = [str(own.ip) for adapter in ifaddr.get_adapters() for own in adapter.ips if own.is_IPv4]
    plain = printable(server.office.name).replace(".", " ").strip()  # a dot would begin a label
    label = plain.encode()[:_LONGEST].decode(errors="ignore").strip() or "phone system"
    info = ServiceInfo(
        SIM_SERVICE,
        f"{label}.{SIM_SERVICE}",
        port=server.port,
        server=f"phonehub-sim-{server.port}.local.",
        parsed_addresses=addresses if everywhere else [host],
    )
    network = open_network(() if everywhere else (host,))
    try:
        await (await network.async_register_service(info, allow_name_change=True))
        yield info.name.removesuffix(f".{SIM_SERVICE}")
    finally:
        await network.async_close()
