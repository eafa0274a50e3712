"""What a program prints, line by line while it runs, and the end of it afterwards."""

from __future__ import annotations

import codecs
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Thread
from typing import IO

from agentmux.sandbox.base import TIMED_OUT, Ran, Tell
from agentmux.sandbox.once import OUTPUT_LIMIT, clipped, out_of_time

ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
BREAK = re.compile(r"[\r\n]")
LONGEST = 16 * 1024
"""Characters after which a line is handed on although it goes on."""
READ = 64 * 1024


def plain_lines(text: str) -> Iterator[str]:
    r"""The lines of a text that are not empty, without the colours and cursor movements of the tools.

    >>> list(plain_lines("one\x1b[31m red\x1b[0m\rtwo\n\n"))
    ['one red', 'two']
    """
    for line in BREAK.split(ESCAPE.sub("", text)):
        if plain := "".join(c for c in line if c.isprintable()).rstrip():
            yield plain


class Tail:
    """Reads a stream to its end in a thread of its own and keeps only the last of it.

    Args:
        stream: what to read.
        hear: takes each line as `plain_lines` gives it, in that thread.
    """

    def __init__(self, stream: IO[bytes], hear: Tell | None = None) -> None:
        self._kept = bytearray()
        self._cut = 0
        self._hear = hear
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        self._thread = Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        """All that was kept, once the stream has ended."""
        self._thread.join()
        return clipped(bytes(self._kept), self._cut)

    def _read(self, stream: IO[bytes]) -> None:
        while chunk := os.read(stream.fileno(), READ):
            self._kept += chunk
            if (surplus := len(self._kept) - OUTPUT_LIMIT) > 0:
                del self._kept[:surplus]
                self._cut += surplus
            if self._hear:
                self._tell(self._hear, self._decoder.decode(chunk))
        if self._hear:
            self._tell(self._hear, self._decoder.decode(b"", final=True) + "\n")

    def _tell(self, hear: Tell, text: str) -> None:
        *whole, self._begun = BREAK.split(self._begun + text)
        if len(self._begun) > LONGEST:
            whole, self._begun = [*whole, self._begun], ""
        for line in whole:
            for plain in plain_lines(line):
                hear(plain)


def heard(
    argv: list[str],
    env: Mapping[str, str],
    cwd: Path | None,
    hear: Tell | None,
    timeout: float,
    end: Callable[[], object],
) -> Ran:
    """Run a program of the host and keep the end of what it prints.

    Args:
        argv: the program and its arguments.
        env: its whole environment.
        cwd: where it runs; None where that does not matter.
        hear: takes each line, in a thread of its own.
        timeout: seconds after which it is ended.
        end: ends what the program left in the background, which would hold its output open.
    """
    began = time.monotonic()
    program = subprocess.Popen(
        argv,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert program.stdout
    with program.stdout:
        output = Tail(program.stdout, hear)
        try:
            status, last = program.wait(timeout), ""
        except subprocess.TimeoutExpired:
            status, last = TIMED_OUT, out_of_time(timeout)
        end()
        program.kill()
        program.wait()
        return Ran(status, output.text() + last, time.monotonic() - began)
