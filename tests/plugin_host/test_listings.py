from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from stage import Stage

from hub import Contact, Context, DialPlan, Listing, hookimpl
from hub.plugin_host.listings import Listings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAN = DialPlan(country="US")
NUMBER = "+15855551234"


class Book:
    @hookimpl
    def start(self, context: Context) -> None: ...


def listing(name: str, number: str = NUMBER) -> Listing:
    return Listing(Contact(id=name, name=name), (number,))


def found(stage: Stage, user: str = "alice", number: str = NUMBER) -> list[str]:
    return sorted(each.name for each in stage.directories[user].find(PLAN.number(number)))


async def test_on_the_loop_it_is_listed_at_once(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Book,), users=("alice", "bob")) as stage:
        directory = stage.context("book").directory
        directory.put([listing("Ada"), listing("Ben")])
        assert found(stage) == ["Ada", "Ben"]
        directory.remove(["Ada", "nobody"])
        assert found(stage) == ["Ben"]
        directory.load([listing("Cleo")])
        assert found(stage) == ["Cleo"]
        assert found(stage, "bob") == [], "another user's"


async def test_a_plugin_changes_its_own_listings_alone(tmp_path: Path) -> None:
    class Other(Book):
        pass

    async with Stage(tmp_path, (Book, Other)) as stage:
        stage.context("book").directory.put([listing("Ada")])
        stage.context("other").directory.load([listing("Ben")])
        stage.context("other").directory.remove(["Ada"])
        assert found(stage) == ["Ada", "Ben"]


async def test_from_a_thread(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Book,)) as stage:
        directory = stage.context("book").directory
        directory.put([listing("Ada")])
        await asyncio.to_thread(directory.load, [listing("Ben"), listing("Cleo")])
        assert found(stage) == ["Ben", "Cleo"]
        await asyncio.to_thread(directory.put, [listing("Dora")])
        await asyncio.to_thread(directory.remove, ["Ben"])
        await asyncio.sleep(0)
        assert found(stage) == ["Cleo", "Dora"]


async def test_what_changes_while_it_loads_stays_changed(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Book,)) as stage:
        directory = stage.context("book").directory
        directory.put([listing("Before")])

        def slowly() -> Iterator[Listing]:
            yield listing("Ada")
            yield listing("Ben")
            asyncio.run_coroutine_threadsafe(change(), loop).result(30)

        async def change() -> None:
            directory.put([listing("Dora")])
            directory.remove(["Ben"])
            assert found(stage) == ["Before", "Dora"]

        loop = asyncio.get_running_loop()
        await asyncio.to_thread(directory.load, slowly())
        assert found(stage) == ["Ada", "Dora"]


async def test_what_cannot_be_loaded_changes_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[Listing]:
        yield listing("Ben")
        raise ValueError("the file ends here")

    async with Stage(tmp_path, (Book,)) as stage:
        directory = stage.context("book").directory
        directory.put([listing("Ada")])
        with pytest.raises(ValueError, match="ends here"):
            directory.load(broken())
        assert found(stage) == ["Ada"]
        assert not directory._loading


async def test_the_loop_has_its_turn_between_many_changes(tmp_path: Path) -> None:
    async with Stage(tmp_path, (Book,)) as stage:
        services = stage.context("book")._services
        directory = Listings(stage.directories["alice"], "book", services.loop, services.loop_thread, at_once=2)
        directory.put(listing(f"{n}") for n in range(5))
        assert found(stage) == ["0", "1"]
        directory.remove(["0"])
        for _ in range(2):
            await asyncio.sleep(0)
        assert found(stage) == ["1", "2", "3", "4"]
