"""What the hub is made of here: plugins and rules, the browser that pages open in, the clock."""

from __future__ import annotations

import shutil
import webbrowser
from typing import TYPE_CHECKING, Any

from hub.doctor.finding import Finding, Verdict, good

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hub.config import Config

_VERDICTS = {"failed": Verdict.BAD, "suspended": Verdict.BAD}


def plugins(told: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Say how plugins fare, of what each tells of itself."""
    everything = list(told)
    for plugin in everything:
        verdict = _VERDICTS.get(plugin["state"])
        if verdict:
            remedy = f'"phonehub plugins info {plugin["name"]}" tells more; mend it, or put it in disabled_plugins'
            yield Finding("plugins", verdict, f"{plugin['name']} {plugin['state']}: {plugin['reason']}", remedy)
    loaded = [plugin["name"] for plugin in everything if plugin["state"] == "loaded"]
    yield good("plugins", f"loaded: {', '.join(loaded) or 'none'}")


def rules(config: Config, count: int, problems: Iterable[Mapping[str, str]]) -> Iterator[Finding]:
    """Say how many rules are in force, and what is wrong with the files of others."""
    bad = [Finding("rules", Verdict.BAD, f"{each['place']}: {each['cause']}", each["remedy"]) for each in problems]
    yield from bad
    folders = ", ".join(str(path) for path in (*config.hub.admin_rules, *config.hub.rules))
    if count:
        yield good("rules", f"{count} in force from {folders}")
    elif not bad:
        yield Finding("rules", Verdict.NOTE, "there is none yet", f"put rule files into {folders}")


def browser(config: Config) -> Iterator[Finding]:
    """Look for the browser that pages open in."""
    about, remedy = "browser", 'install one, or name it: [plugins.screenpop] browser = ["firefox"]'
    chosen = config.plugin("screenpop").get("browser")
    program = chosen[0] if isinstance(chosen, list) and chosen else chosen
    if isinstance(program, str) and program:
        path = shutil.which(program)
        yield good(about, path) if path else Finding(about, Verdict.BAD, f"there is no {program}", remedy)
    elif config.hub.server:
        yield good(about, "none is needed: pages open in the users' consoles")
    else:
        try:
            found = webbrowser.get()
        except webbrowser.Error:
            yield Finding(about, Verdict.NOTE, "none was found: no page can be opened", remedy)
        else:
            yield good(about, str(getattr(found, "name", "") or type(found).__name__))


def clock() -> Finding:
    """Say what this computer takes the time to be."""
    from datetime import datetime

    import tzlocal

    zone = tzlocal.get_localzone()
    return good("clock", f"{datetime.now(zone):%Y-%m-%d %H:%M:%S} ({zone})")
