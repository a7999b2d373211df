"""The command line: `phonehub --help` imports nothing but Click and this; each command is imported when it is called.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no hub is running.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "run": "Run the hub until it is stopped.",
    "demo": "Watch a simulated office day reach the hub.",
    "sim": "Run the simulated phone system.",
    "dial": "Call a number, an extension or a tel: link.",
    "redial": "Call the number that was dialled last.",
    "intercom": "Call a colleague whose handset answers by itself.",
    "answer": "Answer a ringing call.",
    "pickup": "Answer a call that rings at somebody else's handset.",
    "hold": "Put a call on hold.",
    "resume": "Take a call back from hold.",
    "mute": "Let the far end hear nothing, or hear again.",
    "digits": "Send digits over a call, for menus and PINs.",
    "transfer": "Send a call on at once, to a number or to voicemail.",
    "consult": "Hold a call and call somebody about it.",
    "complete": "Put the held caller through to whoever was consulted.",
    "cancel": "Drop whoever was consulted, take the caller back.",
    "conference": "Let the held and the active call talk together.",
    "leave": "Leave a conference; the others go on.",
    "park": "Park a call in an orbit, from where others can retrieve it.",
    "parked": "Show the calls that are parked.",
    "retrieve": "Take a parked call to your handset.",
    "handoff": "Move a call to another of your devices.",
    "end": "Hang up.",
    "ignore": "Silence a ringing call here; it goes on ringing elsewhere.",
    "dnd": "Switch do-not-disturb, or tell how it stands.",
    "presence": "Show where colleagues see you, and why, or say where you are.",
    "appearance": "Show the line keys, choose one, or take what one holds.",
    "lines": "Show the outside lines, seize or answer one.",
    "messages": "Tell how many voicemail messages there are, or hear them.",
    "phone": "Show the phone system and the handsets, and what they can do.",
    "system-calls": "Show all calls of the phone system.",
    "calls": "Show the calls that are up now.",
    "queues": "Show your queues: who waits, how long, how many agents.",
    "agent": "Sign in to queues, be idle or busy.",
    "colleagues": "Show what your colleagues are doing: busy lamps and presence.",
    "agents": "Show the agents of the queues that you supervise.",
    "record": "Record a call: start, pause, resume, stop.",
    "history": "Show past calls.",
    "recordings": "List, show, save, play and delete recordings.",
    "rules": "Check, try and list rules.",
    "plugins": "List plugins, or begin a new one.",
    "config": "Check and show the configuration, keep secrets.",
    "sign-in": "Sign in at the phone system again, or otherwise.",
    "sign-out": "Sign out at the phone system until you sign in.",
    "account": "Show and change your account: password, PIN, picture.",
    "discover": "Find phone servers on the local network, or those of a domain.",
    "doctor": "Tell what is wrong, and how to mend it.",
}
"""Each command, which is `command` in the module of its name (with _ for -), and its short help."""

_LONGEST_LINE = 4000


class Settings:
    """What stands before the command: which configuration file, and which user."""

    def __init__(self, config: str | None, user: str | None) -> None:
        self.config = config
        self.user = user


class Commands(click.Group):
    """Knows its commands by name, and imports one when it is wanted; plugins add theirs as entry points."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the hub's own in their order, then those of plugins."""
        return [*COMMANDS, *sorted(self._added(ctx))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name in COMMANDS:
            from importlib import import_module

            command: click.Command = import_module(f"hub.cli.{cmd_name.replace('-', '_')}").command
            command.short_help = COMMANDS[cmd_name]
            return command
        if cmd_name in self._added(ctx):
            from hub.cli.added import load

            return load(cmd_name)
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command where there is none of that name."""
        name = args[0]
        if not name.startswith("-") and name not in COMMANDS and name not in self._added(ctx):
            from hub.checking import suggest

            ctx.fail(f'there is no command "{name}"; {suggest(name, self.list_commands(ctx))}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        rows = [*COMMANDS.items(), *((name, f"({package})") for name, package in sorted(self._added(ctx).items()))]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete options and commands, again without importing them."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        told = {**self._added(ctx), **COMMANDS}
        return [
            CompletionItem(name, help=told[name]) for name in self.list_commands(ctx) if name.startswith(incomplete)
        ]

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what a person can mend is told without a traceback."""
        try:
            return super().invoke(ctx)
        except _user_error() as error:
            from hub.printable import printable

            for line in "\n".join(map(str, error.problems)).split("\n"):
                click.echo(printable(line, _LONGEST_LINE), err=True)
            ctx.exit(getattr(error, "exit_code", 1))

    def _added(self, ctx: click.Context) -> dict[str, str]:
        """Return the commands that installed packages add, and who adds them; looked for once."""
        found: dict[str, str] | None = ctx.meta.get(__name__)
        if found is None:
            from hub.cli.added import names

            found = ctx.meta[__name__] = {name: who for name, who in names().items() if name not in COMMANDS}
        return found


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    metavar="FILE",
    envvar="PHONEHUB_CONFIG",
    help="Configuration file.  [default: phonehub.toml here, or your own]",
)
@click.option("--user", metavar="NAME", envvar="PHONEHUB_USER", help="Whose phone.  [default: the only user]")
@click.version_option(package_name="phonehub", message="phonehub %(version)s")
@click.pass_context
def cli(ctx: click.Context, config: str | None, user: str | None) -> None:
    """The automation hub for the office phone: calls become events for plugins and rules.

    Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no hub is running.
    """
    ctx.obj = Settings(config, user)
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def main() -> None:
    """Run the command line of this process; what the terminal cannot show is escaped, never an error."""
    import sys

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    cli(prog_name="phonehub")


def _user_error() -> type[Any]:
    """Imported when something was raised, not before."""
    from hub.errors import UserError

    return UserError
