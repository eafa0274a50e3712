"""Runs shell commands: their output bounded, their time limited, stopped as a whole group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

HEAD, TAIL = 4_000, 8_000
"""Characters of the output that are kept from its beginning and from its end."""
GRACE = 2.0
"""Seconds between asking a command to end and ending it, and for output of what it left in the background."""


@dataclass(frozen=True)
class Ran:
    """How a command ended: its exit status, None if it was stopped; what it printed; how long it took (seconds)."""

    status: int | None
    output: str
    seconds: float


class Output:
    """The beginning and the end of a text that may be long."""

    def __init__(self) -> None:
        self._head = ""
        self._tail = ""
        self._cut = 0

    def add(self, text: str) -> None:
        """The next piece."""
        room = HEAD - len(self._head)
        self._head += text[:room]
        self._tail += text[room:] if room < len(text) else ""
        surplus = max(0, len(self._tail) - TAIL)
        self._tail, self._cut = self._tail[surplus:], self._cut + surplus

    def __str__(self) -> str:
        between = f"\n… {self._cut:,} characters left out …\n" if self._cut else ""
        return f"{self._head}{between}{self._tail}"


def run(command: str, seconds: float, stop: threading.Event, told: Callable[[str], None]) -> Ran:
    """Run a command in bash.

    Args:
        command: what to run; it reads nothing.
        seconds: after which it is stopped.
        stop: stops it when it is set; it is set in any case when the command is over.
        told: gets each line that it prints, as it comes.
    """
    begun = time.monotonic()
    output = Output()
    process = subprocess.Popen(
        ["bash", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )

    def read() -> None:
        assert process.stdout
        with process.stdout:
            for line in process.stdout:
                output.add(line)
                told(line.rstrip("\n"))

    def end() -> None:
        if not stop.wait(seconds) or process.poll() is None:
            _end(process)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    threading.Thread(target=end, daemon=True).start()
    status = process.wait()
    stopped = stop.is_set() or time.monotonic() - begun >= seconds
    stop.set()
    reader.join(GRACE)
    return Ran(None if stopped else status, str(output), time.monotonic() - begun)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
