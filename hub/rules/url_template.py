"""URLs in rules. The caller chooses what macros become: it is encoded, and never says where a page is opened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from hub.checking import nearest
from hub.rules.jinja import BEGINNINGS, TemplateFault, macro_pattern
from hub.rules.parts import ActionRefused
from hub.rules.template import Surroundings, Template, as_text, compile_template, refuse_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.rules.parts import Facts

LONGEST_VALUE = 256
"""How many characters of a macro's value go into a URL; servers refuse long ones."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?")
_AUTHORITY = re.compile(r"[^/?#]*")
_BAD = re.compile(r"[\x00-\x20\x7f\\]")
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_CODE_SCHEMES = frozenset({"javascript", "vbscript", "data"})
_ASCII = {number: quoted for number in range(128) if (quoted := quote(chr(number), safe="")) != chr(number)}
_DOT = re.compile("%2e", re.IGNORECASE)


def encoded(value: Any) -> str:
    """Return a macro's value for a URL: every character but letters, digits and `_.-~` percent-encoded as UTF-8."""
    text = value if isinstance(value, str) else as_text(value)
    if len(text) > LONGEST_VALUE:
        text = text[:LONGEST_VALUE]
    return text.translate(_ASCII) if text.isascii() else quote(as_text(text), safe="")


class UrlTemplate(Template):
    """A template of a URL: macros stand behind scheme and host only, and each value is percent-encoded.

    It may begin with a variable of the config, `${crm}/customers?phone=%CALLNUM%`. `expand` raises `ActionRefused`
    where a value would make a path segment `.` or `..`.
    """

    __slots__ = ("_surroundings", "has_path")

    def __init__(self, source: str, surroundings: Surroundings) -> None:
        refuse_secrets(source)
        self._surroundings = surroundings
        super().__init__(source, surroundings)

    def _compile(self, source: str, surroundings: Surroundings) -> Callable[[Facts], str]:
        text, shift = _with_variable(source, surroundings)
        try:
            self.has_path = _checked(text, surroundings)
            fill = compile_template(text, surroundings, encoded)
            _refuse_dots(fill(surroundings.sample), text)
            if re.search(r"[?#]", text[: _first_macro(text, surroundings)]):
                return fill  # no value gets into the path
        except TemplateFault as fault:
            raise TemplateFault(str(fault), max(0, fault.offset - shift), fault.remedy) from None
        except ActionRefused as error:
            raise TemplateFault(str(error)) from None
        return lambda facts: _refuse_dots(fill(facts), text)

    def with_number(self) -> Self:
        """Return it with the caller's number at its end, if it has no macro and something to put it behind."""
        if self.has_macros or not self.has_path:
            return self
        return type(self)(f"{self.source}%CALLNUM%", self._surroundings)


def _with_variable(source: str, surroundings: Surroundings) -> tuple[str, int]:
    """Return the text with the variable that it begins with put in, and by how much it grew."""
    text, shift = source, 0
    if found := _VARIABLE.match(source):
        name = found[1]
        if name not in surroundings.variables:
            meant = nearest(name, surroundings.variables)
            remedy = f'did you mean "{meant}"?' if meant else f'set it in [hub.vars]: {name} = "https://..."'
            raise TemplateFault(f"there is no variable ${{{name}}}", found.start(1), remedy)
        value = surroundings.variables[name]
        text, shift = value + source[found.end() :], len(value) - found.end()
    for name in surroundings.variables:
        if (offset := source.find(f"${{{name}}}", 1)) >= 0:
            raise TemplateFault(f"${{{name}}} can only be the beginning of a URL", offset)
    return text, shift


def _checked(text: str, surroundings: Surroundings) -> bool:
    """Refuse what is no URL, or lets a macro reach its host; return whether it has a path or query."""
    first = _first_macro(text, surroundings)
    scheme = _SCHEME.match(text)
    if scheme is None or scheme.end() > first:
        if first < (scheme.end() if scheme else len(text)):
            raise TemplateFault("a macro must not be part of the scheme or host", first, "write them out")
        raise TemplateFault("a URL begins with its scheme", 0, f"for example https://{text[:40]}")
    word = scheme[1].lower()
    if word not in surroundings.schemes or word in _CODE_SCHEMES:
        allowed = ", ".join(sorted(surroundings.schemes - _CODE_SCHEMES))
        remedy = f"allowed: {allowed}; an administrator can add others with url_schemes in [hub]"
        raise TemplateFault(f"the scheme {word}: is not allowed", 0, remedy)
    if bad := _BAD.search(_own_text(text)):
        cause = "a URL has no spaces, backslashes or control characters"
        raise TemplateFault(cause, bad.start(), f"write it as %{ord(bad[0]):02X}")
    if scheme[2] is None:
        if word in ("http", "https"):
            raise TemplateFault("a URL has two slashes behind its scheme", scheme.end(), f"write {word}://...")
        return len(text) > scheme.end()
    return _checked_authority(text, scheme.end(), first)


def _checked_authority(text: str, start: int, first: int) -> bool:
    authority = _AUTHORITY.match(text, start)
    host, end = (authority[0], authority.end()) if authority else ("", start)
    if first <= end and first < len(text):
        raise TemplateFault("a macro must not be part of the host", first, "write the host out, and / behind it")
    if "@" in host:
        raise TemplateFault("a URL here has no user name or password", start, "remove what stands before the @")
    if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]:%]+)(:\d{1,5})?", host):
        raise TemplateFault(f'"{host}" is no host', start)
    return end < len(text)


def _first_macro(text: str, surroundings: Surroundings) -> int:
    """Return where the first thing stands that is filled in; the end if nothing is."""
    places = [text.find(beginning) for beginning in BEGINNINGS]
    if found := macro_pattern(surroundings.macros).search(text):
        places.append(found.start())
    return min((place for place in places if place >= 0), default=len(text))


def _own_text(text: str) -> str:
    """Blank out the Jinja2 tags, in which spaces are welcome."""
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", lambda tag: "x" * len(tag[0]), text, flags=re.DOTALL)


def _refuse_dots(url: str, template: str) -> str:
    """Return the URL; raise `ActionRefused` if a segment of its path would lead elsewhere (RFC 3986, 5.2.4)."""
    for segment in re.split(r"[?#]", url, maxsplit=1)[0].split("/"):
        if _DOT.sub(".", segment) in (".", ".."):
            raise ActionRefused(f"the path of {template} would have a segment {segment}")
    return url
