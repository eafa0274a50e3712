"""A person at a terminal: a program in a real pty (pexpect), and what its screen shows (pyte)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pexpect
import pyte

from tests.fixtures.waiting import PATIENCE


class Terminal:
    """Runs a program, types into it, and waits for what a person would wait for."""

    def __init__(self, argv: list[str], env: dict[str, str], columns: int = 160, rows: int = 45) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.child: pexpect.spawn[bytes] = pexpect.spawn(
            argv[0], argv[1:], env=env, dimensions=(rows, columns), timeout=PATIENCE
        )
        self.child.delaybeforesend = None
        self.seen = b""

    def close(self) -> None:
        """End the program, if it still runs."""
        self.child.close(force=True)

    @property
    def text(self) -> str:
        """The screen as it is now."""
        self._read(0)
        return "\n".join(line.rstrip() for line in self._screen.display)

    def type(self, keys: str) -> None:
        """Press keys, as the bytes that a terminal sends for them."""
        self.child.send(keys)

    def wait_for(self, wanted: str | Callable[[str], bool], seconds: float = PATIENCE) -> str:
        """Wait until the pattern is on the screen (or the function says so); returns the screen."""
        holds = wanted if callable(wanted) else lambda text: re.search(wanted, text) is not None
        deadline = time.monotonic() + seconds
        while not holds(text := self.text):
            if time.monotonic() > deadline or not (self.child.isalive() or self._read(0)):
                raise AssertionError(f"did not come: {wanted}\n{text}")
            self._read(0.05)
        return text

    def wait_end(self, seconds: float = PATIENCE) -> int:
        """Wait until the program ends; returns its exit status."""
        deadline = time.monotonic() + seconds
        while self.child.isalive():
            if time.monotonic() > deadline:
                raise AssertionError(f"still runs\n{self.text}")
            self._read(0.05)
        self._read(0)
        status = self.child.exitstatus
        return status if status is not None else 128 + (self.child.signalstatus or 0)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, in cells."""
        self._screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def _read(self, seconds: float) -> bool:
        try:
            data = self.child.read_nonblocking(1 << 16, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.seen += data
        self._stream.feed(data)
        return True
