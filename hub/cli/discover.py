from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli import COMMANDS
from hub.cli.output import as_json, print_table, show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.phone.discovery import FoundServer


def _nameserver(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, int] | None:
    """Take `192.0.2.7` or `192.0.2.7:5353` apart, and `[2001:db8::7]:5353`."""
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    if value is None:
        return None
    try:
        is_bare = value.count(":") > 1 and not value.startswith("[")
        parts = urlsplit(f"//[{value}]" if is_bare else f"//{value}")
        return str(ip_address(parts.hostname or "")), parts.port or 53
    except ValueError:
        raise click.BadParameter("write an address, or address and port: 192.0.2.7:53") from None


@click.command("discover", short_help=COMMANDS["discover"])
@click.option(
    "--within",
    type=click.FloatRange(0.1, 60),
    default=3.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to listen or to wait.",
)
@click.option("--interface", "interfaces", multiple=True, metavar="ADDRESS", help="Listen at this address only.")
@click.option("--domain", metavar="DOMAIN", help="Look for the SIP servers of a domain in DNS instead.")
@click.option("--nameserver", metavar="ADDRESS", callback=_nameserver, help="Which name server to ask.")
@as_json
def command(
    within: float,
    interfaces: tuple[str, ...],
    domain: str | None,
    nameserver: tuple[str, int] | None,
    as_json: bool,  # noqa: FBT001  a flag of the command line
) -> None:
    """Find phone servers that announce themselves on the local network (mDNS), or those of a domain (DNS SRV).

    Anybody can announce anything: see that a server is yours before a password goes there.
    """
    import asyncio

    from hub.phone import discovery

    found: Iterable[FoundServer]
    if domain is not None:
        found = asyncio.run(discovery.in_dns(domain, nameserver=nameserver, within=within))
    else:
        found = asyncio.run(discovery.announced(within=within, interfaces=interfaces))
    servers = [{"adapter": one.adapter, "name": one.name, "address": one.address} for one in found]
    show(servers, as_json=as_json, people=_print)


def _print(servers: list[dict[str, str]]) -> None:
    rows = [(one["adapter"], one["name"], one["address"]) for one in servers]
    print_table(("adapter", "name", "server"), rows, empty="no phone server was found")
