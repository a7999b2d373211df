"""The commands for where contacts come from."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from hub.commands import UserError, as_json, connect, print_table, printable, say, show
from hub_contacts.commands.named import PATH

if TYPE_CHECKING:
    from hub.commands import Client, Settings

_BETWEEN = 1.0
"""Seconds between two questions whether somebody has signed in."""


@click.group("sources")
def sources() -> None:
    """Tell where contacts come from, switch and refresh that."""


@sources.command("list")
@as_json
@click.pass_obj
def list_(settings: Settings, /, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """List the sources, and how each stands."""
    with connect(settings) as client:
        found = client.get(f"{PATH}/sources")
    show(found, as_json=as_json, people=_print)


@sources.command("enable")
@click.argument("source")
@click.pass_obj
def enable(settings: Settings, /, source: str) -> None:
    """Switch a source on: its contacts come."""
    with connect(settings) as client:
        client.post(f"{_path(source)}/enable")
        told = client.post(f"{_path(source)}/refresh")
    _say(told)


@sources.command("disable")
@click.argument("source")
@click.pass_obj
def disable(settings: Settings, /, source: str) -> None:
    """Switch a source off: its contacts go here, and stay there."""
    with connect(settings) as client:
        _say(client.post(f"{_path(source)}/disable"))


@sources.command("refresh")
@click.argument("source", default="")
@click.option("--accept", is_flag=True, help="It is right that most of the contacts are deleted.")
@click.pass_obj
def refresh(settings: Settings, /, source: str, accept: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Look at a source now, or at all that are on."""
    with connect(settings) as client:
        names = [source] if source else [each["name"] for each in client.get(f"{PATH}/sources") if each["enabled"]]
        told = [client.post(f"{_path(name)}/refresh", {"accept": accept}) for name in names]
    for each in told:
        _say(each)
    if any(each["state"] == "failed" for each in told):
        raise click.exceptions.Exit(1)


@sources.command("sign-in")
@click.argument("source")
@click.pass_obj
def sign_in(settings: Settings, /, source: str) -> None:
    """Sign in at a source: open a page in any browser, and type a code there."""
    with connect(settings) as client:
        told = client.post(f"{_path(source)}/sign-in")
        if wanted := told["sign_in"]:
            say(f"open {printable(wanted['url'])} and type {printable(wanted['code'])}")
        while told["sign_in"]:
            time.sleep(_BETWEEN)
            told = client.get(_path(source))
        told = _refreshed(client, source, told)
    _say(told)
    if told["state"] == "failed":
        raise click.exceptions.Exit(1)


def _refreshed(client: Client, source: str, told: dict[str, Any]) -> dict[str, Any]:
    if told["error"] and told["state"] == "failed":
        raise UserError.of(printable(told["error"]))
    refreshed: dict[str, Any] = client.post(f"{_path(source)}/refresh")
    return refreshed


def _path(source: str) -> str:
    return f"{PATH}/sources/{quote(source, safe='')}"


def _print(found: list[dict[str, Any]]) -> None:
    columns = ("source", "kind", "state", "contacts", "refreshed", "ways", "told")
    print_table(columns, map(_row, found), empty="no sources: see [plugins.contacts.sources.NAME] in the documentation")


def _row(told: dict[str, Any]) -> tuple[object, ...]:
    ways = "both" if told["writable"] else "reads"
    refreshed = str(told["refreshed"] or "").partition(".")[0].replace("T", " ")
    return told["name"], told["kind"], told["state"], told["contacts"], refreshed, ways, "; ".join(_troubles(told))


def _troubles(told: dict[str, Any]) -> list[str]:
    troubles = [told["error"]] if told["error"] else []
    if wanted := told["sign_in"]:
        troubles.append(f"open {wanted['url']} and type {wanted['code']}")
    if told["conflicts"]:
        troubles.append(f"{told['conflicts']} edited on both sides and kept twice")
    return [*troubles, *told["problems"]]


def _say(told: dict[str, Any]) -> None:
    troubles = "".join(f"\n  {printable(each)}" for each in _troubles(told))
    say(f"{printable(told['name'])} is {told['state']}: {told['contacts']} contacts{troubles}")
