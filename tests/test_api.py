"""The plugin API, pinned: taking a name from it, or an argument from a hook, breaks plugins (a major version)."""

from __future__ import annotations

import ast
import inspect
import json
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hub
from hub import hookspecs

ROOT = Path(__file__).parents[1]
PLUGINS = sorted(module.name for module in pkgutil.iter_modules([str(ROOT / "plugins")]))
GOLDEN = Path(__file__).parent / "golden" / "api"
TO_ADD = "a name or argument may be added: write it into the golden file, and the CHANGELOG"


def signatures() -> list[str]:
    return [
        f"{name}{inspect.signature(hook)}"
        for name, hook in vars(hookspecs).items()
        if getattr(hook, "hub_spec", None) is not None
    ]


@pytest.mark.feature("PLUG-07")
def test_the_names_of_the_api_are_as_promised() -> None:
    assert sorted(hub.__all__) == (GOLDEN / "names.txt").read_text(encoding="utf-8").split(), TO_ADD


@pytest.mark.feature("PLUG-07")
def test_the_signature_of_every_hook_is_as_promised() -> None:
    assert signatures() == (GOLDEN / "hooks.txt").read_text(encoding="utf-8").splitlines(), TO_ADD


@pytest.mark.parametrize(
    ("sources", "open_to_them"),
    [(["hub.core"], {"core", "errors", "events"}), (PLUGINS, {"commands", "media", "testing"})],
)
def test_what_may_not_be_imported_names_all_the_rest_of_the_hub(sources: list[str], open_to_them: set[str]) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = (each for each in settings["contracts"] if each.get("source_modules") == sources)
    modules = {f"hub.{module.name}" for module in pkgutil.iter_modules(hub.__path__)}
    assert modules - set(contract["forbidden_modules"]) == {f"hub.{name}" for name in open_to_them}


@pytest.mark.parametrize("name", hub.__all__)
def test_each_name_is_what_its_module_defines(name: str) -> None:
    assert getattr(hub, name) is getattr(sys.modules[hub._HOME[name]], name)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(hub.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("hub.")
        for alias in node.names
    }
    assert seen == hub._HOME
    assert sorted(seen) == sorted(hub.__all__)


def test_a_name_that_is_not_in_the_api_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Rang'"):
        _ = hub.Rang  # type: ignore[attr-defined]  # the point of the test
    assert set(hub.__all__) <= set(dir(hub))


def test_importing_the_api_loads_nothing_heavy() -> None:
    code = "import sys, json, hub; from hub import Ring, Call; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    loaded = set(json.loads(ran.stdout))
    assert "hub.events" in loaded
    assert not loaded & {"asyncio", "fastapi", "httpx", "phonenumbers", "pluggy", "pydantic", "sqlalchemy"}
