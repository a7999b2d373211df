from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from hub.checking import nearest, problems, shown, suggest


class Phone(BaseModel):
    model_config = ConfigDict(extra="forbid")

    adapter: Literal["sim", "sip"] = "sim"
    port: int = 0
    server: str = Field(description="the address of the phone system")
    password: int = 0
    tls: bool = False

    @field_validator("server")
    @classmethod
    def no_spaces(cls, value: str) -> str:
        if " " in value:
            raise PydanticCustomError(
                "server", "an address has no spaces", {"remedy": "remove it", "offset": value.index(" ")}
            )
        if not value:
            raise ValueError("an address is wanted")
        return value


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    users: dict[str, Phone] = {}
    backup: Phone | str | None = None
    numbers: list[Annotated[int, Field(gt=0)]] = []
    pair: tuple[int, bool] = (0, False)


def told(data: object, **places: object) -> list[str]:
    with pytest.raises(ValidationError) as error:
        Config.model_validate(data)
    return [str(problem) for problem in problems(error.value, Config, lambda path: ".".join(map(str, path)), **places)]


def test_an_unknown_key_names_the_nearest() -> None:
    assert told({"users": {"alice": {"server": "x", "adaptor": "sim"}}}) == [
        'users.alice.adaptor: unknown key "adaptor" (did you mean "adapter"?)'
    ]


def test_an_unknown_key_near_to_none_names_them_all() -> None:
    assert told({"zzz": 1}) == ['zzz: unknown key "zzz" (known: users, backup, numbers, pair)']


def test_a_missing_key_is_described() -> None:
    assert told({"users": {"alice": {}}}) == [
        'users.alice.server: "server" is missing (the address of the phone system)'
    ]


def test_a_wrong_word_names_the_right_ones_and_the_nearest() -> None:
    assert told({"users": {"alice": {"server": "x", "adapter": "simm"}}}) == [
        'users.alice.adapter: expected one of sim, sip, found "simm" (did you mean "sim"?)'
    ]


def test_all_problems_are_told_at_once() -> None:
    assert told(
        {"users": {"a": {"server": "x", "port": "y", "tls": "maybe"}}, "numbers": ["1", 0], "pair": [1, "q"]}
    ) == [
        'users.a.port: expected a whole number, found "y"',
        'users.a.tls: expected true or false, found "maybe"',
        'numbers.1: expected greater than 0, found "0"',
        'pair.1: expected true or false, found "q"',
    ]


def test_members_of_a_union_do_not_show_in_the_place() -> None:
    assert 'backup.port: expected a whole number, found "y"' in told({"backup": {"server": "x", "port": "y"}})


def test_a_password_is_never_shown() -> None:
    assert told({"users": {"a": {"server": "x", "password": "hunter2"}}}) == [
        "users.a.password: expected a whole number, found something else"
    ]


def test_a_validators_own_words_and_remedy_are_kept() -> None:
    assert told({"users": {"a": {"server": ""}}}) == ["users.a.server: an address is wanted"]
    assert told({"users": {"a": {"server": "a b"}}}) == ["users.a.server: an address has no spaces (remove it)"]


def test_an_offset_and_a_key_have_places_of_their_own() -> None:
    data = {"users": {"a": {"server": "a b", "oops": 1}}}
    assert told(data, inside=lambda path, offset: f"{path[-1]}+{offset}", at_key=lambda path: f"key {path[-1]}") == [
        "server+1: an address has no spaces (remove it)",
        'key oops: unknown key "oops" (known: adapter, port, server, password, tls)',
    ]


def test_any_type_can_be_checked() -> None:
    kind = list[Phone]
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python([{"server": "x", "port": "y"}])
    assert [p.place for p in problems(error.value, kind, lambda path: ".".join(map(str, path)))] == ["0.port"]


def test_words() -> None:
    assert nearest("Inbund", ["inbound", "outbound"]) == "inbound"
    assert nearest("zzz", ["inbound"]) == ""
    assert suggest("zzz", []) == ""
    assert shown({"a": 1}) == "keys with values"
    assert shown([]) == "a list"
    assert shown("") == "nothing"
    assert shown("a\nb") == r"'a\nb'"
    assert len(shown("x" * 1000)) < 70
