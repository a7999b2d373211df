from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from at_work import AtWork, at_work

from hub.rules.folders import Folder, Library
from hub.rules.load import Loader
from hub.rules.parts import Macro
from hub.rules.vocabulary import Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

RULE = "{on: ring, do: {note: x}}"


def ids(library: Library) -> list[str]:
    return [rule.id for rule in library.rules.rules]


def library(*folders: Folder) -> Library:
    found = Library(Loader(Vocabulary()), folders)
    found.look()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "rules"
    path.mkdir()
    return path


async def in_force(work: AtWork, wanted: list[str], within: float = 1.0) -> None:
    """Wait until exactly these rules are in force."""
    async with asyncio.timeout(within):
        await work.until(lambda: ids(work.library) == wanted)


@pytest.mark.feature("RULE-01")
async def test_whatever_happens_in_the_folder_is_in_force_within_a_second(tmp_path: Path) -> None:
    async with at_work(tmp_path, {"20-b.yaml": RULE}) as work:
        assert ids(work.library) == ["user/20-b.yaml"]
        work.write("10-a.yaml", RULE)
        await in_force(work, ["user/10-a.yaml", "user/20-b.yaml"])
        before = work.library.rules.rules[1]
        work.write("10-a.yaml", f"[{RULE}, {RULE}]")
        await in_force(work, ["user/10-a.yaml#1", "user/10-a.yaml#2", "user/20-b.yaml"])
        assert work.library.rules.rules[2] is before, "what has not changed is not compiled again"
        (work.folder / "10-a.yaml").rename(work.folder / "30-a.yaml")
        await in_force(work, ["user/20-b.yaml", "user/30-a.yaml#1", "user/30-a.yaml#2"])
        (work.folder / "20-b.yaml").unlink()
        await in_force(work, ["user/30-a.yaml#1", "user/30-a.yaml#2"])
        (work.folder / ".new").write_text(RULE)  # as editors write: beside, then over it
        (work.folder / ".new").replace(work.folder / "30-a.yaml")
        await in_force(work, ["user/30-a.yaml"])


@pytest.mark.feature("RULE-01")
async def test_a_folder_may_come_go_and_come_back(tmp_path: Path) -> None:
    async with at_work(tmp_path, {}) as work:
        for _ in range(2):
            shutil.rmtree(work.folder)
            await in_force(work, [])
            work.folder.mkdir()
            work.write("a.yaml", RULE)
            await in_force(work, ["user/a.yaml"])
            work.write("b.yaml", RULE)
            await in_force(work, ["user/a.yaml", "user/b.yaml"])


@pytest.mark.feature("RULE-01", "RULE-02")
async def test_a_broken_file_keeps_its_last_good_version_and_is_shown(tmp_path: Path) -> None:
    async with at_work(tmp_path, {"a.yaml": RULE, "b.yaml": "{on: ring}"}) as work:
        assert ids(work.library) == ["user/a.yaml"]
        assert [problem.place.rpartition("/")[2] for problem in work.rules.problems] == ["b.yaml:1:1"]
        good = work.library.rules.rules[0]
        work.write("a.yaml", "{on: rign, do: {note: x}}")
        async with asyncio.timeout(1):
            await work.until(lambda: len(work.rules.problems) == 2)
        assert work.library.rules.rules == (good,)
        file = work.rules.files[0]
        assert (file.stale, file.rules) == (True, (good,))
        assert 'did you mean "ring"' in str(file.problems[0])
        work.write("b.yaml", RULE)
        work.write("a.yaml", RULE)
        await in_force(work, ["user/a.yaml", "user/b.yaml"])
        async with asyncio.timeout(1):
            await work.until(lambda: not work.rules.problems)
        assert not work.rules.files[0].stale


async def test_it_looks_now_and_then_without_a_sign(tmp_path: Path) -> None:
    async with at_work(tmp_path, {}) as work:
        work.rules._watcher._observer.unschedule_all()
        work.rules._watcher._rescan = 0.05
        work.rules._watcher.look_again()
        work.write("a.yaml", RULE)
        await in_force(work, ["user/a.yaml"])


async def test_other_words_have_every_file_checked_again(tmp_path: Path) -> None:
    async with at_work(tmp_path, {"a.yaml": "{on: ring, when: {macro: {TIDE: high}}, do: {note: x}}"}) as work:
        assert ids(work.library) == []
        vocabulary = Vocabulary()
        vocabulary.add("sea", Macro(name="TIDE", expand=lambda _facts: "high", doc=""))
        work.rules.use(Loader(vocabulary))
        await in_force(work, ["user/a.yaml"])
        work.rules.use(Loader(Vocabulary()))
        await in_force(work, [])


@pytest.mark.feature("RULE-01")
def test_the_order_is_administrator_user_package_and_by_name(tmp_path: Path) -> None:
    for name in ("p", "u", "a", "u2"):
        (tmp_path / name).mkdir()
        for file in ("b.yaml", "a.yml"):
            (tmp_path / name / file).write_text(RULE)
    found = library(
        Folder(tmp_path / "p", "package"),
        Folder(tmp_path / "u", "user"),
        Folder(tmp_path / "a", "admin"),
        Folder(tmp_path / "u2", "user"),
    )
    assert ids(found) == [
        "admin/a.yml", "admin/b.yaml", "user/a.yml", "user/b.yaml",
        "user2/a.yml", "user2/b.yaml", "package/a.yml", "package/b.yaml",
    ]  # fmt: skip
    assert [rule.locked for rule in found.rules.rules] == [True] * 2 + [False] * 6


def test_what_editors_leave_is_no_rule(folder: Path) -> None:
    for name in (".a.yaml.swp", ".a.yaml", "a.yaml~", "#a.yaml#", "a.yaml.bak", "notes.txt", "~a.yaml", "4913"):
        (folder / name).write_text(RULE)
    (folder / "sub.yaml").mkdir()
    found = library(Folder(folder, "user"))
    assert ids(found) == []
    assert [problem.cause for problem in found.problems] == ["it cannot be read: Is a directory"]


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "a.yaml")
    assert [problem.cause for problem in library(Folder(folder, "user")).problems] == ["this is not a file"]


@pytest.mark.feature("RULE-09")
@pytest.mark.parametrize(
    ("mode", "cause", "remedy"),
    [(0o646, "everybody can write it", "chmod o-w"), (0o666, "everybody can write it", "chmod o-w"), (0o644, "", "")],
)
def test_a_file_that_everybody_can_write_is_refused(folder: Path, mode: int, cause: str, remedy: str) -> None:
    file = folder / "a.yaml"
    file.write_text(RULE)
    found = library(Folder(folder, "user"))
    file.chmod(mode)
    found.look()
    assert ids(found) == ([] if cause else ["user/a.yaml"]), "not even its last good version is in force"
    assert all(cause in problem.cause and problem.remedy == f"{remedy} {file}" for problem in found.problems)
    assert len(found.problems) == bool(cause)
    file.chmod(0o600)
    found.look()
    assert ids(found) == ["user/a.yaml"]


@pytest.mark.feature("RULE-09")
def test_a_folder_that_everybody_can_write_is_refused(folder: Path) -> None:
    (folder / "a.yaml").write_text(RULE)
    folder.chmod(0o777)
    found = library(Folder(folder, "user"))
    assert ids(found) == []
    (problem,) = found.problems
    assert (problem.cause, problem.remedy) == (
        "no rule in this folder is taken: everybody can write it", f"chmod o-w {folder}",
    )  # fmt: skip


@pytest.mark.feature("RULE-09")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_another_user_is_refused(folder: Path) -> None:
    (folder / "a.yaml").write_text(RULE)
    (folder / "b.yaml").write_text(RULE)
    os.chown(folder / "a.yaml", 12345, -1)
    found = library(Folder(folder, "user"))
    assert ids(found) == ["user/b.yaml"]
    assert "belongs to user 12345, who could change it" in found.problems[0].cause
    os.chown(folder, 12345, -1)
    found.look()
    assert ids(found) == []


@pytest.mark.feature("RULE-09")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to any group")
def test_a_group_of_others_must_not_write(folder: Path) -> None:
    file = folder / "a.yaml"
    file.write_text(RULE)
    os.chown(file, -1, 12345)
    file.chmod(0o664)
    found = library(Folder(folder, "user"))
    assert [problem.remedy for problem in found.problems] == [f"chmod g-w {file}"]
    os.chown(file, -1, os.getegid())  # root's own group has nobody else in it
    found.look()
    assert ids(found) == ["user/a.yaml"]


def test_a_file_that_cannot_be_read_keeps_its_last_good_version(folder: Path) -> None:
    file = folder / "a.yaml"
    file.write_text(RULE)
    found = library(Folder(folder, "user"))
    file.unlink()
    file.symlink_to(folder / "nowhere")
    assert found.look()
    assert (ids(found), found.files[0].stale) == (["user/a.yaml"], True)
    assert "cannot be read" in found.problems[0].cause


def test_looking_again_at_the_same_is_no_change(folder: Path) -> None:
    file = folder / "a.yaml"
    file.write_text(RULE)
    found = library(Folder(folder, "user"))
    assert not found.look()
    os.utime(file, ns=(0, 0))
    rules = found.rules
    assert not found.look()
    assert found.rules is rules
    file.write_text(RULE.replace("x", "y"))
    os.utime(file, ns=(0, 0))
    assert found.look(), "the same size and time, but another content"
