from __future__ import annotations

import subprocess
import threading
import webbrowser
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub import Action, Done, OpenPage, UrlTemplate
from hub_screenpop.settings import Settings, Where
from hub_screenpop.threads import on_thread

if TYPE_CHECKING:
    from hub import Facts, Job

_URL = "%URL%"
_FAILS_WITHIN = 0.3


class OpenUrl(BaseModel):
    """What `open_url:` takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: UrlTemplate = Field(description="the page; macros stand behind the host, each value is encoded")
    where: Where | None = Field(default=None, description="`browser`, `console` or `auto`; the config's without")
    append: bool = Field(default=True, description="put the number at the end of a URL that has no macro")

    @model_validator(mode="after")
    def _with_number(self) -> OpenUrl:
        return self.model_copy(update={"url": self.url.with_number()}) if self.append else self


async def _open(value: OpenUrl, job: Job) -> Done:
    return await open_page(job.expand(value.url), value.where, job)


async def open_page(url: str, where: Where | None, job: Job) -> Done:
    """Open a page in the browser or the console, as the rule or the config says."""
    settings = job.context.config if isinstance(job.context.config, Settings) else Settings()
    where = where or settings.where
    if where is Where.CONSOLE or (where is Where.AUTO and job.server):
        call = job.facts.call
        job.context.emit(OpenPage, url=url, call=call.id if call else "", rule=job.rule)
    elif job.server and not job.locked:
        raise PermissionError("on a server only the administrator's rules may open its browser; use where: console")
    elif settings.browser:
        await on_thread(_start, _browser(settings.browser, url))
    elif not await on_thread(webbrowser.open, url):
        raise OSError("no browser was found: set `browser` in [plugins.screenpop]")
    return Done(url)


def _browser(command: tuple[str, ...], url: str) -> list[str]:
    """Return the argument vector: the URL is one argument of it, whatever it holds."""
    if any(_URL in part for part in command[1:]):
        return [command[0], *(part.replace(_URL, url) for part in command[1:])]
    return [*command, url]


def _start(argv: list[str]) -> None:
    """Start a browser and leave it running; raises OSError if it fails at once."""
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        status = process.wait(_FAILS_WITHIN)
    except subprocess.TimeoutExpired:
        threading.Thread(target=process.wait, name="browser", daemon=True).start()
        return
    if status:
        raise OSError(f"the browser {argv[0]} ended with status {status}")


def _told(value: OpenUrl, facts: Facts) -> str:
    return value.url.expand(facts)


OPEN_URL = Action(
    name="open_url",
    value=OpenUrl,
    run=_open,
    doc="open a page in the browser, or in the user's console; without a macro, the number is put at its end",
    short="url",
    tell=_told,
)
