from __future__ import annotations

import pytest

from hub.sim.exchange.password_policy import LONGEST, PasswordPolicy, PinPolicy

ALICE = ("alice", "Al", "101", "")


@pytest.mark.parametrize(
    ("new", "problems"),
    [
        ("river-boat-7", []),
        ("flüsse und 3 boote", []),
        ("7", ["it needs 8 characters at least", "it needs 1 letter at least"]),
        ("riverboat", ["it needs 1 digit at least"]),
        ("river\tboat-7", ["it may not have control characters"]),
        ("7" + "x" * LONGEST, [f"it may have {LONGEST} characters at most"]),
        ("my-ALICE-42", ["it may not have 'alice' in it, which others know of you"]),
        ("river-1012", ["it may not have '101' in it, which others know of you"]),
        ("al", ["it needs 8 characters at least", "it needs 1 digit at least",
                "it may not have 'al' in it, which others know of you"]),
    ],
)  # fmt: skip
def test_a_password_and_all_that_is_wrong_with_it(new: str, problems: list[str]) -> None:
    assert list(PasswordPolicy().problems(new, known=ALICE)) == problems


def test_rules_are_the_phone_systems_own() -> None:
    strict = PasswordPolicy(shortest=12, digits=2, letters=3)
    assert list(strict.problems("ab1", known=ALICE)) == [
        "it needs 12 characters at least",
        "it needs 2 digits at least",
        "it needs 3 letters at least",
    ]
    lax = PasswordPolicy(shortest=1, digits=0, letters=0)
    assert list(lax.problems("x")) == []
    assert list(lax.problems("x", was_used=True)) == ["it was used before"]


@pytest.mark.parametrize(
    ("new", "problems"),
    [
        ("2580", []),
        ("1213", []),
        ("25", ["it needs 4 to 10 digits"]),
        ("25802580258", ["it needs 4 to 10 digits"]),
        ("12a4", ["it is made of digits alone"]),
        ("٢٥٨٠", ["it is made of digits alone"]),
        ("1234", ["its digits are all the same, or in a row"]),
        ("987654", ["its digits are all the same, or in a row"]),
        ("0000", ["its digits are all the same, or in a row"]),
        ("5101", ["it may not have '101' in it, which others know of you"]),
    ],
)
def test_a_pin_and_all_that_is_wrong_with_it(new: str, problems: list[str]) -> None:
    assert list(PinPolicy().problems(new, known=ALICE)) == problems
    assert list(PinPolicy().problems(new, known=ALICE, was_used=True)) == [*problems, "it was used before"]
