"""Commands, of which only the one that runs is imported and built: reading all signatures takes 80 ms of CPU."""

from __future__ import annotations

import inspect
from importlib import import_module
from keyword import iskeyword
from typing import Any

import typer
from typer.core import TyperCommand


class Later(TyperCommand):
    """A command that is in `agentmux/cli/NAME.py`, as a function NAME or as a Typer with commands of its own.

    In a module's name `-` is `_`, and a word of Python's has one behind it.
    """

    name: str

    def get_short_help_str(self, limit: int = 45) -> str:
        """What a list of commands says of it, in at most so many characters."""
        found = self._found()
        told = found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found)
        return TyperCommand(self.name, help=told).get_short_help_str(limit)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the real command, which is run or completed in it."""
        found = self._found()
        if not isinstance(found, typer.Typer):
            function, found = found, typer.Typer(rich_markup_mode=None, add_completion=False)
            found.command(self.name)(function)
        return typer.main.get_command(found).make_context(info_name, args, parent, **extra)

    def _found(self) -> Any:
        name = self.name.replace("-", "_")
        name += "_" * iskeyword(name)
        return getattr(import_module(f"agentmux.cli.{name}"), name)
