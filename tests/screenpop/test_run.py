from __future__ import annotations

import asyncio
import json
import os
import select
import sys
from typing import TYPE_CHECKING, Any

import pytest
from at_work import at_work
from facts_of import ringing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub_screenpop import ScreenPop
from hub_screenpop.command import is_batch_file, split

if TYPE_CHECKING:
    from pathlib import Path

    from popped import Program

HOSTILE = [
    "O'Brien \"Bob\"",
    "$(touch owned) `touch owned`",
    "; touch owned; && touch owned || touch owned | touch owned > owned",
    "%CALLNUM% {{ 7*7 }} ${env:HOME} $HOME %PATH%",
    "..", "../../etc/passwd", "%2e%2e", "*?[a-z]~",
    "\u202eevil\u202c\u200f\u2066",
    "Zoë 🦄 李",
    "a\\b\\", "^&()!", "''", "a b  c",
]  # fmt: skip


def parts() -> list[Any]:
    return list(ScreenPop().register_rule_parts())


def found(folder: Path, name: str) -> list[Path]:
    return list(folder.rglob(name))


def rule(*command: str, **more: Any) -> dict[str, str]:
    return {"a.yaml": json.dumps({"on": "ring", "do": {"run": {"command": command, **more}}})}


@pytest.mark.feature("RULE-05", "RULE-12")
async def test_a_command_runs_and_is_told_of(tmp_path: Path) -> None:
    async with at_work(
        tmp_path, {"a.yaml": "{on: ring, do: {run: [echo, hello, '%CALLNAME%']}}"}, parts=parts()
    ) as work:
        (record,) = await work.tell(ringing())
        assert (record.status, record.detail, record.output, record.exit_status) == (
            "ok", "echo hello 'Jane Doe'", "hello Jane Doe\n", 0,
        )  # fmt: skip


@pytest.mark.feature("RULE-09")
async def test_what_the_caller_sends_is_one_argument_whatever_it_is(tmp_path: Path, program: Program) -> None:
    files = {
        "a.yaml": json.dumps(
            {"on": "ring", "do": {"run": [str(program.path), "--name", "%CALLNAME%", "n=%CALLNAME%"]}}
        ),
        "b.yaml": json.dumps({"on": "ring", "do": {"run": f"{program.path} '{{{{ callname }}}}' \"<%CALLNAME%>\""}}),
    }
    for file, text in files.items():
        folder = tmp_path / file
        folder.mkdir()
        async with at_work(folder, {file: text}, parts=parts()) as work:
            for number, name in enumerate(HOSTILE):
                await work.tell(ringing(id=f"{number}.alice", caller="1", caller_name=name))
    split_once = len(HOSTILE)
    assert program.argvs[:split_once] == [["--name", name, f"n={name}"] for name in HOSTILE]
    assert program.argvs[split_once:] == [[name, f"<{name}>"] for name in HOSTILE]
    assert not found(tmp_path, "owned")


@pytest.mark.feature("RULE-09")
@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\tb", "a\x00b", "a\x1b[2Jb", "a\x7fb", "a\x85b", "\n"])
async def test_control_characters_are_refused(tmp_path: Path, program: Program, name: str) -> None:
    async with at_work(tmp_path, rule(str(program.path), "%CALLNAME%"), parts=parts()) as work:
        (record,) = await work.tell(ringing(caller="1", caller_name=name))
        assert record.status == "refused"
        assert "control characters" in record.detail
        assert record.detail.isprintable()
    assert program.runs == []


@pytest.mark.feature("RULE-09")
@pytest.mark.parametrize(
    ("name", "argument", "received"),
    [
        ("-rf", "%CALLNAME%", " -rf"),
        ("--help", "{{ callname }}", " --help"),
        ("--help", "{% if true %}%CALLNAME%{% endif %}", " --help"),
        ("-x", "--name=%CALLNAME%", "--name=-x"),
        ("-x", "n%CALLNAME%", "n-x"),
        ("x" * 10_000, "%CALLNAME%", "x" * 1024),
        ("a\ud800b\udcff", "%CALLNAME%", "a\ufffdb\ufffd"),
        ("", "%CALLNAME%", ""),
    ],
)
async def test_what_an_argument_becomes(
    tmp_path: Path, program: Program, name: str, argument: str, received: str
) -> None:
    async with at_work(tmp_path, rule(str(program.path), argument), parts=parts()) as work:
        (record,) = await work.tell(ringing(caller="1", caller_name=name))
        assert record.status == "ok", record
    assert program.argvs == [[received]]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40))
@pytest.mark.feature("RULE-09")
def test_any_name_arrives_as_it_was_sent(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    from popped import Program

    folder = tmp_path_factory.mktemp("any")
    program = Program(folder)

    async def ring() -> None:
        async with at_work(folder, rule(str(program.path), "%CALLNAME%", "end"), parts=parts()) as work:
            (record,) = await work.tell(ringing(caller="1", caller_name=name))
            assert record.status == "ok", record

    asyncio.run(ring())
    assert program.argvs == [[f" {name}" if name.startswith("-") else name, "end"]]


@pytest.mark.feature("RULE-09")
async def test_secrets_reach_a_command_by_environment_and_input_and_nobody_else(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_TOKEN", "s3cr3t-token")
    files = rule(
        str(program.path),
        "%CALLNUM%",
        env={"CRM_TOKEN": "${env:OUR_TOKEN}", "CRM_CALLER": "%CALLNAME%"},
        stdin="key ${env:OUR_TOKEN} for %CALLNAME%",
    )
    async with at_work(tmp_path, files, parts=parts()) as work:
        (record,) = await work.tell(ringing(caller="204", caller_name="${env:OUR_TOKEN}"))
        (run,) = program.runs
        assert run["env"] == {"CRM_TOKEN": "s3cr3t-token", "CRM_CALLER": "${env:OUR_TOKEN}"}
        assert run["stdin"] == "key s3cr3t-token for ${env:OUR_TOKEN}"
        assert record.output == "told •••\n"
        assert "s3cr3t" not in f"{record}{work.emitted}"


@pytest.mark.feature("RULE-09")
async def test_a_secret_that_is_missing_fails_the_action_alone(tmp_path: Path, program: Program) -> None:
    async with at_work(tmp_path, rule(str(program.path), env={"CRM_TOKEN": "${env:NOT_SET}"}), parts=parts()) as work:
        (record,) = await work.tell(ringing())
        assert record.status == "failed"
        assert "NOT_SET" in record.detail
    assert program.runs == []


@pytest.mark.feature("RULE-09", "RULE-02")
@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ('["%CALLNAME%"]', "2:11: do.run: the program must not have macros"),
        ('["/bin/%CALLNAME%", x]', "the program must not have macros"),
        ('"{{ callname }} x"', "the program must not have macros"),
        ('["x.bat", y]', "a batch file takes its arguments apart again"),
        ('["X.CmD. ", y]', "a batch file takes its arguments apart again"),
        ('[echo, "${env:HOME}"]', "2:19: do.run.1: a secret must not stand here: ${env:HOME}"),
        ('"echo ${keyring:x}"', "a secret must not stand here"),
        ('[echo, "${crm}/x"]', "${crm} can only be the beginning of a URL"),
        ('[echo, "{{ call.nubmer }}"]', '2:27: do.run.1: there is no "nubmer" (did you mean "number"?)'),
        ("\"echo '{{ call.nubmer }}'\"", 'there is no "nubmer"'),
        ('"echo \'open"', "the command cannot be split: No closing quotation"),
        ("[]", "a command has at least its program"),
        ('""', "a command has at least its program"),
        ("{command: [echo], evn: {}}", 'unknown key "evn" (did you mean "env"?)'),
        ('{command: [echo], env: {"A=B": x}}', "is no name for an environment variable"),
        ('[sh, -c, "echo %CALLNAME%"]', "is a script, and the caller would write a part of it"),
        ('[/bin/bash, -lc, "echo {{ callname }}"]', "is a script"),
        ("[python3, -c, \"print('%CALLNAME%')\"]", "is a script"),
        ('[perl, -e, "%CALLNAME%"]', "is a script"),
        ('[powershell.exe, echo, "%CALLNAME%"]', "would run what the caller sends"),
        ('[cmd, /c, echo, "%CALLNAME%"]', "would run what the caller sends"),
    ],
)
async def test_a_command_that_could_run_something_else_is_refused_on_loading(
    tmp_path: Path, command: str, problem: str
) -> None:
    files = {"a.yaml": f"on: ring\ndo: {{run: {command}}}\n"}
    async with at_work(tmp_path, files, parts=parts(), variables={"crm": "https://x"}) as work:
        (told,) = work.rules.problems
        assert problem in str(told)
        assert ":2:" in told.place


async def test_a_script_of_the_author_is_welcome(tmp_path: Path) -> None:
    files = rule("sh", "-c", 'echo "<$1>"', "sh", "%CALLNAME%")
    async with at_work(tmp_path, files, parts=parts()) as work:
        (record,) = await work.tell(ringing(caller="1", caller_name='"; touch owned; "'))
        assert record.output == '<"; touch owned; ">\n'


@pytest.mark.feature("RULE-12")
@pytest.mark.parametrize(
    ("command", "status", "exit_status"),
    [(["false"], "failed", 1), (["sh", "-c", "kill -9 $$"], "failed", -9), (["/no/such/program"], "failed", None)],
)
async def test_how_a_command_ends(tmp_path: Path, command: list[str], status: str, exit_status: int | None) -> None:
    async with at_work(tmp_path, rule(*command), parts=parts()) as work:
        (record,) = await work.tell(ringing())
        assert (record.status, record.exit_status) == (status, exit_status)


@pytest.mark.feature("RULE-15", "RULE-12")
async def test_output_is_bounded_and_its_tail_kept(tmp_path: Path) -> None:
    script = "import sys; sys.stdout.write('x' * 3_000_000 + 'end'); sys.stderr.write('error')"
    async with at_work(tmp_path, rule(sys.executable, "-c", script), parts=parts()) as work:
        (record,) = await work.tell(ringing())
        assert len(record.output) <= 4000
        assert record.output.endswith(("xenderror", "xend"))


def wait_for_the_end(pid: int) -> None:
    """Return when a process is gone; nobody else's child can be waited for in another way."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    assert select.select([descriptor], [], [], 10)[0], "it is still alive"
    os.close(descriptor)


def read(path: Path) -> str:
    return path.read_text()


@pytest.mark.feature("RULE-15")
async def test_the_deadline_ends_a_command_and_all_that_it_started(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/child; echo started; sleep 60"
    files = {"a.yaml": json.dumps({"on": "ring", "limits": {"deadline": "0.5"}, "do": {"run": ["sh", "-c", script]}})}
    async with at_work(tmp_path, files, parts=parts()) as work:
        (record,) = await work.tell(ringing())
        assert record.status == "timeout"
        assert "started" in record.detail
        await asyncio.to_thread(wait_for_the_end, int(read(tmp_path / "child")))


async def test_stopping_the_rules_ends_their_commands(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pid")
    async with at_work(tmp_path, rule("sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 60"), parts=parts()) as work:
        work.rules._drain = 0.01
        work.rules.consume(ringing().event)
        pid = int(await asyncio.to_thread(read, tmp_path / "pid"))
    await asyncio.to_thread(wait_for_the_end, pid)


async def test_what_a_command_leaves_running_does_not_hold_it_up(tmp_path: Path) -> None:
    async with at_work(tmp_path, rule("sh", "-c", "sleep 5 & echo done"), parts=parts()) as work:
        (record,) = await work.tell(ringing())
        assert (record.status, record.output) == ("ok", "done\n")
        assert record.duration < 4


@pytest.mark.feature("RULE-14")
async def test_on_a_server_only_the_administrators_rules_run_commands(tmp_path: Path, program: Program) -> None:
    files = rule(str(program.path), "x")
    async with at_work(tmp_path, files, parts=parts(), server=True) as work:
        assert "on a server only the administrator's rules" in str(work.rules.problems[0])
        await work.tell(ringing())
        assert program.runs == []
    async with at_work(tmp_path, files, parts=parts(), server=True, locked=True) as work:
        await work.tell(ringing())
        assert program.argvs == [["x"]]


@pytest.mark.feature("RULE-09")
def test_a_line_is_split_as_the_platform_does() -> None:
    assert split("a 'b c' \"d e\" f\\ g", windows=False) == ["a", "b c", "d e", "f g"]
    assert split(r'C:\Tools\pop.exe "C:\Program Files\x" %CALLNUM%', windows=True) == [
        r"C:\Tools\pop.exe", r"C:\Program Files\x", "%CALLNUM%",
    ]  # fmt: skip
    for windows in (True, False):
        assert split("x {{ call.name|default('a b') }}{% if x %}y{% endif %} z", windows=windows) == [
            "x", "{{ call.name|default('a b') }}{% if x %}y{% endif %}", "z",
        ]  # fmt: skip


@pytest.mark.parametrize("name", ["a.bat", "A.BAT", "a.cmd", "a.Cmd...", "a.bat  ", "c:\\x\\a.cmd. ."])
def test_batch_files(name: str) -> None:
    assert is_batch_file(name)
    assert not is_batch_file("batman")
    assert not is_batch_file("a.bat.exe")
