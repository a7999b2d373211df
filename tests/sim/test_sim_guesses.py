"""Guessing passwords and PINs of the simulated phone system: it takes longer and longer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from offices import NOON, Desk, office, password

from hub.phone.account_commands import ChangePassword, ChangePin
from hub.phone.commands import DialNumber
from hub.sim.exchange.accounts import Accounts
from hub.sim.exchange.password_policy import PasswordPolicy
from hub.sim.exchange.refusal import Code, Refused

RIGHT = password("alice")


def desk() -> Desk:
    plain = office()
    alice = replace(plain.users["alice"], pin="2580", restricted=True)
    return Desk(replace(plain, users={**plain.users, "alice": alice}, access_code="*62"))


def guessed(accounts: Accounts, after: float, secret: str, user: str = "alice") -> str:
    """Return what comes of a guess so many seconds after noon."""
    try:
        return "right" if accounts.admits(user, secret, NOON + timedelta(seconds=after)) else "wrong"
    except Refused as refused:
        return f"{refused.code}: {refused}"


@pytest.mark.feature("ACC-01")
def test_who_guesses_waits_longer_and_longer() -> None:
    accounts = Accounts(office())
    assert [guessed(accounts, 0, f"guess {nth}") for nth in range(5)] == ["wrong"] * 5
    assert guessed(accounts, 0, RIGHT) == "too_many_guesses: there were 5 wrong passwords in a row: try again in 30 s"
    assert guessed(accounts, 29.5, RIGHT).endswith("try again in 1 s")
    assert guessed(accounts, 0, password("bob"), "bob") == "right"
    assert guessed(accounts, 30, "guess") == "wrong"
    assert guessed(accounts, 30, RIGHT).endswith("try again in 60 s")
    assert guessed(accounts, 90, RIGHT) == "right"
    assert [guessed(accounts, 90, "guess") for _ in range(4)] == ["wrong"] * 4  # a right one lets begin anew
    assert guessed(accounts, 90, RIGHT) == "right"
    at = 100.0
    for _ in range(20):
        guessed(accounts, at, "guess")
        at += 3600
    assert guessed(accounts, at - 3600, RIGHT).endswith("try again in 3600 s")


def test_a_wait_is_as_the_office_says_and_at_its_pace() -> None:
    strict = replace(office(), passwords=PasswordPolicy(guesses=1, lockout=40))
    accounts = Accounts(strict, pace=10)
    assert guessed(accounts, 0, "guess") == "wrong"
    assert guessed(accounts, 0, RIGHT).endswith("try again in 4 s")
    assert guessed(accounts, 4, RIGHT) == "right"


def refused(at: Desk, command: ChangePassword | ChangePin | DialNumber) -> Code:
    with pytest.raises(Refused) as told:
        at.do("alice", command)
    return told.value.code


@pytest.mark.feature("ACC-03")
def test_old_passwords_and_pins_are_guesses_too() -> None:
    here = desk()
    for nth in range(5):
        assert refused(here, ChangePassword(f"guess {nth}", "winter-wonder-7")) is Code.WRONG_PASSWORD
    assert refused(here, ChangePassword(RIGHT, "winter-wonder-7")) is Code.TOO_MANY_GUESSES
    for nth in range(3):
        assert refused(here, ChangePin(f"111{nth}", "8520")) is Code.WRONG_PIN
    for nth in range(2):
        assert refused(here, DialNumber(f"*62999{nth}5855551234")) is Code.WRONG_PIN
    assert refused(here, DialNumber("*6225805855551234")) is Code.TOO_MANY_GUESSES
    assert here.do("alice", DialNumber("911"))  # whatever anybody has guessed
    here.wait(30)
    assert here.do("alice", DialNumber("*6225805855551234"))
    here.do("alice", ChangePassword(RIGHT, "winter-wonder-7"))


@pytest.mark.feature("ACC-04")
def test_a_wiped_device_guesses_nothing_and_a_new_password_ends_the_wait() -> None:
    here = desk()
    accounts = here.exchange.accounts
    assert [guessed(accounts, 0, "guess") for _ in range(5)] == ["wrong"] * 5
    here.exchange.wipe(NOON, "alice", "alice-desk", "winter-wonder-7")
    assert guessed(accounts, 0, "winter-wonder-7") == "right"
    assert accounts.was_wiped("alice", RIGHT, ["alice-desk"]) == "alice-desk"
    assert accounts.was_wiped("alice", "winter-wonder-7", ["alice-desk"]) == ""
