"""Writes one pane's output to an asciicast v2 file; runs as a process of its own behind tmux's `pipe-pane`.

    python -I -S recorder.py CAST SOCKET COLUMNS ROWS [SECRETS]

The output comes on standard input; markers and resizes come as JSON datagrams (`["m", text]`, `["r", columns, rows]`)
on SOCKET. Each line of the file SECRETS is a value that is never written down. Standard library only, started without
`site`, for speed. tmux buffers without limit for a slow reader, so this process never waits for anything but input.
Format: https://docs.asciinema.org/manual/asciicast/v2/
"""

from __future__ import annotations

import codecs
import json
import os
import re
import select
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

MASK = "*****"
HOLD = 0.2
"""Seconds for which text is held back because a secret may have begun in it."""
SHORTEST = 4
"""Characters below which a value is no secret: masking it would tear ordinary text."""
READ = 1 << 18


class Scrubber:
    """Replaces secrets in a stream of text that is cut anywhere.

    >>> scrubber = Scrubber(["hunter22"])
    >>> scrubber.feed("it is hun"), scrubber.feed("ter22, ok"), scrubber.flush()
    ('it is ', '*****, ok', '')
    """

    def __init__(self, secrets: list[str]) -> None:
        longest_first = sorted({s for s in secrets if len(s) >= SHORTEST}, key=len, reverse=True)
        self._secrets = longest_first
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        self.held = ""

    def feed(self, text: str) -> str:
        """The text that can be written now; what may be the beginning of a secret is held back."""
        if self._pattern is None:
            return text
        text = self.mask(self.held + text)
        cut = len(text) - self._open(text)
        self.held = text[cut:]
        return text[:cut]

    def mask(self, text: str) -> str:
        """The text without the secrets that stand in it whole."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def flush(self) -> str:
        """What was held back: no secret after all."""
        held, self.held = self.held, ""
        return held

    def _open(self, text: str) -> int:
        """How many characters at the end are the beginning of some secret."""
        longest = min(len(text), len(self._secrets[0]) - 1)
        return next((n for n in range(longest, 0, -1) if any(s.startswith(text[-n:]) for s in self._secrets)), 0)


class Cast:
    """An asciicast v2 file that is appended to, one whole line at a time.

    Args:
        path: the file; if it has a recording already, that one goes on.
        columns: the pane's width, in cells.
        rows: its height, in cells.
    """

    def __init__(self, path: str, columns: int, rows: int) -> None:
        self._start = time.time()
        resumed = _started(path)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if resumed is None:
            header = {"version": 2, "width": columns, "height": rows, "timestamp": int(self._start)}
            self._write(json.dumps({**header, "env": {"TERM": "tmux-256color"}, "start": self._start}))
        else:
            self._start = resumed
            self.event("r", f"{columns}x{rows}")
            self.event("m", "recording resumed")

    def event(self, code: str, data: str) -> None:
        """Append an event at the present time."""
        at = max(0.0, time.time() - self._start)
        self._write(f'[{at:.6f}, "{code}", {json.dumps(data, ensure_ascii=False)}]')

    def _write(self, line: str) -> None:
        data = (line + "\n").encode("utf-8", "replace")
        while data:
            data = data[os.write(self._file, data) :]


def _started(path: str) -> float | None:
    """When the recording in this file began, or None if there is none; a torn last line is ended."""
    try:
        with Path(path).open("rb+") as file:
            header = json.loads(file.readline())
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
    except (OSError, ValueError):
        return None
    return float(header.get("start", header["timestamp"]))


def _listen(path: str) -> socket.socket:
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    listener.setblocking(False)
    return listener


def record(cast: Cast, listener: socket.socket, scrubber: Scrubber) -> None:
    """Write until the pane's output ends."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def output(text: str) -> None:
        if text:
            cast.event("o", text)

    while True:
        ready = select.select([0, listener.fileno()], [], [], HOLD if scrubber.held else None)[0]
        if not ready:
            output(scrubber.flush())
        if listener.fileno() in ready:
            with suppress(ValueError, TypeError, IndexError, OSError):
                message = json.loads(listener.recv(65536))
                if message[0] == "r":
                    cast.event("r", f"{int(message[1])}x{int(message[2])}")
                elif message[0] == "m":
                    cast.event("m", scrubber.mask(str(message[1])))
        if 0 in ready:
            data = os.read(0, READ)
            output(scrubber.feed(decoder.decode(data, final=not data)))
            if not data:
                output(scrubber.flush())
                return


def main(cast: str, at: str, columns: str, rows: str, secrets: str = "") -> None:
    """Record standard input."""
    values: list[str] = []
    if secrets:
        with suppress(OSError), Path(secrets).open(encoding="utf-8", errors="replace") as file:
            values = file.read().split("\n")
    record(Cast(cast, int(columns), int(rows)), _listen(at), Scrubber(values))


if __name__ == "__main__":
    main(*sys.argv[1:])
