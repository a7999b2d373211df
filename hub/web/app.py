"""The FastAPI app of a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI

from hub.web import refusals
from hub.web.asking import user_asking
from hub.web.routes import (
    account,
    agents,
    calls,
    colleagues,
    events,
    hub,
    journals,
    lines,
    parties,
    past,
    presence,
    recordings,
    servers,
)
from hub.web.stream import Stream
from hub.web.uploads import uploads_of

if TYPE_CHECKING:
    from hub.web.host import Host
    from hub.web.tokens import Tokens

PREFIX = "/api"


def create_app(host: Host, tokens: Tokens, *, version: str = "") -> FastAPI:
    """Make the app; whoever runs it puts a `Guard` around it, and opens and closes `app.state.stream`."""
    app = FastAPI(
        title="phonehub",
        version=version,
        description="The hub's local API. Everything but the health check needs a user's token.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # FastAPI's own is open to all, and names the routes of plugins
    )
    app.state.host = host
    app.state.tokens = tokens
    app.state.stream = Stream(host)
    app.state.uploads = []
    refusals.install(app)
    # the recording of a call comes before what is done with calls: `.../recording/resume` ends like `.../resume`
    for router in (
        hub.router,
        account.router,
        servers.router,
        recordings.router,
        calls.router,
        lines.router,
        parties.router,
        agents.router,
        colleagues.router,
        presence.router,
        past.router,
        journals.router,
        events.router,
    ):
        app.include_router(router, prefix=PREFIX)
    for name, router in host.routers():
        prefix = f"{PREFIX}/plugins/{name}"
        app.include_router(router, prefix=prefix, dependencies=[Depends(user_asking)], tags=[name])
        app.state.uploads += uploads_of(router, prefix)

    @app.get(f"{PREFIX}/openapi.json", include_in_schema=False, dependencies=[Depends(user_asking)])
    def description() -> dict[str, Any]:
        return app.openapi()

    return app
