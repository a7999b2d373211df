"""What a plugin's author gets: a complete package as a pattern, and a beginning of one's own that works."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from hub.errors import UserError
from hub.testing.new_plugin import write_plugin

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "plugin-tally"
TESTS = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, **environment}
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def built(project: Path, folder: Path) -> Path:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, project, folder=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Make an environment with phonehub and its dependencies, but none of its plugins' authors' packages."""
    place = tmp_path / "venv"
    venv.create(place, with_pip=False)
    site = place / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    # an editable install is itself a path file, which this one must name too
    (site / "phonehub.pth").write_text(
        "\n".join([sysconfig.get_path("purelib"), str(ROOT), str(ROOT / "plugins")]), encoding="utf-8"
    )
    return place / "bin" / "python"


def install(python: Path, wheel: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index"]
    run(*pip, wheel, folder=wheel.parent)


@pytest.mark.timeout(180)
@pytest.mark.feature("PLUG-05", "PLUG-06", "PLUG-01")
def test_the_sample_package_is_built_installed_found_and_works(tmp_path: Path, python: Path) -> None:
    install(python, built(SAMPLE, tmp_path))
    config = tmp_path / "phonehub.toml"
    config.write_text('[hub]\nstate = "state"\n[users.alice]\n', encoding="utf-8")
    listed = run(python, "-m", "hub.cli", "--config", config, "plugins", "list", folder=tmp_path)
    assert "tally" in listed
    assert "phonehub-tally" in listed
    assert "passed" in run(python, *TESTS, SAMPLE / "tests", "-c", SAMPLE / "pyproject.toml", folder=tmp_path)


@pytest.mark.timeout(180)
@pytest.mark.feature("PLUG-06")
def test_a_new_package_passes_its_own_tests_and_is_found(tmp_path: Path, python: Path) -> None:
    run(sys.executable, "-m", "hub.cli", "plugins", "new", "busy_day", "--folder", tmp_path, folder=tmp_path)
    package = tmp_path / "phonehub-busy-day"
    assert "2 passed" in run(sys.executable, *TESTS, folder=package)
    dist = tmp_path / "dist"
    dist.mkdir()
    install(python, built(package, dist))
    assert "2 passed" in run(python, *TESTS, package / "tests", "-c", package / "pyproject.toml", folder=tmp_path)


def test_a_new_package_is_never_written_over_another(tmp_path: Path) -> None:
    write_plugin("greeter", tmp_path)
    with pytest.raises(UserError, match="there is such a folder already"):
        write_plugin("greeter", tmp_path)


@pytest.mark.parametrize("name", ["", "Greeter", "1st", "a-b", "class", "../up", "x" * 41, "naïve"])
def test_names_that_cannot_be_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="is no name for a plugin"):
        write_plugin(name, tmp_path)
    assert list(tmp_path.iterdir()) == []
