from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.dial_plan import DialPlan
from hub.core.dial_text import LONGEST
from hub.core.numbers import NumberKind

US = DialPlan(country="US", area_code="585", extensions=(3, 4))
US_ANYWHERE = DialPlan(country="US", extensions=(3, 4))
DE = DialPlan(country="DE", area_code="30", outside_prefix="0", extensions=(2, 4))
DE_ANYWHERE = DialPlan(country="DE", outside_prefix="0", extensions=(2, 4))
GB = DialPlan(country="GB", area_code="20", outside_prefix="9", extensions=(3, 4))
FR = DialPlan(country="FR", outside_prefix="0", extensions=(2, 4))
IT = DialPlan(country="IT", outside_prefix="0", extensions=(3, 4))
AU = DialPlan(country="AU", area_code="2", outside_prefix="0", extensions=(3, 4))
PIN = DialPlan(country="US", area_code="585", access_code="*8812345", extensions=(3, 4))
E164 = DialPlan(country="DE", area_code="30", outside_prefix="0", dial_e164=True)
BARE = DialPlan(country="US", outside_prefix="")
BR = DialPlan(country="BR", area_code="11", outside_prefix="0")
NOWHERE = DialPlan(country="ZZ", area_code="30", emergency=("(", "999"))

PLANS = (US, US_ANYWHERE, DE, DE_ANYWHERE, GB, FR, IT, AU, PIN, E164, BARE, BR, NOWHERE)

ROME, BERLIN, ROCHESTER, LONDON = "+390612345678", "+4930901820", "+15855551234", "+442079460000"


@pytest.mark.feature("CALL-20")
@pytest.mark.parametrize(
    ("plan", "text", "e164", "national"),
    [
        (US, "5855551234", ROCHESTER, "(585) 555-1234"),
        (US, "15855551234", ROCHESTER, "(585) 555-1234"),
        (US, "+1 (585) 555-1234", ROCHESTER, "(585) 555-1234"),
        (US, "585.555.1234", ROCHESTER, "(585) 555-1234"),
        (US, "95855551234", ROCHESTER, "(585) 555-1234"),
        (US, "915855551234", ROCHESTER, "(585) 555-1234"),
        (US, "9#5855551234", ROCHESTER, "(585) 555-1234"),
        (US, "5551234", ROCHESTER, "(585) 555-1234"),
        (US, "95551234", ROCHESTER, "(585) 555-1234"),
        (US, "9175551234", "+19175551234", "(917) 555-1234"),
        (US, "011493090182 0", BERLIN, "+49 30 901820"),
        (US, "9011493090182 0", BERLIN, "+49 30 901820"),
        (US, "5550100100", "+15550100100", "(555) 010-0100"),
        (US, "1-800-FLOWERS", "+18003569377", "(800) 356-9377"),
        (US, "585-555-1234 ext. 77", ROCHESTER, "(585) 555-1234 ext. 77"),
        (US, "585-555-1234x77", ROCHESTER, "(585) 555-1234 ext. 77"),
        (US, "585-555-1234,,77#", ROCHESTER, "(585) 555-1234"),
        (US, "++1 585 555 1234", ROCHESTER, "(585) 555-1234"),
        (US, "\uff0b\uff11\uff15\uff18\uff15\uff15\uff15\uff15\uff11\uff12\uff13\uff14", ROCHESTER, "(585) 555-1234"),
        (US, "\u0665\u0668\u0665 \u0665\u0665\u0665 \u0661\u0662\u0663\u0664", ROCHESTER, "(585) 555-1234"),
        (US, "\u202a+1 585\u2011555\u20131234\u202c", ROCHESTER, "(585) 555-1234"),
        (US, '"Bob" <sip:+15855551234@pbx.example;transport=udp>', ROCHESTER, "(585) 555-1234"),
        (US, "sips:+15855551234:secret@pbx.example", ROCHESTER, "(585) 555-1234"),
        (US, "callto:+15855551234", ROCHESTER, "(585) 555-1234"),
        (PIN, "*88123455855551234", ROCHESTER, "(585) 555-1234"),
        (DE, "030 901820", BERLIN, "030 901820"),
        (DE, "0 030 901820", BERLIN, "030 901820"),
        (DE, "901820", BERLIN, "030 901820"),
        (DE, "0 901820", BERLIN, "030 901820"),
        (DE, "+49 (0) 30 / 90 18 20", BERLIN, "030 901820"),
        (DE, "0049 30 901820", BERLIN, "030 901820"),
        (DE, "0 0049 30 901820", BERLIN, "030 901820"),
        (DE, "001 585 555 1234", ROCHESTER, "+1 585-555-1234"),
        (DE_ANYWHERE, "030901820", BERLIN, "030 901820"),
        (GB, "020 7946 0000", LONDON, "020 7946 0000"),
        (GB, "79460000", LONDON, "020 7946 0000"),
        (GB, "9 020 7946 0000", LONDON, "020 7946 0000"),
        (FR, "01 42 68 53 00", "+33142685300", "01 42 68 53 00"),
        (FR, "0 01 42 68 53 00", "+33142685300", "01 42 68 53 00"),
        (FR, "00 44 20 7946 0000", LONDON, "+44 20 7946 0000"),
        (IT, "06 1234 5678", ROME, "06 1234 5678"),
        (IT, "0 06 1234 5678", ROME, "06 1234 5678"),
        (IT, "+39 06 1234 5678", ROME, "06 1234 5678"),
        (AU, "(02) 9374 4000", "+61293744000", "(02) 9374 4000"),
        (AU, "9374 4000", "+61293744000", "(02) 9374 4000"),
        (AU, "0 0011 44 20 7946 0000", LONDON, "+44 20 7946 0000"),
        (BARE, "5855551234", ROCHESTER, "(585) 555-1234"),
        (NOWHERE, "+15855551234", ROCHESTER, "+1 585-555-1234"),
    ],
)
def test_a_public_number_however_written_is_one_number(plan: DialPlan, text: str, e164: str, national: str) -> None:
    number = plan.number(text)
    assert (number.kind, number.e164, number.national) == (NumberKind.EXTERNAL, e164, national)


@pytest.mark.feature("CALL-20")
@pytest.mark.parametrize(
    ("plan", "text", "kind", "national"),
    [
        (US, "704", NumberKind.EXTENSION, "704"),
        (US, "70-42", NumberKind.EXTENSION, "7042"),
        (US, "sip:7042@pbx.example", NumberKind.EXTENSION, "7042"),
        (US, "9123", NumberKind.EXTENSION, "9123"),
        (DE, "42", NumberKind.EXTENSION, "42"),
        (US, "911", NumberKind.EMERGENCY, "911"),
        (US, "9911", NumberKind.EMERGENCY, "9911"),
        (US, "9-112", NumberKind.EMERGENCY, "9112"),
        (PIN, "*8812345911", NumberKind.EMERGENCY, "*8812345911"),
        (DE, "110", NumberKind.EMERGENCY, "110"),
        (DE, "0112", NumberKind.EMERGENCY, "0112"),
        (GB, "999", NumberKind.EMERGENCY, "999"),
        (FR, "17", NumberKind.EMERGENCY, "17"),
        (IT, "118", NumberKind.EMERGENCY, "118"),
        (AU, "000", NumberKind.EMERGENCY, "000"),
        (NOWHERE, "999", NumberKind.EMERGENCY, "999"),
        (DE, "tel:112;phone-context=+49", NumberKind.EMERGENCY, "112"),
        (US, "9#", NumberKind.CODE, "9#"),
        (US, "*67", NumberKind.CODE, "*67"),
        (US, "#31#15855551234", NumberKind.CODE, "#31#15855551234"),
        (DE, "tel:*21%23", NumberKind.CODE, "*21#"),
        (PIN, "*8812345", NumberKind.CODE, "*8812345"),
        (US, "19005551234", NumberKind.PREMIUM, "(900) 555-1234"),
        (DE, "0900 1234567", NumberKind.PREMIUM, "0900 1 234567"),
        (DE, "116117", NumberKind.EXTERNAL, "116117"),
        (DE, "0116117", NumberKind.EXTERNAL, "116117"),
        (DE_ANYWHERE, "9018200", NumberKind.EXTERNAL, "9018200"),
        (US_ANYWHERE, "555-1234", NumberKind.EXTERNAL, "5551234"),
        (US_ANYWHERE, "9 555-1234", NumberKind.EXTERNAL, "5551234"),
    ],
)
def test_what_is_no_public_number_is_told_apart(plan: DialPlan, text: str, kind: NumberKind, national: str) -> None:
    number = plan.number(text)
    assert (number.kind, number.national) == (kind, national)
    assert bool(number.e164) == (kind is NumberKind.PREMIUM)


@pytest.mark.feature("CALL-20")
@pytest.mark.parametrize(
    "text",
    ["", "   ", "anonymous", "Anonymous", "Restricted", "unavailable", "Caller ID unavailable", "PRIVATE", "unknown",
     "sip:anonymous@anonymous.invalid", '"Anonymous" <sip:anonymous@192.0.2.1>', "\u200f", "sip:", "-"],
)  # fmt: skip
def test_a_withheld_number_says_nothing(text: str) -> None:
    number = US.number(text)
    assert (number.kind, number.e164, number.text) == (NumberKind.WITHHELD, "", text)


@pytest.mark.feature("CALL-20")
@pytest.mark.parametrize(
    "text",
    ["abc", "12345678", "+6100000000", "5", "+", "+999123456", "+1585\x005551234", "1" * 40, "x" * 10_000, "1" * 10_000,
     "+1 585 555 1234 or 1235", "0x7f", "sip:alice@example.com", "http://example.com/5855551234", "5+5855551234",
     "javascript:alert(1)", "tel:", "tel:%00", "\ud800", "$(reboot)", "-rf", "ALICE", "123ABC", "+*", "+911",
     "tel:555;phone-context=+49"],
)  # fmt: skip
def test_a_malformed_number_is_kept_bounded(text: str) -> None:
    number = US.number(text)
    assert (number.kind, number.e164) == (NumberKind.MALFORMED, "")
    assert number.text == text[:LONGEST].replace("\ud800", "?")
    assert number.national.isprintable()


@pytest.mark.feature("CALL-20")
@pytest.mark.parametrize("text", ["tel:+1900", "900", "0900", "09001234567", "+499001234567"])
def test_the_plan_names_further_premium_and_emergency_numbers(text: str) -> None:
    plan = DialPlan(country="DE", outside_prefix="0", extensions=(2, 2), premium=("[0-9]*900[0-9]*",))
    assert plan.number(text).kind is not NumberKind.EXTERNAL
    alarm = DialPlan(emergency=("5[05]5",))
    assert alarm.number("555").kind is NumberKind.EMERGENCY
    assert alarm.number("9505").kind is NumberKind.EMERGENCY
    assert alarm.number("5551234").kind is NumberKind.EXTERNAL


def test_a_pattern_that_takes_too_long_on_what_a_caller_sends_does_not_match() -> None:
    """Without a limit this one would go on for longer than anybody has: it doubles with each pair of digits."""
    slow = DialPlan(emergency=("(?:[0-9]|[0-9][0-9])*[23]", "999"))
    assert slow.number("1" * 200).kind is NumberKind.MALFORMED
    assert slow.number("112").kind is NumberKind.EMERGENCY
    assert slow.number("999").kind is NumberKind.EMERGENCY


def test_a_short_code_that_costs_extra_is_premium() -> None:
    plan = DialPlan(country="DE", outside_prefix="0", extensions=(2, 3), premium=("116117",))
    assert plan.number("116117").kind is NumberKind.PREMIUM
    assert DialPlan(country="FR", outside_prefix="0", extensions=(2, 3)).number("3250").kind is NumberKind.PREMIUM


@pytest.mark.feature("CALL-01", "CALL-20")
@pytest.mark.parametrize(
    ("plan", "text", "dialled"),
    [
        (US, "7042", "7042"),
        (US, "585 555 1234", "915855551234"),
        (US, "9 585 555 1234", "915855551234"),
        (US, "555-1234", "915855551234"),
        (US, "+49 30 901820", "90114930901820"),
        (US, "9#", "9#"),
        (US, "9#5855551234", "915855551234"),
        (US, "*67", "*67"),
        (US_ANYWHERE, "555-1234", "95551234"),
        (US, "911", "911"),
        (US, "9 911", "9911"),
        (PIN, "911", "911"),
        (PIN, "*8812345911", "*8812345911"),
        (PIN, "5855551234", "*881234515855551234"),
        (PIN, "*8812345 5855551234", "*881234515855551234"),
        (DE, "030 901820", "0030901820"),
        (DE, "901820", "0030901820"),
        (DE, "+1 585 555 1234", "00015855551234"),
        (DE, "116117", "0116117"),
        (DE_ANYWHERE, "9018200", "09018200"),
        (E164, "030 90182000", "+493090182000"),
        (E164, "+1 585 555 1234", ROCHESTER),
        (BARE, "5855551234", ROCHESTER),
        (FR, "01 42 68 53 00", "00142685300"),
        (IT, "+39 06 1234 5678", "00612345678"),
        (AU, "9374 4000", "00293744000"),
        (AU, "+44 20 7946 0000", "00011442079460000"),
        (BR, "+1 585 555 1234", ROCHESTER),
        (NOWHERE, "+1 585 555 1234", ROCHESTER),
        (US, "tel:+1-585-555-1234", "915855551234"),
        (US, "TEL:+1-585-555-1234;ext=12;isub=4", "915855551234"),
        (US, "tel:+1.585.555.1234?subject=x", "915855551234"),
        (US, "tel://+1%20%28585%29%20555%2D1234", "915855551234"),
        (US, "tel:%2B15855551234%3Bext=12", "915855551234"),
        (US, "tel:7042;phone-context=pbx.example.com", "7042"),
        (US, "tel:555-1234;phone-context=+1585", "915855551234"),
        (US, "tel:863-1234;phone-context=+1-914-555", "919148631234"),
        (US, "tel:030 901820;phone-context=+49", "90114930901820"),
        (US, "tel:911;phone-context=+1", "911"),
        (US, "callto://+15855551234/", "915855551234"),
        (US, "sip:7042@pbx.example", "7042"),
    ],
)
def test_what_a_person_wants_dialled_reaches_the_phone_system(plan: DialPlan, text: str, dialled: str) -> None:
    assert plan.dialled(plan.to_dial(text)) == dialled


@pytest.mark.feature("CALL-20")
@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("", "nothing to dial", "give a number"),
        ("anonymous", "nothing to dial", "give a number"),
        ("hello", "'hello' cannot be dialled: it is no telephone number", "+1 585 555 1234"),
        ("12345678", "too short", "3 to 4 digits"),
        ("1" * 40, "too long", "extension"),
        ("x" * 10_000, "xxx…' cannot be dialled", "extension"),
        ("+999123456", "no country has that code", "country code"),
        ("+911", "too short", "country code"),
        ("+6100000000", "no such number exists", "country code"),
        ("5", "no telephone number", "3 to 4 digits"),
        ("+1585\u202e\x00", "'+1585\\u202e\\x00' cannot be dialled", "country code"),
        ("javascript:alert(1)", "javascript: is not for telephones", "tel:"),
    ],
)
def test_what_cannot_be_dialled_is_refused_with_cause_and_remedy(text: str, cause: str, remedy: str) -> None:
    with pytest.raises(ValueError, match="dial") as refusal:
        US.to_dial(text)
    assert cause in str(refusal.value)
    assert remedy in str(refusal.value)
    assert len(str(refusal.value)) < 250
    with pytest.raises(ValueError, match="no number to dial"):
        US.dialled(US.number(text))


@pytest.mark.feature("CALL-20")
def test_the_access_code_with_the_pin_is_neither_kept_nor_shown() -> None:
    number = PIN.number("*88123455855551234")
    assert "12345" not in number.text
    assert "8812345" not in repr(PIN)
    digits = DialPlan(country="US", access_code="58555", extensions=(3, 4))
    assert digits.number("5855551234").text == "5855551234"
    assert digits.number("585555855551234").text == "5855551234"


@pytest.mark.feature("RULE-07")
@pytest.mark.parametrize(
    ("plan", "text", "prefix", "country", "area"),
    [
        (US, "95855551234", "5855551234", "95855551234", "95855551234"),
        (US, "95551234", "5551234", "95551234", "95551234"),
        (US, "9911", "911", "9911", "9911"),
        (US, "9123", "9123", "9123", "9123"),
        (US, "9#", "9#", "9#", "9#"),
        (US, "9175551234", "9175551234", "9175551234", "9175551234"),
        (US, "+15855551234", "+15855551234", "5855551234", "+15855551234"),
        (US, "15855551234", "15855551234", "5855551234", "15855551234"),
        (US, "+4930901820", "+4930901820", "+4930901820", "+4930901820"),
        (US, "5551234", "5551234", "5551234", "5855551234"),
        (US, "911", "911", "911", "911"),
        (US, "", "", "", ""),
        (US, "anonymous", "anonymous", "anonymous", "anonymous"),
        (PIN, "*88123455855551234", "5855551234", "*88123455855551234", "*88123455855551234"),
        (BARE, "5855551234", "5855551234", "5855551234", "5855551234"),
        (DE, "0030901820", "030901820", "0030901820", "0030901820"),
        (DE, "+4930901820", "+4930901820", "030901820", "+4930901820"),
        (DE, "004930901820", "004930901820", "030901820", "004930901820"),
        (DE, "901820", "901820", "901820", "030901820"),
        (DE, "0116117", "116117", "0116117", "0116117"),
        (IT, "+390612345678", "+390612345678", "0612345678", "+390612345678"),
    ],
)
def test_the_number_options_of_rules(plan: DialPlan, text: str, prefix: str, country: str, area: str) -> None:
    assert plan.strip_outside_prefix(text) == prefix
    assert plan.strip_country_code(text) == country
    assert plan.prepend_area_code(text) == area


@pytest.mark.feature("RULE-07")
def test_the_number_as_received_without_separators() -> None:
    assert US.without_separators("+1 (585) 555-1234") == ROCHESTER
    assert US.without_separators("tel:+1-585-555-1234") == ROCHESTER
    assert US.without_separators("Anonymous") == ""
    assert US.without_separators("al ice") == "alice"


def test_a_plan_is_told_all_its_mistakes_at_once() -> None:
    plan = DialPlan(
        country="UK", area_code="x", outside_prefix="a", access_code="b", extensions=(4, 2),
        emergency=("112", "("), premium=("[",),
    )  # fmt: skip
    problems = plan.problems("phonehub.toml: dial_plan")
    assert [problem.place.removeprefix("phonehub.toml: dial_plan.") for problem in problems] == [
        "country", "area_code", "outside_prefix", "access_code", "extensions", "emergency.1", "premium.0",
    ]  # fmt: skip
    assert all(problem.cause and problem.remedy for problem in problems)
    assert DialPlan(country="DE", area_code="030").problems()[0].remedy == "write '30'"
    assert not US.problems()
    assert not DE.problems()


ANY_TEXT = st.one_of(
    st.text(),
    st.text(alphabet="0123456789+*#()-. ;=,:@/%<>xpwtelsipcaloExt\u202e\u0661\x00", max_size=40),
    st.from_regex(r"\A(tel:|sip:|callto:)?[+]?[0-9*#]{1,16}(;(ext|phone-context)=[+0-9a-z.]{0,8})?\Z"),
)


@pytest.mark.feature("CALL-20")
@given(plan=st.sampled_from(PLANS), text=ANY_TEXT)
def test_no_text_makes_the_plan_raise(plan: DialPlan, text: str) -> None:
    number = plan.number(text)
    number.text.encode()
    assert len(number.text) <= LONGEST
    assert number.national.isprintable()
    plan.strip_outside_prefix(text)
    plan.strip_country_code(text)
    plan.prepend_area_code(text)
    plan.without_separators(text)


PLACES = [plan for plan in PLANS if plan is not NOWHERE]
PUBLIC = st.one_of(
    st.from_regex(r"\A[+][1-9][0-9]{6,13}\Z"),
    st.from_regex(r"\A[+]49[1-9][0-9]{4,10}\Z"),
    st.from_regex(r"\A[+]1[2-9][0-9]{9}\Z"),
    st.from_regex(r"\A[+](39|61|44|33|55)[0-9]{8,11}\Z"),
)


@pytest.mark.feature("CALL-20")
@given(plan=st.sampled_from(PLACES), text=PUBLIC)
def test_what_is_dialled_reads_back_as_the_same_number(plan: DialPlan, text: str) -> None:
    number = plan.number(text)
    if number.e164:
        assert plan.number(number.e164).e164 == number.e164
        assert plan.number(plan.dialled(number)).e164 == number.e164
        assert plan.to_dial("tel:" + number.e164).e164 == number.e164


@given(plan=st.sampled_from(PLANS), text=ANY_TEXT)
def test_whatever_may_be_dialled_gives_keys(plan: DialPlan, text: str) -> None:
    kind = plan.number(text).kind
    if kind in {NumberKind.WITHHELD, NumberKind.MALFORMED}:
        with pytest.raises(ValueError, match="dial") as refusal:
            plan.to_dial(text)
        assert str(refusal.value).isprintable()
    else:
        keys = plan.dialled(plan.to_dial(text))
        assert keys
        assert set(keys) <= set("0123456789+*#")
