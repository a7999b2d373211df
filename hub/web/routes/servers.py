"""Phone servers that can be found from where the hub runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from hub.phone import discovery
from hub.web.asking import User  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import ServerAnswer

router = APIRouter(tags=["account"])
Interfaces = Annotated[list[str], Query(description="the hub's own addresses to listen at; none: all", max_length=20)]


@router.get("/servers")
async def servers(
    _user: User,
    within: Annotated[float, Query(ge=0.1, le=10, description="seconds to listen, or to wait for DNS")] = 3.0,
    interface: Interfaces = [],  # noqa: B006  FastAPI copies it
    domain: Annotated[str, Query(max_length=255, description="look for the SIP servers of a domain instead")] = "",
) -> list[ServerAnswer]:
    """List phone servers that announce themselves on the local network, or those of a domain."""
    if domain:
        found = await discovery.in_dns(domain, within=within)
    else:
        found = list(await discovery.announced(within=within, interfaces=interface))
    return [ServerAnswer.model_validate(one) for one in found]
