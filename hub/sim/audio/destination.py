"""Where audio may be sent: to whoever asks for it and nobody else, or a client could flood others with it. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from hub.phone.commands import AttachMedia
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from hub.phone.commands import Command


def check_destination(command: Command, client: str) -> None:
    """Raise `Refused` if audio is to be sent to another address than the client's; loopback is all one."""
    if not isinstance(command, AttachMedia):
        return
    for host, _ in (command.near, command.far):
        if not _same(host, client):
            raise Refused(Code.BAD_REQUEST, f"audio is sent to {client}, which asks for it, and not to {host!r}")


def _same(host: str, client: str) -> bool:
    try:
        wanted, own = ip_address(host), ip_address(client)
    except ValueError:
        return False
    return wanted == own or (wanted.is_loopback and own.is_loopback)
