"""Recordings of panes: telling a recorder what the room knows, and reading asciicast files back.

Formats: https://docs.asciinema.org/manual/asciicast/v2/ and /v3/.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentmux.errors import AgentmuxError


@dataclass(frozen=True, slots=True)
class CastHeader:
    """What a recording says of itself.

    Attributes:
        version: of the format, 2 or 3.
        columns: the terminal's width at the start, in cells.
        rows: its height, in cells.
        start: when it began, in Unix seconds; 0.0 if it does not say.
    """

    version: int
    columns: int
    rows: int
    start: float


@dataclass(frozen=True, slots=True)
class CastEvent:
    """One event: seconds since the start, a code (`o` output, `m` marker, `r` resize, ...), and its data."""

    at: float
    code: str
    data: str


class RecorderLink:
    """Tells a pane's recorder of markers and resizes. Never waits, and a recorder that is gone is no error.

    Args:
        path: the recorder's socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def marker(self, text: str) -> None:
        """Mark this moment."""
        self._send(["m", text[:16384]])

    def resize(self, columns: int, rows: int) -> None:
        """Note that the pane has another size, in cells."""
        self._send(["r", columns, rows])

    def _send(self, message: list[Any]) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(json.dumps(message).encode(), self._path)


def read(path: Path) -> tuple[CastHeader, Iterator[CastEvent]]:
    """Read a recording, while it is still written if need be: a torn last line is left out.

    Returns:
        The header, and the events as they are read.

    Raises:
        AgentmuxError: there is no such file, or it is no asciicast; also while reading events.
    """
    try:
        with path.open("rb") as file:
            first = file.readline()
    except OSError as err:
        raise AgentmuxError(f"The recording {path} cannot be read: {err.strerror}.") from err
    header = _header(path, first)
    return header, _events(path, header.version)


def _header(path: Path, line: bytes) -> CastHeader:
    try:
        header = json.loads(line)
        size = header["term"] if header["version"] == 3 else header
        columns, rows = (size["cols"], size["rows"]) if header["version"] == 3 else (size["width"], size["height"])
        start = header.get("start", header.get("timestamp", 0))
        found = CastHeader(int(header["version"]), int(columns), int(rows), float(start))
    except (ValueError, KeyError, TypeError) as err:
        raise _invalid(path, 1) from err
    if found.version not in (2, 3):
        raise AgentmuxError(f"{path} is an asciicast of version {found.version}; versions 2 and 3 can be read.")
    return found


def _events(path: Path, version: int) -> Iterator[CastEvent]:
    at = 0.0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == 1 or not line.strip() or line.startswith(b"#"):
                continue
            if not line.endswith(b"\n"):
                return
            try:
                time, code, data = json.loads(line)
                at = at + float(time) if version == 3 else float(time)
                yield CastEvent(at, str(code), str(data))
            except (ValueError, TypeError) as err:
                # A recorder that was killed in the middle of a line left it torn, and its successor ended it.
                if not line.rstrip().endswith(b"]"):
                    continue
                raise _invalid(path, number) from err


def _invalid(path: Path, line: int) -> AgentmuxError:
    return AgentmuxError(
        f"{path}:{line}: this is no asciicast.", "Recordings made by agentmux and asciinema can be read."
    )
