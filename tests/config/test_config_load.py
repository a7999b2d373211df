from __future__ import annotations

import os
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from hub import config_file
from hub.config import Config, load
from hub.config.in_clear import redacted
from hub.config.sections import DialPlanSection, DispatcherSection
from hub.core.dial_plan import DialPlan
from hub.errors import UserError
from hub.plugin_host.limits import Limits

WRONG = """\
[hub]
rulez = ["x"]
database = "postgresql://hub:hunter2@db.example/hub"
url_schemes = ["HTTP:"]
[web]
port = 99999
[users.Alice.phone]
adapter = "sim"
password = "hunter2"
pin = 1234
[users.bob.phone]
server = "x"
[users.bob.dial_plan]
extensions = [6, 2]
country = "GERMANY"
premium = ["("]
area_code = 585
[hub.vars]
CRM = "x"
[hub.histroy]
days = 3
[plugins.crm]
accounts = [{ name = "a", token = "hunter2" }]
"""

TOLD = """\
phonehub.toml:2: hub.rulez: unknown key "rulez" (did you mean "rules"?)
phonehub.toml:3: hub.database: a secret must not stand here in clear ("phonehub config secret phonehub/database" \
keeps it in the keyring; then write "${keyring:phonehub/database}" here)
phonehub.toml:4: hub.url_schemes.0: should be the word before the colon of a link, in small letters
phonehub.toml:6: web.port: expected less than or equal to 65535, found "99999"
phonehub.toml:7: users.Alice: a user's name is small letters, digits and . _ - (64 at most)
phonehub.toml:9: users.Alice.phone.password: a secret must not stand here in clear ("phonehub config secret \
phonehub/Alice" keeps it in the keyring; then write "${keyring:phonehub/Alice}" here)
phonehub.toml:10: users.Alice.phone.pin: a secret must not stand here in clear ("phonehub config secret \
phonehub/Alice" keeps it in the keyring; then write "${keyring:phonehub/Alice}" here)
phonehub.toml:11: users.bob.phone.adapter: "adapter" is missing (kind of phone system; `sim` is the simulated one)
phonehub.toml:14: users.bob.dial_plan.extensions: [6, 2] are no lengths of extensions (give the shortest and the \
longest, from 1 to 15, for example [2, 6])
phonehub.toml:15: users.bob.dial_plan.country: 'GERMANY' is no country (use its two letters of ISO 3166, such as GB \
or DE)
phonehub.toml:16: users.bob.dial_plan.premium: '(' is no regular expression: missing ) at position 1 (for \
digits, write them; for any digit, write [0-9])
phonehub.toml:17: users.bob.dial_plan.area_code: expected text, found "585"
phonehub.toml:19: hub.vars.CRM: a variable's name is small letters, digits and _ (64 at most)
phonehub.toml:20: hub.histroy: unknown key "histroy" (did you mean "history"?)
phonehub.toml:23: plugins.crm.accounts.0.token: a secret must not stand here in clear ("phonehub config secret \
phonehub/crm" keeps it in the keyring; then write "${keyring:phonehub/crm}" here)"""


def written(folder: Path, text: str) -> Config:
    path = folder / "phonehub.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(UserError) as error:
        written(folder, text)
    return str(error.value)


def test_all_that_is_wrong_is_told_at_once_by_line(tmp_path: Path) -> None:
    assert refused(tmp_path, WRONG) == TOLD


def test_no_message_says_a_secret(tmp_path: Path) -> None:
    said = refused(
        tmp_path, 'users.a.phone = {adapter = 3, password = "hunter2", access_code = "hunter2"}\nx = "hunter2"'
    )
    assert said.count("in clear") == 2
    assert "hunter2" not in said


def test_defaults_stand_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    config = written(tmp_path, "")
    assert config.hub.rules == (tmp_path / "rules",)
    assert config.hub.plugins == tmp_path / "plugins"
    assert config.hub.state.name == "phonehub"
    assert config.hub.database_url == f"sqlite:///{config.hub.state / 'hub.db'}"
    assert config.users == {}
    assert (config.web.host, config.web.port) == ("127.0.0.1", 0)


def test_relative_paths_count_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    config = written(tmp_path, '[hub]\nstate = "s"\nrules = ["a", "/b", "~/c"]\nadmin_rules = "locked"')
    assert config.hub.state == tmp_path / "s"
    assert config.hub.rules == (tmp_path / "a", Path("/b"), tmp_path / "home" / "c")
    assert config.hub.admin_rules == (tmp_path / "locked",)


def test_a_users_own_tables_lie_over_everyones(tmp_path: Path) -> None:
    config = written(
        tmp_path,
        """
        [dial_plan]
        country = "DE"
        area_code = "30"
        [plugins.crm]
        url = "https://crm.example"
        shown = 3
        [users.alice.phone]
        adapter = "sim"
        server = "ws://127.0.0.1:1"
        [users.alice.dial_plan]
        area_code = "40"
        [users.alice.plugins.crm]
        shown = 5
        [users.bob.phone]
        adapter = "sim"
        """,
    )
    assert config.dial_plan("alice") == DialPlan(country="DE", area_code="40")
    assert config.dial_plan("bob") == config.dial_plan() == DialPlan(country="DE", area_code="30")
    assert config.plugin("crm", "alice") == {"url": "https://crm.example", "shown": 5}
    assert config.plugin("crm", "bob") == config.plugin("crm") == {"url": "https://crm.example", "shown": 3}
    assert config.plugin("other", "alice") == {}
    assert config.users["alice"].phone
    assert config.users["alice"].phone.settings == {"server": "ws://127.0.0.1:1"}


def test_what_a_user_has_of_a_plugin_stands_beside_what_everyone_has(tmp_path: Path) -> None:
    config = written(
        tmp_path,
        """
        [plugins.crm.lookups]
        shop = {url = "https://shop.example", keep = 1}
        till = {url = "https://till.example"}
        [users.alice.plugins.crm.lookups]
        mine = {url = "https://mine.example"}
        till = {url = "https://other.example"}
        [users.bob.plugins.crm]
        lookups = "none"
        """,
    )
    assert config.plugin("crm", "alice")["lookups"] == {
        "shop": {"url": "https://shop.example", "keep": 1},
        "till": {"url": "https://other.example"},
        "mine": {"url": "https://mine.example"},
    }
    assert config.plugin("crm", "bob") == {"lookups": "none"}
    assert [*config.plugin("crm")["lookups"]] == ["shop", "till"]


def test_a_later_check_tells_the_place_where_the_setting_stands(tmp_path: Path) -> None:
    class Crm(BaseModel):
        model_config = ConfigDict(extra="forbid")
        url: str
        shown: int = 1

    config = written(
        tmp_path,
        '[plugins.crm]\nurl = 3\n[users.alice.plugins.crm]\nshwon = 1\n[users.alice.phone]\nadapter = "sim"\nurk = 1\n',
    )
    with pytest.raises(ValidationError) as error:
        Crm.model_validate(config.plugin("crm", "alice"))
    assert [str(problem) for problem in config.plugin_problems(error.value, Crm, "crm", "alice")] == [
        'phonehub.toml:2: plugins.crm.url: expected text, found "3"',
        'phonehub.toml:4: users.alice.plugins.crm.shwon: unknown key "shwon" (did you mean "shown"?)',
    ]
    assert config.users["alice"].phone
    with pytest.raises(ValidationError) as error:
        Crm.model_validate(config.users["alice"].phone.settings)
    assert [str(problem) for problem in config.problems(error.value, Crm, "users", "alice", "phone")] == [
        'phonehub.toml:5: users.alice.phone.url: "url" is missing',
        'phonehub.toml:7: users.alice.phone.urk: unknown key "urk" (did you mean "url"?)',
    ]


def test_an_access_code_is_looked_up_when_the_plan_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[dial_plan]\naccess_code = "${env:PHONE_PIN}"\n[users.a.dial_plan]\narea_code = "585"\n'
    config = written(tmp_path, text)
    with pytest.raises(UserError, match=r"phonehub.toml:2: dial_plan.access_code: .*PHONE_PIN is not set"):
        config.dial_plan("a")
    monkeypatch.setenv("PHONE_PIN", "77#1234")
    assert config.dial_plan("a").access_code == "77#1234"


def test_the_settings_are_those_of_the_plan() -> None:
    assert {name: field.default for name, field in DialPlanSection.model_fields.items()} == {
        field.name: field.default for field in fields(DialPlan)
    }


def test_the_limits_are_those_of_the_plugin_host() -> None:
    assert DispatcherSection().model_dump() == asdict(Limits())


@pytest.mark.parametrize("name", ["alice", "0", "a.b-c_d", "a" * 64])
def test_names_of_users(tmp_path: Path, name: str) -> None:
    assert list(written(tmp_path, f'[users."{name}"]').users) == [name]


@pytest.mark.parametrize("name", ["Alice", ".a", "a b", "a/b", "..", "ä", "a" * 65, "", "a\\n"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    assert "a user's name is" in refused(tmp_path, f'[users."{name}"]')


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"a = 1\nb = = 2\n", "phonehub.toml:2:5: not TOML: invalid value"),
        (b"[hub]\nstate = 'x", "phonehub.toml:2:11: not TOML: "),
        (b"[hub]\n[hub]\n", "phonehub.toml:2:5: not TOML: cannot declare ('hub',) twice"),
        (b"a = 1\nb = '\xff'\n", "phonehub.toml:2: is not UTF-8 text (save it as UTF-8)"),
        (b"hub = 3", 'phonehub.toml:1: hub: expected keys with values, found "3"'),
    ],
)
def test_what_is_not_toml_is_told_by_line_and_column(tmp_path: Path, text: bytes, told: str) -> None:
    path = tmp_path / "phonehub.toml"
    path.write_bytes(text)
    with pytest.raises(UserError) as error:
        load(path)
    assert str(error.value).startswith(told)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert list(written(tmp_path, "\ufeff[users.a]").users) == ["a"]


def test_a_missing_file_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such file") as error:
        load(tmp_path / "phonehub.toml")
    (problem,) = error.value.problems
    assert config_file.SAMPLE in problem.remedy
    written(tmp_path, config_file.SAMPLE)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        load(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="rights of others are POSIX's")
def test_a_file_that_everyone_can_change_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "phonehub.toml"
    path.write_text("")
    path.chmod(0o666)
    with pytest.raises(UserError, match=rf"everyone on this computer can change it.*chmod o-w {path}"):
        load(path)
    path.chmod(0o644)
    load(path)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    assert "is larger than" in refused(tmp_path, "#" * (config_file.LONGEST + 1))


def test_where_the_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("PHONEHUB_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    assert config_file.find() == tmp_path / "xdg" / "phonehub" / "phonehub.toml"
    (tmp_path / "phonehub.toml").touch()
    assert config_file.find() == tmp_path / "phonehub.toml"
    monkeypatch.setenv("PHONEHUB_CONFIG", "other.toml")
    assert config_file.find() == tmp_path / "other.toml"
    assert config_file.find("given.toml") == tmp_path / "given.toml"


@pytest.mark.parametrize("text", ["[hub]\nstate = 3", "hub = 3", "= broken", ""])
def test_the_state_folder_is_found_in_whatever_is_there(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    path = tmp_path / "phonehub.toml"
    path.write_text(text)
    assert config_file.state_folder(path) == tmp_path / "xdg" / "phonehub"
    path.write_text('nonsense = true\n[hub]\nstate = "s"')
    assert config_file.state_folder(path) == tmp_path / "s"


def test_places_are_found_through_all_that_toml_allows(tmp_path: Path) -> None:
    path = tmp_path / "phonehub.toml"
    text = (
        'a.b = 1\n"quoted key"=2\nlong = """\n[no.table]\nx = 1\n"""\n[ t . "u.v" ] # told\nlist = [\n  "x = 1",\n]\n'
    )
    file = config_file.parse(path, text.encode())
    assert {keys: line for keys, line in file.lines.items() if "x" not in keys} == {
        ("a",): 1, ("a", "b"): 1, ("quoted key",): 2, ("long",): 3, ("t",): 7, ("t", "u.v"): 7, ("t", "u.v", "list"): 8,
    }  # fmt: skip
    assert file.place("t", "u.v", "list", 0) == "phonehub.toml:8: t.u.v.list.0"
    assert file.place("nowhere") == "phonehub.toml: nowhere"


def test_secrets_in_clear_are_hidden() -> None:
    shown = redacted(
        {"password": "x", "url": "pg://u:pw@h/d", "list": [{"token": 3}], "user": "u", "p": {"secret": "${env:X}"}}
    )
    assert shown == {
        "password": "•••", "url": "pg://u:•••@h/d", "list": [{"token": "•••"}], "user": "u",
        "p": {"secret": "${env:X}"},
    }  # fmt: skip
