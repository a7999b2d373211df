from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from hub.checking import problems
from hub.core.call import NOBODY, Party
from hub.core.numbers import Number, NumberKind
from hub.errors import UserError
from hub.rules.jinja import TemplateFault
from hub.rules.load import FileName, Loader
from hub.rules.parts import ActionRefused, Facts, NumberOptions
from hub.rules.sample import CALL, FACTS
from hub.rules.template import LONGEST_VALUE, SecretTemplate, Surroundings, TextTemplate
from hub.rules.url_template import UrlTemplate
from hub.rules.vocabulary import Vocabulary

HERE = Surroundings(
    variables={"crm": "https://crm.example/app", "host": "https://crm.example"},
    schemes=frozenset({"http", "https", "callto"}),
)


def with_name(name: str) -> Facts:
    call = replace(CALL, party=replace(CALL.party, name=name), contacts=())
    return replace(FACTS, call=call)


def with_number(text: str, **options: bool) -> Facts:
    call = replace(CALL, party=Party(FACTS.plan.number(text)), contacts=())
    return replace(FACTS, call=call, options=NumberOptions(**options))


def text(source: str, facts: Facts = FACTS) -> str:
    return TextTemplate(source, HERE).expand(facts)


def url(source: str, facts: Facts = FACTS) -> str:
    return UrlTemplate(source, HERE).expand(facts)


def fault(kind: type[TextTemplate | UrlTemplate | SecretTemplate], source: str) -> TemplateFault:
    with pytest.raises(TemplateFault) as error:
        kind(source, HERE)
    return error.value


@pytest.mark.feature("RULE-06")
def test_every_macro() -> None:
    assert (
        text("%CALLNUM%|%CALLNAME%|%DNISNUM%|%DNISNAME%|%COMPANY%") == "+15855550123|Jane Doe|+15855550100|Sales|Acme"
    )


@pytest.mark.feature("RULE-06")
def test_jinja_gives_the_same_and_more() -> None:
    source = "{{ callnum }}|{{ callname }}|{{ dnisnum }}|{{ dnisname }}|{{ company }}"
    assert text(source) == text("%CALLNUM%|%CALLNAME%|%DNISNUM%|%DNISNAME%|%COMPANY%")
    assert text(
        "{{ call.number.e164 }} {{ contact.groups[0] }} {{ user.name }} {{ user }} {{ queue }} {{ call.id }}"
    ) == ("+15855550123 Customers alice alice Sales 1.alice")
    assert text("{% if contact %}%CALLNAME%{% endif %} at {{ now.strftime('%H:%M') }}") == "Jane Doe at 14:30"


@pytest.mark.feature("RULE-06")
def test_what_is_unknown_is_blank() -> None:
    call = replace(CALL, dialled=NOBODY, contacts=(), queue="")
    facts = replace(FACTS, call=call)
    assert text("[%DNISNUM%%DNISNAME%%COMPANY%]", facts) == "[]"
    assert text("[{{ contact.name }}{{ queue }}{{ call.dnis }}]", facts) == "[]"
    assert text("[%CALLNUM%{{ call.id }}{{ call }}]", replace(FACTS, call=None)) == "[]"


@pytest.mark.feature("RULE-06")
def test_only_known_names_are_macros() -> None:
    assert text("100% %20%CALLNUM% %NOPE% %callnum% %s") == "100% %20+15855550123 %NOPE% %callnum% %s"
    assert url("https://x/%20%CALLNAME%") == "https://x/%20Jane%20Doe"


def test_a_value_is_never_expanded_again() -> None:
    assert text("%CALLNAME%", with_name("%CALLNUM%{{ callnum }}")) == "%CALLNUM%{{ callnum }}"
    assert text("{{ callname }}%CALLNAME%", with_name("%COMPANY%{{ 7*7 }}")) == "%COMPANY%{{ 7*7 }}" * 2


@pytest.mark.parametrize(
    ("source", "cause", "word", "remedy"),
    [
        ("x {{ call.nubmer }}", 'there is no "nubmer"', "nubmer", 'did you mean "number"?'),
        ("{{ call.number.e146 }}", 'there is no "e146"', "e146", 'did you mean "e164"?'),
        ("a\n{{ colnum }}", 'there is no "colnum"', "colnum", 'did you mean "callnum"?'),
        ("{% if false %}{{ contact.nmae }}{% endif %}", 'there is no "nmae"', "nmae", 'did you mean "name"?'),
        ("{% set c = call %}{{ c.nubmer }}", 'there is no "nubmer"', "nubmer", 'did you mean "number"?'),
        ("x {{ 1 / 0 }}", "it fails: division by zero", "{{", ""),
        ("x {{ callnum", "unexpected end of template", "{{", ""),
        ("{{ ''.__class__ }}", "it fails", "{{", ""),
    ],
)
@pytest.mark.feature("RULE-02", "RULE-06")
def test_a_wrong_template_is_told_with_its_place(source: str, cause: str, word: str, remedy: str) -> None:
    found = fault(TextTemplate, source)
    assert str(found).startswith(cause)
    assert found.offset == source.index(word)
    assert found.remedy == remedy


def test_a_model_tells_it_as_a_problem() -> None:
    class Page(BaseModel):
        url: UrlTemplate

    with pytest.raises(ValidationError) as error:
        Page.model_validate({"url": "https://x/{{ call.nubmer }}"})
    (problem,) = problems(error.value, Page, str, inside=lambda path, offset: f"{path[0]}:{offset}")
    assert str(problem) == 'url:18: there is no "nubmer" (did you mean "number"?)'
    assert Page.model_json_schema()["properties"]["url"]["type"] == "string"


@pytest.mark.feature("RULE-09")
def test_a_url_encodes_what_the_caller_sent() -> None:
    name = "a&b=c?d#e/f g+h%41'\"<\r\n\x00é\u202e🦄"
    opened = url("https://crm.example/search?name=%CALLNAME%&x=1", with_name(name))
    assert opened.isascii()
    assert parse_qs(urlsplit(opened).query) == {"name": [name], "x": ["1"]}
    assert url("https://crm.example/search?name={{ callname }}&x=1", with_name(name)) == opened
    assert url("https://crm.example/search?name={{ callname|urlencode }}&x=1", with_name(name)) == opened
    assert url("https://crm.example/search?name={{ callname|safe }}&x=1", with_name(name)) == opened


@pytest.mark.parametrize(
    "source",
    [
        "%CALLNAME%",
        "%CALLNAME%://x/",
        "https:%CALLNAME%",
        "https://%CALLNAME%",
        "https://%CALLNAME%/",
        "https://crm.example%CALLNAME%/x",
        "https://crm.%CALLNAME%.example/x",
        "https://crm.example:%CALLNUM%/",
        "https://crm.example:80%CALLNUM%",
        "https://%CALLNAME%@crm.example/",
        "{{ callname }}://x/",
        "https://{{ callname }}/",
        "https://crm.example{{ callname }}",
        "{% if call %}https{% endif %}://x/",
        "${host}@evil.example/",
        "${host}%CALLNUM%/",
        "//crm.example/%CALLNUM%",
        "crm.example/%CALLNUM%",
        "javascript:alert(%CALLNUM%)",
        "data:text/html,%CALLNAME%",
        "file:///etc/passwd",
        "ftp://x/",
        "https:/x/%CALLNUM%",
        "https:///x",
        "https://user:pw@x/",
        "https://user@x/",
        "https://x\\@evil/%CALLNUM%",
        "https://x/a b",
        "https://x/\n",
        "https://x/../%CALLNUM%",
        "https://x/?key=${keyring:crm}",
        "https://x/?key=${env:KEY}",
        "https://x/${crm}",
        "${cmr}/x",
        "",
    ],
)
@pytest.mark.feature("RULE-09")
def test_a_url_that_could_lead_elsewhere_is_refused(source: str) -> None:
    assert str(fault(UrlTemplate, source))


@pytest.mark.parametrize("source", ["javascript:%CALLNUM%", "DATA:x"])
def test_code_is_no_scheme_even_where_it_is_allowed(source: str) -> None:
    with pytest.raises(TemplateFault, match="not allowed"):
        UrlTemplate(source, Surroundings(schemes=frozenset({"https", "javascript", "data"})))


@pytest.mark.feature("RULE-09")
def test_schemes_of_the_administrator() -> None:
    assert url("callto:%CALLNUM%") == "callto:%2B15855550123"
    assert url("HTTPS://x/%CALLNUM%") == "HTTPS://x/%2B15855550123"


def test_a_variable_is_the_beginning_of_a_url() -> None:
    assert url("${crm}/search?phone=%CALLNUM%") == "https://crm.example/app/search?phone=%2B15855550123"
    assert url("${crm}?phone={{ callnum }}") == "https://crm.example/app?phone=%2B15855550123"
    assert fault(UrlTemplate, "${cmr}/x").remedy == 'did you mean "crm"?'
    assert "[hub.vars]" in fault(UrlTemplate, "${other_thing}/x").remedy
    assert fault(UrlTemplate, "${crm}/{{ call.nubmer }}").offset == len("${crm}/{{ call.")
    assert "beginning of a URL" in str(fault(TextTemplate, "see ${crm}"))


@pytest.mark.parametrize("name", [".", "..", "%2e", "%2e%2e", ".%2e"])
@pytest.mark.feature("RULE-09")
def test_a_path_never_climbs(name: str) -> None:
    template = UrlTemplate("https://x/c/%CALLNAME%/d", HERE)
    if "%" in name:  # encoded once more, it is a name like any other
        assert template.expand(with_name(name)) == f"https://x/c/{quote(name, safe='')}/d"
    else:
        with pytest.raises(ActionRefused, match="segment"):
            template.expand(with_name(name))
    assert url("https://x/c?d=%CALLNAME%", with_name(name)) == f"https://x/c?d={quote(name, safe='')}"


def test_half_a_climb_in_the_template_is_seen_too() -> None:
    for source in ("https://x/%2e%CALLNAME%/y", "https://x/%2E{{ callname }}?a", "https://x/.%CALLNAME%"):
        template = UrlTemplate(source, HERE)
        with pytest.raises(ActionRefused):
            template.expand(with_name("."))


@pytest.mark.feature("RULE-06")
@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("https://x/search?phone=", "https://x/search?phone=%2B15855550123"),
        ("https://x/", "https://x/%2B15855550123"),
        ("https://x?", "https://x?%2B15855550123"),
        ("${crm}", "https://crm.example/app%2B15855550123"),
        ("https://x", "https://x"),
        ("https://x:8080", "https://x:8080"),
        ("https://x/%CALLNAME%", "https://x/Jane%20Doe"),
        ("https://x/{{ callname }}", "https://x/Jane%20Doe"),
        ("https://x/{% if call %}a{% endif %}/", "https://x/a/%2B15855550123"),
    ],
)
def test_a_url_without_macro_gets_the_number(source: str, result: str) -> None:
    assert UrlTemplate(source, HERE).with_number().expand(FACTS) == result


@pytest.mark.feature("RULE-09")
def test_values_are_bounded_and_surrogates_replaced() -> None:
    assert text("%CALLNAME%", with_name("x" * 10_000)) == "x" * LONGEST_VALUE
    assert text("{{ callname }}", with_name("x" * 10_000)) == "x" * LONGEST_VALUE
    assert text("%CALLNAME%!", with_name("a\ud800b")) == "a\ufffdb!"
    assert len(url("https://x/%CALLNAME%", with_name("é" * 10_000))) < 2000
    assert url("https://x/%CALLNAME%", with_name("\udcff")) == "https://x/%EF%BF%BD"


@pytest.mark.feature("RULE-09")
def test_secrets_stay_out_of_text_and_are_only_the_authors() -> None:
    assert "secret" in str(fault(TextTemplate, "x ${keyring:crm}"))
    template = SecretTemplate("%CALLNAME%: Bearer ${env:TOKEN}", HERE)
    facts = with_name("${env:HOME}")
    assert template.expand(facts) == "${env:HOME}: Bearer ${env:TOKEN}"
    assert template.revealed(facts, {"${env:TOKEN}": "s3cret"}.__getitem__) == "${env:HOME}: Bearer s3cret"
    assert "Jinja2" in str(fault(SecretTemplate, "{{ callnum }} ${env:TOKEN}"))


@pytest.mark.feature("RULE-07")
@pytest.mark.parametrize(
    ("number", "options", "result"),
    [
        ("(585) 555-0123", {}, "5855550123"),
        ("+1 585 555 0123", {}, "+15855550123"),
        ("+1 585 555 0123", {"strip_country_code": True}, "5855550123"),
        ("915855550123", {"strip_outside_prefix": True}, "15855550123"),
        ("915855550123", {"strip_outside_prefix": True, "strip_country_code": True}, "5855550123"),
        ("9145550123", {"strip_outside_prefix": True}, "9145550123"),
        ("2321234", {"prepend_area_code": True}, "5852321234"),
        ("92321234", {"strip_outside_prefix": True, "prepend_area_code": True}, "5852321234"),
        ("204", {"strip_outside_prefix": True, "strip_country_code": True, "prepend_area_code": True}, "204"),
        ("anonymous", {"prepend_area_code": True}, ""),
        ("", {"prepend_area_code": True}, ""),
    ],
)
def test_number_options(number: str, options: dict[str, bool], result: str) -> None:
    assert text("%CALLNUM%", with_number(number, **options)) == result
    assert text("{{ callnum }}", with_number(number, **options)) == result


HOSTILE = st.text(alphabet=st.characters(), max_size=40) | st.sampled_from(
    ["..", ".", "%2e", "a/b", "\ud800", "-x", "$(id)", ";", "{{7*7}}", "%CALLNUM%", "\u202e", "\x00", "x" * 2000]
)


@given(name=HOSTILE, company=HOSTILE, number=HOSTILE)
@pytest.mark.feature("RULE-06", "RULE-09")
def test_macros_and_jinja_give_the_same_text_and_the_same_page(name: str, company: str, number: str) -> None:
    contact = replace(CALL.contacts[0], name=name, company=company)
    party = Party(Number(number[:256], NumberKind.MALFORMED), name)
    facts = replace(FACTS, call=replace(CALL, party=party, contacts=(contact,)))
    macros, jinja = "a=%CALLNUM%&b=%CALLNAME%&c=%COMPANY%", "a={{ callnum }}&b={{ callname }}&c={{ company }}"
    assert MACRO_TEXT.expand(facts) == JINJA_TEXT.expand(facts)
    opened = MACRO_URL.expand(facts)
    assert opened == JINJA_URL.expand(facts)
    assert opened.startswith("https://crm.example/x?a=")
    assert macros.count("&") == opened.count("&") == jinja.count("&")
    parts = urlsplit(opened)
    assert (parts.netloc, parts.path, parts.fragment) == ("crm.example", "/x", "")


MACRO_TEXT = TextTemplate("a=%CALLNUM%&b=%CALLNAME%&c=%COMPANY%", HERE)
JINJA_TEXT = TextTemplate("a={{ callnum }}&b={{ callname }}&c={{ company }}", HERE)
MACRO_URL = UrlTemplate(f"https://crm.example/x?{MACRO_TEXT.source}", HERE)
JINJA_URL = UrlTemplate(f"https://crm.example/x?{JINJA_TEXT.source}", HERE)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{{ call.id|nofilter }}", "nofilter"),
        ("{% if call is footest %}x{% endif %}", "footest"),
        ("{{ 9**(9**9) }}", r"must not use \*\*"),
        ("{{ '%0300000000d' % 1 }}", "must not use %"),
        ("{{ 'a' * 300000000 }}", "a number larger than"),
        ("{{ ('a' * 900000) * 900000 }}", "anything that large"),
        ("{{ 'a'.ljust(300000000) }}", "a number larger than"),
        ("{% for i in range(999999) %}x{% endfor %}", "must not count further"),
        ("{% for i in range(9) %}{% for j in range(9) %}x{% endfor %}{% endfor %}", "a loop in a loop"),
        ("{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}", "a macro of its own"),
        ("{% block a %}{% endblock %}", "a block"),
    ],
)
def test_templates_that_cannot_be_or_could_take_for_ever_are_load_errors(text: str, cause: str) -> None:
    with pytest.raises(UserError, match=cause):
        Loader(Vocabulary()).load(
            f"on: ring\ndo:\n  - note: {json.dumps(text)}\n".encode(), FileName("r.yaml", "r.yaml")
        )
