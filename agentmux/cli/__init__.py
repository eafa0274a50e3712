"""The command line: one file per command, thin. What it needs is imported when it runs, so that help is quick."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from agentmux import __version__
from agentmux.cli.later import Later
from agentmux.errors import AgentmuxError, UsageError

FIRST_STEPS = """\
agentmux: a terminal multiplexer for coding agents.

  agentmux demo      two scripted agents at work, no key and no model needed
  agentmux up        start agents on the repository you are in
  agentmux doctor    see whether this machine has what it needs

All commands: agentmux --help
"""

COMMANDS = (
    "demo",
    "up",
    "init",
    "attach",
    "ls",
    "stop",
    "say",
    "allow",
    "answer",
    "budget",
    "log",
    "replay",
    "score",
    "compare",
    "history",
    "explain",
    "merge",
    "export",
    "test",
    "doctor",
    "profiles",
    "layouts",
    "tasks",
    "locate",
    "model-script",
    "import",
    "image",
)
"""In the order of the help; each is a file in this folder."""


class Commands(TyperGroup):
    """All commands, none of which is read before it is needed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name in COMMANDS:
            self.add_command(Later(name))


app = typer.Typer(
    cls=Commands,
    help="A terminal multiplexer for coding agents: own containers, one screen, one recording.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"agentmux {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    ctx: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A terminal multiplexer for coding agents: own containers, one screen, one recording."""
    if ctx.invoked_subcommand is None:
        typer.echo(FIRST_STEPS, nl=False)


def main() -> None:
    """Run the command line; an error of ours becomes a sentence and an exit status, never a traceback."""
    try:
        _refuse_what_is_no_text(sys.argv[1:])
        app()
    except AgentmuxError as err:
        from agentmux.cli.output import complain

        complain(err)
        sys.exit(err.exit_code)


def _refuse_what_is_no_text(words: list[str]) -> None:
    """Raise UsageError if an argument has bytes that are not UTF-8: no event could hold it."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError as err:
            shown = word.encode(errors="replace").decode()
            raise UsageError(f"The argument '{shown}' is not UTF-8 text.", "Write it in UTF-8.") from err
