from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.testing.harness import running_desk

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"url": '"https://crm.example/?n=%E164%"', "name": '"$.name"'}


def lookup(**changed: str) -> str:
    lines = [f"{name} = {value}" for name, value in (GOOD | changed).items() if value]
    return "\n".join(["[plugins.crm.lookups.one]", *lines, ""])


@pytest.mark.feature("RULE-16", "RULE-09")
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"url": '"ftp://crm.example/"'}, "it is no http or https address"),
        ({"url": '"https://%E164%.example/"'}, "macros do not stand in its host"),
        ({"url": '"https://bob@crm.example/"'}, "do not stand in its host"),
        ({"url": '"https://crm.example/?key=${env:X}"'}, "a secret must not stand in an address (put it into headers)"),
        ({"url": '"https://crm.example/?n=%E164%&api_key=abc"'}, "api_key in an address is a secret in clear"),
        ({"headers": '{X-Session = "abc"}'}, "the header X-Session must not stand here in clear"),
        ({"url": '"https://crm.example/a b"'}, "no spaces"),
        ({"url": '"https://crm.example/%NUMBER%"'}, "there is no macro %NUMBER% here (there are %CALLNUM%, %DIGITS%"),
        ({"name": '"name"'}, "it is no JSONPath"),
        ({"name": "[]"}, "name"),
        ({"each": '"$.["'}, "it is no JSONPath"),
        ({"headers": '{Authorization = "Bearer abc"}'}, "the header Authorization must not stand here in clear"),
        ({"headers": '{Host = "other"}'}, "'Host' is no header to be set"),
        ({"headers": '{X = "a\\nb"}'}, "control characters"),
        ({"json": "{a = 1}"}, "a GET has no body"),
        ({"json": '{a = ["${env:X}"]}', "method": '"POST"'}, "a secret must not stand in the body"),
        ({"link": '"https://crm.example/%ID%"'}, "%ID% is filled in from id"),
        ({"link": '"javascript:alert(1)"'}, "it is no http or https address"),
        ({"link": '"$.["'}, "it is no JSONPath"),
        ({"method": '"DELETE"'}, "method"),
        ({"within": "60"}, "within"),
        ({"nmae": '"x"'}, "nmae"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(changed: dict[str, str], told: str, problems_of: Any) -> None:
    assert told in problems_of(lookup(**changed))


def test_one_is_right(problems_of: Any) -> None:
    assert problems_of(lookup()) == ""


@pytest.mark.feature("RULE-16")
async def test_what_is_wrong_is_told_when_the_hub_starts(tmp_path: Path) -> None:
    async with running_desk(tmp_path, config=lookup(name='"name"')) as desk:
        (plugin,) = (plugin for plugin in desk.hub.plugins if plugin.name == "crm")
        assert plugin.state == "failed"
        assert "it is no JSONPath" in plugin.reason
