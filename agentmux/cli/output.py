"""What the commands print. Text from agents, repositories and files never reaches the terminal as an escape."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from agentmux.errors import AgentmuxError, LoggedError

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters other than tab and line feed, and those that reorder the text around them."""


def plain(text: str) -> str:
    r"""The text with a mark in the place of every character that could play with the terminal.

    >>> plain("a\x1b[2Jb")
    'a�[2Jb'
    """
    return CONTROL.sub("�", text)


def show(text: str = "") -> None:
    """Print a text."""
    print(plain(text), flush=True)


def notice(text: str) -> None:
    """Tell the user something that is not the command's result."""
    print(plain(text), file=sys.stderr, flush=True)


def complain(err: AgentmuxError) -> None:
    """Tell the user what went wrong, with the last lines of a failed command, and what to do about it."""
    for line in err.tail if isinstance(err, LoggedError) else ():
        notice(f"  | {line}")
    notice(f"agentmux: {err.message}" + (f"\n  {err.hint}" if err.hint else ""))


def show_json(value: Any) -> None:
    """Print a value for programs."""
    print(json.dumps(value, indent=2))


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under headings; each column is as wide as its widest cell."""
    from rich.cells import cell_len, set_cell_size

    lines = [[plain(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(cell_len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(set_cell_size(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip())


def on_terminal() -> bool:
    """Whether a human can see the output and type answers."""
    return sys.stdin.isatty() and sys.stdout.isatty()
