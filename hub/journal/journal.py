"""One journal of one user, checked and compiled: what is sent for a call."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from hub.config.in_clear import names_a_secret
from hub.core.dial_plan import DialPlan
from hub.errors import Problem, UserError
from hub.events import End, plain
from hub.journal.macros import MACROS, SAMPLE, Past
from hub.printable import printable
from hub.rules.builtin.macros import MACROS as OF_RULES
from hub.rules.jinja import TemplateFault
from hub.rules.template import SecretTemplate, Surroundings, TextTemplate, as_text
from hub.rules.url_template import UrlTemplate
from hub.secrets import references

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from hub.config import Config
    from hub.config.sections import JournalSection
    from hub.core.call import Call
    from hub.store.past import HistoryEntry

_FIGURE = "%SECONDS%"
"""Alone, it is a number in JSON; everything else is text."""
_HEADERS = (("Content-Type", "application/json"), ("User-Agent", "phonehub"), ("Accept-Encoding", "identity"))
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


class HeaderTemplate(SecretTemplate):
    """A template of a header, of which no value ends the line."""

    __slots__ = ()

    @staticmethod
    def encode(value: Any) -> str:
        """Return a value as it may stand in a header."""
        return printable(as_text(value), longest=1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """Where a user's calls are posted, and how; made by `compiled`."""

    name: str
    section: JournalSection
    url: UrlTemplate
    headers: tuple[tuple[str, HeaderTemplate], ...]
    body: Any
    zone: tzinfo
    plan: DialPlan

    def takes(self, call: Call) -> bool:
        """Tell whether a call that is over is posted."""
        return self.section.internal or not call.internal

    def facts(self, call: Call, entry: HistoryEntry, key: str) -> Past:
        """Return what templates are filled in with."""
        end = End(seq=0, at=call.ended or call.started, user=call.user, call=call)
        return Past(end, call, zone=self.zone, plan=self.plan, key=key, entry=entry)

    def text(self, facts: Past) -> str:
        """Return the JSON that is sent for a call; raises `ActionRefused`, or anything that a template may."""
        if self.body:
            return json.dumps(_filled(self.body, facts))
        return json.dumps({"key": facts.key, **plain(facts.entry)})

    def headers_for(self, facts: Past, secret: Callable[[str], str]) -> list[tuple[bytes, bytes]]:
        """Return the headers, with secrets, which `secret` looks up; that may block, or raise `UserError`."""
        chosen = {name.lower(): value for name, value in _HEADERS}
        chosen |= {name.lower(): template.revealed(facts, secret).strip() for name, template in self.headers}
        chosen[self.section.key_header.lower()] = facts.key
        return [(name.encode(), value.encode()) for name, value in chosen.items()]


def compiled(config: Config, user: str, zone: tzinfo, plan: DialPlan) -> list[Journal]:
    """Return a user's journals; raises `UserError` with all that is wrong with them."""
    made: list[Journal] = []
    problems: list[Problem] = []
    for name, section in config.journals(user).items():
        if not section.enabled:
            continue
        wrong = _Compiler(config, user, name)
        journal = wrong.compiled(section, zone, plan)
        if journal is not None:
            made.append(journal)
        problems += wrong.problems
    if problems:
        raise UserError(*problems)
    return made


def journal_problems(config: Config, user: str) -> tuple[Problem, ...]:
    """Return what is wrong with a user's journals."""
    try:
        compiled(config, user, UTC, DialPlan())
    except UserError as error:
        return error.problems
    return ()


class _Compiler:
    """Compiles one journal, and gathers what is wrong, each at its place in the file."""

    def __init__(self, config: Config, user: str, name: str) -> None:
        self.problems: list[Problem] = []
        self._config = config
        self._user = user
        self._name = name
        self._surroundings = Surroundings(
            macros={macro.name: macro for macro in (*OF_RULES, *MACROS)}, variables=config.hub.vars, sample=SAMPLE
        )

    def compiled(self, section: JournalSection, zone: tzinfo, plan: DialPlan) -> Journal | None:
        url = self._url(section.url)
        headers = tuple(
            (name, made) for name, text in section.headers.items() if (made := self._header(name, text)) is not None
        )
        if not _is_token(section.key_header):
            self._say("key_header", cause="this is no name of a header")
        body = self._body(section.body, ("body",))
        if url is None or self.problems:
            return None
        return Journal(name=self._name, section=section, url=url, headers=headers, body=body, zone=zone, plan=plan)

    def _url(self, text: str) -> UrlTemplate | None:
        if not text:
            self._say("url", cause='"url" is missing', remedy="say where calls are posted, or enabled = false")
            return None
        try:
            return UrlTemplate(text, self._surroundings)
        except TemplateFault as fault:
            self._say("url", cause=str(fault), remedy=fault.remedy)
            return None

    def _header(self, name: str, text: str) -> HeaderTemplate | None:
        if not _is_token(name):
            self._say("headers", name, cause="this is no name of a header")
            return None
        if (name.lower() in _SECRET_HEADERS or names_a_secret(name)) and text and not references(text):
            self._say(
                "headers", name, cause="a secret must not stand here in clear",
                remedy=f'"phonehub config secret phonehub/{self._name}" keeps it in the keyring; '
                f"then write ${{keyring:phonehub/{self._name}}} here",
            )  # fmt: skip
            return None
        try:
            return HeaderTemplate(text, self._surroundings)
        except TemplateFault as fault:
            self._say("headers", name, cause=str(fault), remedy=fault.remedy)
            return None

    def _body(self, value: Any, at: tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return {key: self._body(inner, (*at, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._body(inner, (*at, str(number))) for number, inner in enumerate(value)]
        if isinstance(value, str):
            return self._text(value, at)
        if isinstance(value, (int, float)) and math.isfinite(value):
            return value
        what = str(value) if isinstance(value, float) else "times"
        self._say(*at, cause=f"JSON has no {what}", remedy="write it as text")
        return None

    def _text(self, text: str, at: tuple[str, ...]) -> TextTemplate | None:
        if references(text):
            remedy = "put it into `headers`, which are not kept"
            self._say(*at, cause="a secret must not stand in what is sent: it is kept with the call", remedy=remedy)
            return None
        try:
            return TextTemplate(text, self._surroundings)
        except TemplateFault as fault:
            self._say(*at, cause=str(fault), remedy=fault.remedy)
            return None

    def _say(self, *at: str, cause: str, remedy: str = "") -> None:
        own = ("users", self._user, "journals", self._name)
        table = own if self._config.file.has(*own, *at) else ("journals", self._name)
        if not self._config.file.has(*table):
            table = own
        self.problems.append(Problem(self._config.place(*table, *at), cause, remedy))


def _filled(value: Any, facts: Past) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, facts) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, facts) for inner in value]
    if not isinstance(value, TextTemplate):
        return value
    text = value.expand(facts)
    return int(text) if value.source == _FIGURE else text


def _is_token(name: str) -> bool:
    """Tell whether a text can be the name of a header (RFC 9110, 5.6.2)."""
    return name.isascii() and name != "" and all(each.isalnum() or each in "!#$%&'*+-.^_`|~" for each in name)
