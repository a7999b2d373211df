from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.call import Contact
from hub.core.directory import Listing
from hub.hookspecs import hookimpl

if TYPE_CHECKING:
    from hub.plugin_host.context import Context

CUSTOMERS = {
    "+15855551234": Contact(
        id="1", name="Jane Customer", company="Customer & Daughters", source="demo", groups=("vip",), favourite=True
    ),
    "+15855559876": Contact(id="2", name="Carl Freight", company="ACME Freight", source="demo", groups=("suppliers",)),
    "+442079460123": Contact(id="3", name="Zoë Ångström-Müller", company="Thames Export", source="demo"),
    "+15855557777": Contact(id="4", name="Speedy Courier", company="Speedy", source="demo", groups=("suppliers",)),
}
"""The customers of the demo's office, by their number in E.164."""


class Customers:
    """Knows the customers, as a plugin with a contact source would."""

    @hookimpl
    def start(self, context: Context) -> None:
        """List the customers, so that a ring carries their names."""
        context.directory.load(Listing(contact, (number,)) for number, contact in CUSTOMERS.items())
