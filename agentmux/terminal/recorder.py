"""Writes one pane's output to asciicast v2 files; runs as a process of its own behind tmux's `pipe-pane`.

    python -I -S recorder.py CAST SOCKET COLUMNS ROWS [SECRETS [BYTES [TTY [AFTER]]]]

The output comes on standard input; markers and resizes come as JSON datagrams (`["m", text]`, `["r", columns, rows]`)
on SOCKET. Each line of the file SECRETS is a value that is never written down. TTY is the pane's terminal: its size is
looked at before each output, so that a resize stands where it happened, whoever made it. AFTER tells what tmux did to
the pane of a recording that goes on: nothing, or one of `CLEARED`. Standard library only and started without `site`,
for speed. tmux buffers without limit for a slow reader, so this process waits for nothing but input; during a flood it
waits for some milliseconds of that.
Format: https://docs.asciinema.org/manual/asciicast/v2/

A recording is one stream in parts, each a valid asciicast by itself. `ada.cast` is the part that is being written; its
growth tells viewers that the pane has printed. At BYTES it is renamed to `ada.0001.cast`, another one takes its place,
and a child of low priority turns it into `ada.0001.cast.gz`. A file gets its name when it is whole, and a part goes
when its compressed form is on the disk: a kill at any step loses nothing that was written, and leaves nothing half.
A part's header tells its number (`part`), when it began (`start`, Unix seconds), how many seconds after the recording's
beginning that was (`offset`), and the pane's size then. What the screen showed then only the parts before can tell.
"""

from __future__ import annotations

import codecs
import fcntl
import json
import os
import re
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

MASK = "*****"
HOLD = 0.2
"""Seconds for which text is held back because a secret may have begun in it."""
SHORTEST = 4
"""Characters below which a value is no secret: masking it would tear ordinary text."""
READ = 1 << 16
FLOOD = 1024
"""Bytes at once that are a flood, perhaps: tmux hands on what the terminal gives it in one go, which is below 4 KiB."""
GATHER = 0.008
"""Seconds in which more of a flood comes together: what a piece costs is mostly waking up for it."""
PART = 8 << 20
"""Bytes after which a part is finished."""
LEVEL = 9
"""Of zlib: it leaves 1.7 % of a recording, for 22 ms a MiB; level 6 leaves 2.4 % for 8 ms, level 1 2.8 % for 2 ms."""
LOWEST_PRIORITY = 19
# Any sequence that is open ends; a line feed at the bottom, as tmux makes it to tell of a program's end; the other
# screen is left, this one is cleared without going into the history, and all modes are as at first.
_CLEAR = "\x18\x1b\\\x1b[?6l\x1b[r\x1b[m\x1b[999;1H\n\x1b[?1049l\x1b[m\x1b[999;999H\x1b[1J\x1bc"
CLEARED = {"respawn": _CLEAR, "new": f"{_CLEAR}\x1b[3J"}
"""What does to a terminal what tmux does to a pane whose program is started again, and what makes it as good as new."""


class Scrubber:
    """Replaces secrets in a stream of text that is cut anywhere.

    >>> scrubber = Scrubber(["hunter22"])
    >>> scrubber.feed("it is hun"), scrubber.feed("ter22, ok"), scrubber.flush()
    ('it is ', '*****, ok', '')
    """

    def __init__(self, secrets: list[str]) -> None:
        longest_first = sorted({s for s in secrets if len(s) >= SHORTEST}, key=len, reverse=True)
        self._secrets = longest_first
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        self.held = ""

    def feed(self, text: str) -> str:
        """The text that can be written now; what may be the beginning of a secret is held back."""
        if not self._secrets:
            return text
        text = self.mask(self.held + text)
        cut = len(text) - self._open(text)
        self.held = text[cut:]
        return text[:cut]

    def mask(self, text: str) -> str:
        """The text without the secrets that stand in it whole."""
        found = any(secret in text for secret in self._secrets)  # much quicker than to search for the pattern
        return self._pattern.sub(MASK, text) if found else text

    def flush(self) -> str:
        """What was held back: no secret after all."""
        held, self.held = self.held, ""
        return held

    def _open(self, text: str) -> int:
        """How many characters at the end are the beginning of some secret."""
        return max((_overlap(text[1 - len(secret) :], secret) for secret in self._secrets), default=0)


def _overlap(end: str, secret: str) -> int:
    """How many characters at the end of a text shorter than the secret are its beginning."""
    at = end.find(secret[0])
    while at >= 0 and not secret.startswith(end[at:]):
        at = end.find(secret[0], at + 1)
    return len(end) - at if at >= 0 else 0


def begun(cast: Path) -> Path:
    """The file in which the next part is prepared; it appears for a moment whenever a part is finished."""
    return cast.with_name(f"{cast.name}.new")


def part(cast: Path, number: int) -> Path:
    """The file of a finished part; compressed, it has `.gz` at its end.

    >>> part(Path("ada.cast"), 12).name
    'ada.0012.cast'
    """
    return cast.with_name(f"{cast.stem}.{number:04}{cast.suffix}")


def finished(cast: Path) -> dict[int, Path]:
    """The files of the finished parts by their numbers (from 1), in order."""
    name = re.compile(rf"{re.escape(cast.stem)}\.(\d{{4,}}){re.escape(cast.suffix)}(?:\.gz)?")
    found: dict[int, Path] = {}
    for file in sorted(cast.parent.iterdir(), reverse=True):  # so that what is there in both forms counts as plain
        if match := name.fullmatch(file.name):
            found[int(match[1])] = file
    return dict(sorted(found.items()))


class Packer:
    """Compresses the finished parts of a recording in a child process, one at a time."""

    def __init__(self, cast: Path) -> None:
        self._cast = cast
        self._child = 0
        self._again = False
        signal.signal(signal.SIGCHLD, lambda *_: self._reap())

    def start(self) -> None:
        """Compress what is there, now or once the child that is at it has ended."""
        self._reap()
        self._again = self._child != 0
        if self._again or all(file.suffix == ".gz" for file in finished(self._cast).values()):
            return
        with suppress(OSError):  # no process to be had: the next part brings another try
            self._child = os.fork()
            if self._child == 0:
                _pack_all(self._cast)

    def close(self) -> None:
        """Have the rest compressed by a child that is not waited for."""
        if self._again:
            self._child = 0
            self.start()

    def _reap(self) -> None:
        if self._child and os.waitpid(self._child, os.WNOHANG)[0]:
            self._child = 0
            if self._again:
                self.start()


def _pack_all(cast: Path) -> None:
    """Be the child."""
    try:
        # What the recorder holds must end with it, or tmux would not see that it is gone.
        os.close(0)
        os.closerange(3, 256)
        os.nice(LOWEST_PRIORITY)
        os.umask(0o077)
        for file in finished(cast).values():
            if file.suffix != ".gz":
                with suppress(OSError):
                    pack(file)
    finally:
        os._exit(0)


def pack(file: Path) -> None:
    """Replace a finished part by its compressed form, unless another process that is at it does; raises OSError."""
    import zlib  # only this process needs it

    preparing, packed = (file.with_name(file.name + end) for end in (".gz.new", ".gz"))
    with file.open("rb") as source:
        fcntl.flock(source, fcntl.LOCK_EX)
        if not file.exists():
            return
        with preparing.open("wb") as target:
            packing = zlib.compressobj(LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)  # 16: with gzip's header
            while data := source.read(READ):
                target.write(packing.compress(data))
            target.write(packing.flush())
            target.flush()
            os.fsync(target.fileno())
        preparing.rename(packed)
        file.unlink()


class Cast:
    """The recording, appended to one whole line at a time.

    Args:
        path: the file of the part that is written; a recording that is there already goes on.
        columns: the pane's width, in cells.
        rows: its height, in cells.
        limit: bytes after which a part is finished.
        after: what was done to the pane meanwhile if the recording goes on, a key of `CLEARED` or nothing.
    """

    def __init__(self, path: Path, columns: int, rows: int, limit: int = PART, after: str = "") -> None:
        self._path = path
        self._limit = limit
        self._pane = (columns, rows)
        self._at = 0.0
        self._packer = Packer(path)
        self._file: int | None = None
        taken = _take_over(path)
        done = finished(path)
        if taken:
            self._file, header = taken
            self._bytes = os.fstat(self._file).st_size
            self._part, self._start = header.get("part", 1), header["start"]
            self._beginning = self._start - header.get("offset", 0.0)
            self.event("r", f"{columns}x{rows}")
        else:
            self._part, self._start = max(done, default=0), time.time()
            header = _header_of(path, self._part) if done else {"start": self._start, "offset": 0.0}
            self._beginning = header["start"] - header["offset"]
            self._file = self._begin(self._start)
        if taken or done:
            self.event("m", "recording resumed")
            self.output(CLEARED.get(after, ""))
        self._packer.start()

    def output(self, text: str) -> None:
        """The pane printed this."""
        if text:
            self.event("o", text)

    def resize(self, columns: int, rows: int) -> None:
        """The pane has this size, in cells."""
        if (columns, rows) != self._pane:
            self._pane = (columns, rows)
            self.event("r", f"{columns}x{rows}")

    def event(self, code: str, data: str) -> None:
        """Append an event at the present time."""
        if self._bytes >= self._limit:
            self._finish_part()
        # Times never run backwards in a recording, even where the machine's clock does.
        self._at = max(self._at, time.time() - self._start)
        self._write(f'[{self._at:.6f}, "{code}", {encode_basestring(data)}]\n')

    def close(self) -> None:
        """Nothing more comes."""
        self._packer.close()

    def _finish_part(self) -> None:
        whole = self._file
        try:
            self._file = self._begin(max(time.time(), self._start + self._at))
        except OSError:  # a full disk, perhaps; the part becomes longer
            return
        if whole is not None:
            os.close(whole)
        self._packer.start()

    def _begin(self, start: float) -> int:
        """Put the next part in its place, after the one that is there got the name of a finished part."""
        columns, rows = self._pane
        size = {"width": columns, "height": rows, "timestamp": int(start), "env": {"TERM": "tmux-256color"}}
        place = {"start": start, "part": self._part + 1, "offset": round(start - self._beginning, 6)}
        line = json.dumps({"version": 2, **size, **place}).encode() + b"\n"
        new = begun(self._path)
        file = os.open(new, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            _write_all(file, line)
            if self._file is not None:
                self._path.rename(part(self._path, self._part))
            new.rename(self._path)
        except OSError:
            os.close(file)
            raise
        self._part, self._start, self._at, self._bytes = self._part + 1, start, 0.0, len(line)
        return file

    def _write(self, line: str) -> None:
        assert self._file is not None
        data = line.encode("utf-8", "replace")
        self._bytes += len(data)
        _write_all(self._file, data)


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _take_over(path: Path) -> tuple[int, dict[str, Any]] | None:
    """The part that an earlier recorder was writing, once that one has ended, and its header; None without such a part.

    A torn last line is ended. A file without a header is no recording, and makes room.
    """
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        fcntl.flock(file, fcntl.LOCK_EX)
        if _is_at(path, file):
            break
        os.close(file)  # it was finished in the meantime
    size = os.fstat(file).st_size
    try:
        header = json.loads(os.pread(file, READ, 0).partition(b"\n")[0])
        header.setdefault("start", float(header["timestamp"]))
    except (ValueError, KeyError, AttributeError):
        os.close(file)
        return None
    if os.pread(file, 1, size - 1) != b"\n":
        _write_all(file, b"\n")
    return file, header


def _is_at(path: Path, file: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(file))
    return False


def _header_of(cast: Path, number: int) -> dict[str, Any]:
    """The header of a finished part, which may be compressed in this moment."""
    plain = part(cast, number)
    try:
        with plain.open("rb") as file:
            line = file.readline()
    except FileNotFoundError:
        import gzip  # seldom needed

        with gzip.open(f"{plain}.gz") as packed:
            line = packed.readline()
    header: dict[str, Any] = json.loads(line)
    return header


def _listen(path: str) -> socket.socket:
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    listener.setblocking(False)
    return listener


def size_of(tty: str) -> tuple[int, int] | None:
    """Columns and rows of a terminal; None if it is gone or there is none.

    It is not kept open: to tmux, a program that has closed its terminal would not seem to have done so.
    """
    with suppress(OSError):
        file = os.open(tty, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            columns, rows = os.get_terminal_size(file)
        finally:
            os.close(file)
        return (columns, rows) if columns and rows else None
    return None


def record(cast: Cast, listener: socket.socket, scrubber: Scrubber, tty: str = "") -> None:
    """Write until the pane's output ends."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        ready = select.select([0, listener.fileno()], [], [], HOLD if scrubber.held else None)[0]
        if not ready:
            cast.output(scrubber.flush())
        if listener.fileno() in ready:
            with suppress(ValueError, TypeError, LookupError, OSError):
                message = json.loads(listener.recv(65536))
                if message[0] == "r":
                    cast.resize(*(size_of(tty) or (int(message[1]), int(message[2]))))
                elif message[0] == "m":
                    cast.event("m", scrubber.mask(str(message[1])))
        if 0 in ready:
            data = os.read(0, READ)
            if size := size_of(tty):
                cast.resize(*size)
            cast.output(scrubber.feed(decoder.decode(data, final=not data)))
            if not data:
                cast.output(scrubber.flush())
                return
            if FLOOD <= len(data) < READ:
                time.sleep(GATHER)


def main(
    cast: str,
    at: str,
    columns: str,
    rows: str,
    secrets: str = "",
    limit: str = str(PART),
    tty: str = "",
    after: str = "",
) -> None:
    """Record standard input."""
    values: list[str] = []
    if secrets:
        with suppress(OSError), Path(secrets).open(encoding="utf-8", errors="replace") as file:
            values = file.read().split("\n")
    recording = Cast(Path(cast), int(columns), int(rows), int(limit), after)
    record(recording, _listen(at), Scrubber(values), tty)
    recording.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
