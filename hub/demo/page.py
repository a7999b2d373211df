"""The page that the demo serves: the live view, and a customers' page for rules to open. Invented data only."""

from __future__ import annotations

import asyncio
import html
import json
from collections import deque
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, StreamingResponse

from hub import events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from hub.core.call import Contact
    from hub.core.colleagues import Colleague

_WAITING = 1000
_SHOWN = 100
"""Events that somebody who opens the page later still sees."""
_CARD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>:root {{ color-scheme: light dark; }} body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem; }}
dt {{ color: #6b7684; font-size: .8rem; }} dd {{ margin: 0 0 .6rem; overflow-wrap: anywhere; }}</style>
<h1>{title}</h1><p>{lead}</p><dl>{rows}</dl></html>"""


class Page:
    """An ASGI app with the live view at `/`, its events at `/events`, and customers at `/customers`."""

    def __init__(self, customers: dict[str, Contact]) -> None:
        self.app = FastAPI(openapi_url=None)
        self._latest: deque[str] = deque(maxlen=_SHOWN)
        self._phone: str | None = None
        self._colleagues: dict[str, Colleague] = {}
        self._customers = customers
        self._watchers: set[asyncio.Queue[str | None]] = set()
        self.app.get("/", response_class=HTMLResponse)(self._live)
        self.app.get("/events")(self._events)
        self.app.get("/customers", response_class=HTMLResponse)(self._customer)
        self.app.get("/customers/new", response_class=HTMLResponse)(self._new_customer)

    def tell(self, event: events.Event) -> None:
        """Show an event to whoever has the live view open; one that cannot keep up misses some."""
        text = json.dumps(events.to_json(event))
        if isinstance(event, events.PhoneChanged):
            self._phone = text
        elif isinstance(event, events.ColleaguesChanged):
            self._colleagues |= {one.user: one for one in event.changed}
        else:
            self._latest.append(text)
        for watcher in self._watchers:
            if not watcher.full():
                watcher.put_nowait(text)

    def close(self) -> None:
        """End the open views."""
        for watcher in self._watchers:
            while not watcher.empty():
                watcher.get_nowait()
            watcher.put_nowait(None)

    async def _live(self) -> str:
        return files("hub.demo").joinpath("page.html").read_text(encoding="utf-8")

    async def _events(self) -> StreamingResponse:
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _stream(self) -> AsyncIterator[str]:
        inbox: asyncio.Queue[str | None] = asyncio.Queue(_WAITING)
        known = {"type": "colleagues", "changed": list(self._colleagues.values()), "gone": []}
        for past in (*filter(None, (self._phone,)), json.dumps(events.plain(known)), *self._latest):
            inbox.put_nowait(past)
        self._watchers.add(inbox)
        try:
            yield ": welcome\n\n"
            while (text := await inbox.get()) is not None:
                yield f"data: {text}\n\n"
        finally:
            self._watchers.discard(inbox)

    async def _customer(self, phone: str = "", line: str = "") -> str:
        known = self._customers.get(phone)
        if known is None:
            return _card(
                "Nobody has this number yet", "The rule opened the search.", (("Number", phone), ("Line", line))
            )
        rows = (("Company", known.company), ("Number", phone), ("Line", line), ("Groups", ", ".join(known.groups)))
        return _card(known.name, "A customer of the demo.", rows)

    async def _new_customer(self, phone: str = "", name: str = "") -> str:
        return _card("New customer", "An unknown caller: the form is filled in.", (("Number", phone), ("Name", name)))


def _card(title: str, lead: str, rows: Sequence[tuple[str, str]]) -> str:
    told = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in rows if value)
    return _CARD.format(title=html.escape(title), lead=html.escape(lead), rows=told)
