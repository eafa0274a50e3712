"""A person who sits at an agent's pane in real tmux: types, and looks at the screen."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import pexpect

from agentmux.paths import SessionPaths
from agentmux.terminal.client import command, take_over_argv

COLUMNS, ROWS = 120, 36
"""The person's terminal, in cells."""
LEADER = "ctrl+]"
ECHO_SECONDS = 10.0
TAIL = 12
"""How many letters at the end of a typed text must be seen."""


def screen(paths: SessionPaths, pane: str) -> list[str]:
    """The lines that the pane shows, without the empty ones at its end; none where there is no pane any more."""
    argv = command(paths.tmux_sock, "capture-pane", "-p", "-t", pane)
    shown = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False).stdout
    return [line.rstrip() for line in shown.rstrip().splitlines()]


class Person:
    """At the pane from entry until exit. Everything here blocks.

    Args:
        paths: the session.
        pane: the agent's pane.
    """

    def __init__(self, paths: SessionPaths, pane: str) -> None:
        self.paths = paths
        self.pane = pane
        argv = take_over_argv(paths.tmux_sock, pane, LEADER)
        self._terminal: pexpect.spawn[bytes] = pexpect.spawn(
            argv[0], argv[1:], env={**os.environ, "TERM": "xterm-256color"}, dimensions=(ROWS, COLUMNS)
        )

    def __enter__(self) -> Self:
        self.sees(lambda _: True)  # until tmux has drawn something, it reads no keys
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._terminal.close(force=True)

    def type(self, text: str) -> bool:
        """Type a line and submit it; says whether the pane showed it in between."""
        self._terminal.send(text)
        end = "".join(text.split())[-TAIL:]
        echoed = self.sees(lambda lines: end in "".join("".join(lines).split()), ECHO_SECONDS)
        self._terminal.send("\r")
        return echoed

    def sees(self, holds: Callable[[list[str]], bool], seconds: float = ECHO_SECONDS) -> bool:
        """Whether the pane's lines come to `hold` within `seconds`; looks whenever the terminal is drawn on."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                self._terminal.read_nonblocking(1 << 16, timeout=left)
            except pexpect.TIMEOUT:
                break
            except pexpect.EOF:
                return False
            if holds(screen(self.paths, self.pane)):
                return True
        return holds(screen(self.paths, self.pane))
