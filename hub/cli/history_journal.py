"""How the journals stand, to which past calls are posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.output import as_json, print_table, printable, say, show
from hub.cli.times import local

if TYPE_CHECKING:
    from hub.cli import Settings

JOURNALS = ("journal", "waiting", "set aside", "posted", "next")
POSTS = ("call", "journal", "state", "attempts", "next", "reason")


@click.command()
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many calls, the newest."
)
@as_json
@click.pass_obj
def journal(settings: Settings, limit: int, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Tell how your journals stand, and which calls they have not accepted."""
    from hub.cli.client import connect

    with connect(settings) as client:
        told = {
            "journals": client.get("/journals"),
            "set_aside": client.get("/posts", state="set_aside", limit=limit),
            "waiting": client.get("/posts", state="waiting", limit=limit),
        }
    show(told, as_json=as_json, people=_print)


@click.command("post-again")
@click.argument("call", required=False)
@click.option("--all", "whole", is_flag=True, help="All calls that were set aside.")
@click.option("--journal", default="", metavar="NAME", help="Only to this journal.")
@click.pass_obj
def post_again(settings: Settings, call: str | None, whole: bool, journal: str) -> None:  # noqa: FBT001  a flag
    """Post a call once more that a journal has refused, or all of them."""
    from hub.cli.client import connect

    if whole is bool(call):
        raise click.UsageError("name a call, or say --all")
    with connect(settings) as client:
        told = client.post("/posts/again", {"call": call or "", "journal": journal})
    say(f"posting again: {told['posts']}")


def _print(told: dict[str, Any]) -> None:
    stands = [
        (each["name"], each["waiting"], each["set_aside"], each["posted"], local(each["due"]) if each["due"] else "")
        for each in told["journals"]
    ]
    print_table(JOURNALS, stands, empty="no journals; see [journals.NAME] in the configuration")
    posts = [
        (
            printable(each["call"], 60),
            each["journal"],
            each["state"].replace("_", " "),
            each["attempts"],
            local(each["due"]) if each["state"] == "waiting" else "",
            each["reason"],
        )
        for each in (*told["set_aside"], *told["waiting"])
    ]
    if posts:
        print_table(POSTS, posts)
