from __future__ import annotations

import os
import sys
import textwrap
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import Column, Integer, MetaData, Table
from stage import Stage, a_config

from hub import AdapterKind, ContactSourceKind, Context, Event, Macro, hookimpl
from hub.plugin_host import discovery
from hub.plugin_host.manager import Manager

if TYPE_CHECKING:
    import types
    from pathlib import Path

    from hub.plugin_host.plugin import Plugin


class Good:
    @hookimpl
    async def on_event(self) -> None: ...


def load(*given: object, **more: Any) -> Manager:
    manager = Manager(given=given, **{"installed": False, **more})
    manager.load()
    return manager


def only(manager: Manager, name: str) -> Plugin:
    (plugin,) = (plugin for plugin in manager.plugins if plugin.name == name)
    return plugin


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(textwrap.dedent(text))
    return path


# --- finding ---


@pytest.mark.feature("PLUG-01")
def test_installed_packages_are_found_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        discovery,
        "entry_points",
        lambda group: [
            EntryPoint("good", "test_manager:Good", group),
            EntryPoint("good", "test_manager:Good", group),  # the same, found twice on the path
            EntryPoint("missing", "no_such_module:Plugin", group),
            EntryPoint("misspelt", "test_manager:Goof", group),
        ],
    )
    manager = load(installed=True)
    assert [(plugin.name, plugin.state.value) for plugin in manager.plugins] == [
        ("good", "loaded"),
        ("missing", "failed"),
        ("misspelt", "failed"),
    ]
    assert only(manager, "missing").reason == "import: ModuleNotFoundError: No module named 'no_such_module'"
    assert "Goof" in only(manager, "misspelt").reason
    assert "Traceback" in only(manager, "missing").told()["traceback"]


@pytest.mark.feature("PLUG-01")
def test_the_plugins_that_come_with_the_hub_are_found() -> None:
    names = {point.name for point in entry_points(group="hub")}
    manager = load(installed=True)
    assert "screenpop" in names
    assert names <= {plugin.name for plugin in manager.plugins}
    screenpop = only(manager, "screenpop")
    assert screenpop.state == "loaded"
    assert screenpop.version
    assert screenpop.origin.startswith("phonehub, hub_screenpop:")


@pytest.mark.feature("PLUG-01")
def test_single_files_are_plugins_named_as_the_file(tmp_path: Path) -> None:
    write(
        tmp_path / "plugins",
        "as_module.py",
        """
        from hub import hookimpl
        __version__ = "1.2"
        @hookimpl
        def on_ring(event): ...
        """,
    )
    write(
        tmp_path / "plugins",
        "as_class.py",
        """
        from __future__ import annotations
        from dataclasses import dataclass, field
        from pydantic import BaseModel
        from hub import hookimpl
        class Settings(BaseModel):
            numbers: list[int] = []
        @dataclass
        class Plugin:
            told: list[str] = field(default_factory=list)
            @hookimpl
            def register_config(self): return Settings
        """,
    )
    write(tmp_path / "plugins", "_helper.py", "raise ValueError")
    write(tmp_path / "plugins", "notes.txt", "nothing")
    before = set(sys.modules)
    manager, other = load(folder=tmp_path / "plugins"), load(folder=tmp_path / "plugins")
    assert [(plugin.name, plugin.state.value) for plugin in manager.plugins] == [
        ("as_class", "loaded"),
        ("as_module", "loaded"),
    ]
    assert only(manager, "as_module").version == "1.2"
    assert only(manager, "as_module").origin == str(tmp_path / "plugins" / "as_module.py")
    assert only(manager, "as_class").config_model is not None
    assert only(manager, "as_module").implementation is not only(other, "as_module").implementation
    manager.close()
    other.close()
    assert not {name for name in set(sys.modules) - before if name.startswith("hub_drop_in")}


def test_no_folder_is_no_plugins(tmp_path: Path) -> None:
    assert load(folder=tmp_path / "missing").plugins == []


@pytest.mark.feature("PLUG-01")
@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_others_can_write_is_not_run(what: str, tmp_path: Path) -> None:
    path = write(tmp_path / "plugins", "evil.py", f"open({str(tmp_path / 'ran')!r}, 'w')")
    target = path if what == "file" else path.parent
    target.chmod(0o777)
    plugin = only(load(folder=tmp_path / "plugins"), "evil")
    assert plugin.state == "failed"
    assert f"chmod o-w {target}" in plugin.reason
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")
def test_what_belongs_to_somebody_else_is_not_run(tmp_path: Path) -> None:
    path = write(tmp_path / "plugins", "evil.py", "")
    os.chown(path, 65534, 65534)
    assert "belongs to another user" in only(load(folder=tmp_path / "plugins"), "evil").reason


def test_a_file_beyond_measure_is_not_run(tmp_path: Path) -> None:
    write(tmp_path / "plugins", "large.py", "#" * 1_000_001)
    assert "larger than" in only(load(folder=tmp_path / "plugins"), "large").reason


@pytest.mark.feature("PLUG-02")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import sys; sys.exit(3)", "import: SystemExit: 3"),
        ("1 / 0", "import: ZeroDivisionError: division by zero"),
        ("def broken(:", "import: SyntaxError"),
        ("raise KeyboardInterrupt", "import: KeyboardInterrupt"),
        ("x = 1", "it implements no hook"),
    ],
)
def test_a_file_that_cannot_be_imported_leaves_the_others(text: str, reason: str, tmp_path: Path) -> None:
    write(tmp_path / "plugins", "bad.py", text)
    write(tmp_path / "plugins", "good.py", "from hub import hookimpl\n@hookimpl\ndef on_ring(): ...")
    manager = load(folder=tmp_path / "plugins")
    assert only(manager, "bad").state == "failed"
    assert reason in only(manager, "bad").reason
    assert only(manager, "good").state == "loaded"


@pytest.mark.feature("PLUG-02")
def test_an_import_that_hangs_is_left_behind(tmp_path: Path) -> None:
    write(tmp_path / "plugins", "hangs.py", "import threading\nthreading.Event().wait()")
    manager = load(Good, folder=tmp_path / "plugins", within=0.2)
    assert only(manager, "hangs").reason == "import: Stuck: it did not come back in 0.2 s"
    assert only(manager, "good").state == "loaded"


def test_the_first_of_a_name_is_it_and_some_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "plugins", "good.py", "from hub import hookimpl\n@hookimpl\ndef on_ring(): ...")
    write(tmp_path / "plugins", "unwanted.py", "raise ValueError")
    write(tmp_path / "plugins", "Not-A-Name.py", "")
    manager = load(Good, folder=tmp_path / "plugins", disabled=["unwanted"])
    told = {plugin.origin.rpartition("/")[2]: (plugin.state.value, plugin.reason) for plugin in manager.plugins}
    assert told["given"] == ("loaded", "")
    assert told["good.py"] == ("failed", "another plugin has this name: given (remove one of them)")
    assert told["unwanted.py"] == ("disabled", "disabled in the configuration")
    assert "is no name for a plugin" in told["Not-A-Name.py"][1]


# --- hooks ---


@pytest.mark.feature("PLUG-07")
def test_everything_wrong_with_hooks_is_told_at_once() -> None:
    class Bad:
        @hookimpl
        def on_rnig(self, event: Event) -> None: ...

        @hookimpl
        def on_ring(self, evnt: Event) -> None: ...

        @hookimpl
        def on_dial(self, call: object, *, more: object) -> None: ...

        @hookimpl
        async def register_tables(self) -> None: ...

        @hookimpl(wrapper=True)
        def on_hold(self) -> Any:
            yield

        @hookimpl
        async def on_dnd(self) -> Any:
            yield

        def on_answer(self, event: Event) -> None: ...

    plugin = only(load(Bad), "bad")
    assert plugin.state == "failed"
    assert [str(problem) for problem in plugin.problems] == [
        "bad: on_answer: it is not marked as a hook (put @hookimpl above it, or name it otherwise)",
        'bad: on_dial: there is no argument "call" (it may take event and context)',
        'bad: on_dial: there is no argument "more" (it may take event and context)',
        "bad: on_dnd: it yields (a hook may await, and returns nothing)",
        "bad: on_hold: hooks cannot be wrapped: no plugin waits for another (use @hookimpl alone)",
        'bad: on_ring: there is no argument "evnt" (did you mean "event"?; it may take event and context)',
        'bad: on_rnig: there is no hook "on_rnig" (did you mean "on_ring"?)',
        "bad: register_tables: an answer is wanted at once (make it a plain def)",
    ]
    assert plugin.told()["traceback"] == ""


def test_hooks_take_the_arguments_they_want() -> None:
    class Wants:
        @hookimpl
        def on_ring(self, context: Context) -> object:
            return context

        @hookimpl
        def on_dial(self, context: Context, event: Event) -> object:
            return context, event

        @hookimpl
        def on_hold(self, more: int = 3, event: Event | None = None) -> object:
            return more, event

        @hookimpl
        def on_end(self) -> object:
            return "nothing"

        @staticmethod
        @hookimpl
        def on_resume(event: Event) -> object:
            return event

        @hookimpl(specname="on_answer")
        def picked_up(self, event: Event, context: Context) -> object:
            return event, context

    hooks = only(load(Wants), "wants").hooks_by_name
    told = {name: hook.call("event", "context") for name, hook in hooks.items()}
    assert told == {
        "on_ring": "context",
        "on_dial": ("context", "event"),
        "on_hold": (3, "event"),
        "on_end": "nothing",
        "on_resume": "event",
        "on_answer": ("event", "context"),
    }


def test_a_hook_that_a_newer_hub_has_may_be_optional() -> None:
    class New(Good):
        @hookimpl(optionalhook=True)
        def on_teleport(self, anything: object) -> None: ...

    assert only(load(New), "new").hooks == ("on_event",)


# --- what is registered ---


def macro(name: str) -> Macro:
    return Macro(name=name, expand=lambda _facts: "", doc="")


@pytest.mark.feature("PLUG-05")
def test_what_is_registered_is_asked_once_and_kept() -> None:
    class Settings(BaseModel): ...

    class Registers:
        asked = 0

        @hookimpl
        def register_adapters(self) -> list[AdapterKind]:
            type(self).asked += 1
            return [AdapterKind("carrier_pigeon", Settings, lambda *_: None)]  # type: ignore[arg-type,return-value]  # never made

        @hookimpl
        def register_rule_parts(self) -> Any:
            yield macro("PIGEON")

        @hookimpl
        def register_tables(self) -> MetaData:
            tables = MetaData()
            Table("registers_pigeons", tables, Column("id", Integer, primary_key=True))
            return tables

    manager = load(Registers)
    assert only(manager, "registers").reason == ""
    assert list(manager.adapters()) == ["carrier_pigeon"]
    assert [part.name for _, part in manager.rule_parts()] == ["PIGEON"]
    assert only(manager, "registers").tables is not None
    assert Registers.asked == 1


@pytest.mark.parametrize(
    ("hook", "answer", "told"),
    [
        ("register_config", {"a": 1}, "it returned dict (return a pydantic model class)"),
        ("register_adapters", 3, "it returned int (return several of AdapterKind)"),
        ("register_adapters", ["sip"], "it returned str (return several of AdapterKind)"),
        ("register_rule_parts", [Good()], "it returned Good (return several of Trigger, Condition, Action, Macro)"),
        ("register_tables", "pigeons", "it returned str (return a sqlalchemy.MetaData)"),
    ],
)
def test_an_answer_of_the_wrong_kind_is_told(hook: str, answer: object, told: str) -> None:
    plugin_class = type("Wrong", (), {hook: hookimpl(eval(f"lambda self: answer", {"answer": answer}))})  # noqa: S307, F541
    plugin = only(load(plugin_class), "wrong")
    assert plugin.reason == f"wrong: {hook}: {told}"


def test_tables_are_named_after_the_plugin() -> None:
    class Registers:
        @hookimpl
        def register_tables(self) -> MetaData:
            tables = MetaData()
            Table("pigeons", tables)
            return tables

    assert "call it registers_pigeons" in only(load(Registers), "registers").reason


def test_no_two_plugins_register_the_same_word() -> None:
    class First:
        @hookimpl
        def register_rule_parts(self) -> list[Macro]:
            return [macro("PIGEON"), macro("DOVE")]

    class Second(First):
        @hookimpl
        def register_rule_parts(self) -> list[Macro]:
            return [macro("PIGEON"), macro("CROW")]

    manager = load(First, Second)
    assert only(manager, "first").state == "loaded"
    assert only(manager, "second").reason == (
        'second: macro "PIGEON" is registered by first already (name it otherwise)'
    )


def test_kinds_of_contact_sources_are_known_by_name() -> None:
    class First:
        @hookimpl
        def register_contact_sources(self) -> list[ContactSourceKind]:
            return [ContactSourceKind(name="pigeons", config=BaseModel, open=lambda *_: None)]  # type: ignore[arg-type,return-value]

    class Second(First):
        pass

    manager = load(First, Second)
    assert list(manager.contact_sources()) == ["pigeons"]
    assert 'kind of contact source "pigeons" is registered by first already' in only(manager, "second").reason


async def test_routes_are_asked_for_with_the_context_of_the_hub(tmp_path: Path) -> None:
    class Routes:
        @hookimpl
        def register_routes(self, context: Context) -> APIRouter:
            assert (context.user, context.plugin) == ("", "routes")
            return APIRouter()

    class Wrong:
        @hookimpl
        def register_routes(self) -> Any:
            return "routes"

    async with Stage(tmp_path, (Routes, Wrong)) as stage:
        routers = stage.manager.routers(stage.contexts)
        assert [name for name, _ in routers] == ["routes"]
        assert stage.plugin("wrong").reason == "wrong: register_routes: it returned str (return a fastapi.APIRouter)"


# --- settings ---


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    server: str
    tries: int = 3


class Configured(Good):
    @hookimpl
    def register_config(self) -> type[Settings]:
        return Settings


def configure(manager: Manager, folder: Path, text: str, *users: str) -> None:
    sections = "".join(f"[users.{user}]\n" for user in users if f"[users.{user}]" not in text)
    manager.configure(a_config(folder, textwrap.dedent(text) + sections), users)


@pytest.mark.feature("PLUG-04")
def test_settings_are_checked_and_a_users_own_go_over_everyones(tmp_path: Path) -> None:
    manager = load(Configured, Good)
    configure(
        manager,
        tmp_path,
        """
        [plugins.configured]
        server = "everyone"
        [users.bob.plugins.configured]
        tries = 9
        """,
        "alice",
        "bob",
    )
    configs = only(manager, "configured").configs
    assert configs == {
        "": Settings(server="everyone"),
        "alice": Settings(server="everyone"),
        "bob": Settings(server="everyone", tries=9),
    }
    assert only(manager, "good").configs == {"": None, "alice": None, "bob": None}


@pytest.mark.feature("PLUG-04")
def test_wrong_settings_fail_that_plugin_with_place_and_nearest_word(tmp_path: Path) -> None:
    manager = load(Configured, Good)
    configure(
        manager,
        tmp_path,
        """\
        [plugins.configured]
        sever = "typo"
        tries = "many"
        [plugins.good]
        anything = 1
        """,
        "alice",
    )
    configured, good = only(manager, "configured"), only(manager, "good")
    assert (configured.state, good.state) == ("failed", "failed")
    told = sorted(str(problem) for problem in configured.problems)
    assert [line.split(": ")[0] for line in told] == ["phonehub.toml:1", "phonehub.toml:2", "phonehub.toml:3"]
    assert 'did you mean "server"?' in told[1]
    assert "a whole number" in told[2]
    assert "this plugin has no settings" in good.reason
    assert manager.loaded == ()


@pytest.mark.feature("PLUG-04")
def test_wrong_settings_of_one_user_leave_the_others(tmp_path: Path) -> None:
    manager = load(Configured)
    configure(
        manager,
        tmp_path,
        """
        [users.alice.plugins.configured]
        server = "alice's"
        [users.bob.plugins.configured]
        tries = 9
        """,
        "alice",
        "bob",
    )
    plugin = only(manager, "configured")
    assert plugin.state == "loaded"
    assert plugin.configs == {"alice": Settings(server="alice's")}
    assert [str(problem) for problem in plugin.problems] == [
        'phonehub.toml: plugins.configured.server: "server" is missing'
    ]


class Raising(BaseModel):
    @model_validator(mode="after")
    def _raise(self) -> Raising:
        raise LookupError("at random")


def test_a_model_that_raises_fails_its_plugin(tmp_path: Path) -> None:
    class Bad(Good):
        @hookimpl
        def register_config(self) -> type[Raising]:
            return Raising

    manager = load(Bad, Good)
    configure(manager, tmp_path, "", "alice")
    assert only(manager, "bad").reason == "register_config: LookupError: at random"
    assert only(manager, "good").state == "loaded"


def test_modules_are_plugins_too(tmp_path: Path) -> None:
    path = write(tmp_path, "by_hand.py", "from hub import hookimpl\n@hookimpl\ndef on_ring(event): return event")
    module: types.ModuleType = discovery.drop_in.execute(path)
    module.__name__ = "by_hand"
    manager = load(module)
    assert only(manager, "by_hand").implementation is module
