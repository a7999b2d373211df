from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub import config
from hub.doctor.finding import Verdict
from hub.doctor.recording import AN_HOUR, recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Phonehub = Callable[..., subprocess.CompletedProcess[str]]

PHONEHUB = Path(sys.executable).parent / "phonehub"
SCENARIO = Path(__file__).resolve().parents[2] / "samples" / "scenarios" / "two-desks.yaml"
RULE = "on: ring\ndo:\n  - note: rang\n"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    command = [PHONEHUB, "sim", "--scenario", SCENARIO, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sim:
        assert sim.stdout
        yield next(found[0] for line in sim.stdout if (found := re.search(r"ws://[\d.]+:\d+", line)))
        sim.send_signal(signal.SIGINT)


@dataclass
class Patient:
    """A configuration in which everything is as it should be, and the doctor."""

    phonehub: Phonehub
    home: Path
    server: str

    def __post_init__(self) -> None:
        self.write(f'adapter = "sim"\nserver = "{self.server}"\nuser = "alice"\npassword = "${{env:PW}}"')
        (self.home / "rules").mkdir()
        (self.home / "rules" / "10-note.yaml").write_text(RULE)
        (self.home / "plugins").mkdir()

    def write(self, phone: str, rest: str = "") -> None:
        hub = '[hub]\nstate = "state"\n[plugins.screenpop]\nbrowser = ["true"]\n'
        (self.home / "phonehub.toml").write_text(f"{hub}[users.alice.phone]\n{phone}\n{rest}")

    def examined(self, password: str = "alice-sim") -> tuple[int, list[dict[str, Any]]]:
        ran = self.phonehub("doctor", "--json", PW=password)
        assert ran.stderr == ""
        return ran.returncode, json.loads(ran.stdout)

    def complaint(self, about: str, password: str = "alice-sim") -> tuple[str, str]:
        """Return what is wrong and the remedy; everything else must be well."""
        code, findings = self.examined(password)
        bad = [finding for finding in findings if finding["verdict"] == "bad"]
        assert code == 1
        assert [finding["about"] for finding in bad] == [about]
        return bad[0]["told"], bad[0]["remedy"]


@pytest.fixture
def patient(phonehub: Phonehub, home: Path, server: str) -> Patient:
    return Patient(phonehub, home, server)


@pytest.mark.feature("UI-08")
@pytest.mark.feature("CLI-01")
def test_all_is_well_before_the_first_start(patient: Patient) -> None:
    code, findings = patient.examined()
    told = {finding["about"]: finding["told"] for finding in findings if finding["verdict"] == "good"}
    assert code == 0
    assert told["configuration"].endswith("phonehub.toml: alice")
    assert '"phonehub run" makes it' in told["state folder"]
    assert '"phonehub run" makes it' in told["database"]
    assert re.match(r"reached and signed in; it can .*\banswer, ", told["phone of alice"])
    assert re.search(r"loaded: .*sim.*screenpop", told["plugins"])
    assert told["rules"].startswith("1 in force from ")
    assert told["browser"].endswith("/true")
    assert "clock" in told
    assert [finding["told"] for finding in findings if finding["verdict"] == "note"] == ["it is not running"]
    assert not (patient.home / "state").exists()


def test_a_running_hub_is_asked(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "alice-sim")
    with subprocess.Popen([PHONEHUB, "run"], stdout=subprocess.PIPE, text=True, cwd=patient.home) as hub:
        assert hub.stdout
        assert "phonehub is up" in hub.stdout.readline()
        with subprocess.Popen(
            [PHONEHUB, "calls", "--watch", "--json"], stdout=subprocess.PIPE, text=True, cwd=patient.home
        ) as watch:
            assert watch.stdout
            while '"connected"' not in watch.stdout.readline():
                pass
            watch.send_signal(signal.SIGINT)
        code, findings = patient.examined(password="not needed")
        hub.send_signal(signal.SIGTERM)
    told = {finding["about"]: finding["told"] for finding in findings}
    assert (code, {finding["verdict"] for finding in findings}) == (0, {"good"}), findings
    assert re.fullmatch(r"version 0\.1\.0 is running at http://127\.0\.0\.1:\d+", told["hub"])
    assert told["phone of alice"].startswith("connected; it can ")
    assert told["state folder"].endswith("yours alone")
    assert told["rules"].startswith("1 in force")


@pytest.mark.feature("ACC-01")
def test_a_wrong_password_an_unknown_user_and_a_refused_handset_are_told_apart(patient: Patient) -> None:
    told, remedy = patient.complaint("phone of alice", password="wrong-one")
    assert "refuses" in told
    assert "password" in told
    assert "phonehub config secret" in remedy
    assert "wrong-one" not in told + remedy
    for setting, word in (('user = "alcie"', "`user`"), ('user = "alice"\nhandsets = ["toaster"]', "`handsets`")):
        patient.write(f'adapter = "sim"\nserver = "{patient.server}"\n{setting}\npassword = "${{env:PW}}"')
        told, remedy = patient.complaint("phone of alice")
        assert "refuses" in told
        assert word in remedy


@pytest.mark.parametrize(
    ("phone", "told", "remedy"),
    [
        ('server = "ws://127.0.0.1:9"', "not reached", "look whether the phone system runs"),
        ('server = "ws://no.such.host.invalid:9"', "not reached", "look whether the phone system runs"),
        (
            'server = "ws://127.0.0.1:9"\nhandset = []',
            "phonehub.toml:10: users.alice.phone.handset: unknown key",
            "handsets",
        ),
    ],
)
def test_a_phone_that_cannot_be_reached(patient: Patient, phone: str, told: str, remedy: str) -> None:
    patient.write(f'adapter = "sim"\nuser = "alice"\npassword = "${{env:PW}}"\n{phone}')
    said = patient.complaint("phone of alice")
    assert told in said[0]
    assert remedy in said[1]


def test_an_unknown_adapter_names_the_nearest(patient: Patient) -> None:
    patient.write('adapter = "smi"')
    told, remedy = patient.complaint("phone of alice")
    assert told.startswith('phonehub.toml:6: users.alice.phone.adapter: there is no phone adapter "smi"')
    assert remedy == 'did you mean "sim"?'


def test_a_secret_that_is_missing(patient: Patient) -> None:
    told, remedy = patient.complaint("phone of alice", password="")
    assert "the environment variable PW is" in told
    assert "set it" in remedy


def test_no_file_says_what_to_write(phonehub: Phonehub) -> None:
    ran = phonehub("doctor")
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "there is no such file" in ran.stdout
    assert "-> make one, beginning with:" in ran.stdout
    assert "[users.alice.phone]" in ran.stdout


def test_a_state_folder_that_others_can_read(patient: Patient) -> None:
    (patient.home / "state").mkdir(mode=0o755)
    told, remedy = patient.complaint("state folder")
    assert "others on this computer can get at" in told
    assert remedy == f"chmod go-rwx {patient.home / 'state'}"


def test_a_state_folder_that_is_a_file(patient: Patient) -> None:
    (patient.home / "state").write_text("")
    code, findings = patient.examined()
    told = [each["told"] for each in findings if each["about"] == "state folder"]
    assert (code, told) == (1, [f"{patient.home / 'state'} is not a folder"])


def test_a_damaged_database(patient: Patient) -> None:
    (patient.home / "state").mkdir(mode=0o700)
    (patient.home / "state" / "hub.db").write_bytes(b"no database" * 100)
    (patient.home / "state" / "hub.db").chmod(0o600)
    told, remedy = patient.complaint("database")
    assert "it is no phonehub database" in told
    assert "backup" in remedy


def test_a_hub_that_was_killed(patient: Patient) -> None:
    (patient.home / "state").mkdir(mode=0o700)
    (patient.home / "state" / "api.json").write_text('{"url": "http://127.0.0.1:9", "pid": 4194304}')
    (patient.home / "state" / "api.json").chmod(0o600)
    told, remedy = patient.complaint("hub")
    assert "it ended without saying so" in told
    assert "phonehub run" in remedy


def test_a_broken_plugin(patient: Patient) -> None:
    (patient.home / "plugins" / "lamp.py").write_text("raise SystemExit('no lamp')\n")
    told, remedy = patient.complaint("plugins")
    assert told.startswith("lamp failed: ")
    assert "no lamp" in told
    assert "phonehub plugins info lamp" in remedy


def test_what_the_check_of_the_configuration_refuses_is_told(patient: Patient) -> None:
    phone = f'adapter = "sim"\nserver = "{patient.server}"\nuser = "alice"\npassword = "${{env:PW}}"'
    for rest, told in (
        ('[plugins.calendar.sources.work]\nkind = "file"\npath = "work.ics"', "should be a whole path"),
        ('[users.bob.plugins.calendar]\nzone = "Mars"', "'Mars' is no time zone"),  # it goes on for alice
        ('[journals.crm]\nmethod = "PUT"', '"url" is missing'),
        ("[plugins.nosuch]\non = true", 'there is no plugin "nosuch"'),
    ):
        patient.write(phone, rest)
        assert told in patient.complaint("configuration")[0]
        assert patient.phonehub("config", "check", PW="alice-sim").returncode == 1


def test_a_broken_rule(patient: Patient) -> None:
    (patient.home / "rules" / "20-bad.yaml").write_text("on: rnig\ndo:\n  - note: rang\n")
    told, remedy = patient.complaint("rules")
    assert told.startswith("rules/20-bad.yaml:1:5: on: ")
    assert 'did you mean "ring"?' in remedy


def test_no_browser(patient: Patient) -> None:
    config = patient.home / "phonehub.toml"
    config.write_text(config.read_text().replace('"true"', '"netscape"'))
    told, remedy = patient.complaint("browser")
    assert told == "there is no netscape"
    assert "[plugins.screenpop]" in remedy


@pytest.mark.feature("REC-10")
def test_where_recordings_go_is_looked_at(patient: Patient) -> None:
    def told() -> tuple[int, dict[str, Any]]:
        code, findings = patient.examined()
        (found,) = [each for each in findings if each["about"] == "recording"]
        return code, found

    code, found = told()
    assert (code, found["verdict"]) == (0, "good")
    assert re.search(r"recordings has room for [\d,]+ hours of calls$", found["told"])
    server = f'adapter = "sim"\nserver = "{patient.server}"\nuser = "alice"\npassword = "${{env:PW}}"'
    patient.write(server, '[recording]\nfolder = "audio"')
    code, found = told()
    assert (code, found["verdict"]) == (1, "bad")
    assert found["told"] == f"there is no folder {patient.home / 'audio'}"
    assert "make it" in found["remedy"]
    (patient.home / "audio").mkdir()
    assert told()[0] == 0


@pytest.mark.feature("REC-10")
def test_what_recording_lacks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "phonehub.toml"
    path.write_text('[hub]\nstate = "state"\n[users.alice.phone]\nadapter = "sim"\n')

    def verdict() -> tuple[Verdict, str, str]:
        (found,) = recording(config.load(path))
        return found.verdict, found.told, found.remedy

    space = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: space._replace(free=3 * AN_HOUR))
    assert verdict()[:2] == (Verdict.NOTE, f"{tmp_path / 'state' / 'recordings'} has room for 3 hours of calls")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: space._replace(free=1))
    assert verdict()[0] is Verdict.BAD
    monkeypatch.setattr("os.access", lambda *_: False)
    assert verdict()[:2] == (Verdict.BAD, f"{tmp_path} cannot be written")
    monkeypatch.setattr("hub.doctor.recording.find_spec", lambda name: None if name == "av" else name)
    lacking = "no call can be recorded: av not installed"
    assert verdict() == (Verdict.NOTE, lacking, 'pip install "phonehub[recording]"')
    path.write_text(path.read_text() + "[recording]\nrecord_all = true\n")
    assert verdict()[:2] == (Verdict.BAD, lacking)
