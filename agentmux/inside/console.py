"""A terminal with output that scrolls and one live line below it, at which a human may type at any moment.

One thread reads keys; only the thread that owns the Console draws. What happens is put into a queue as Events:
`line` (a submitted text), `draft` (the typed text changed), `interrupt` (ctrl-c) and `end` (ctrl-d on an empty line).
"""

from __future__ import annotations

import codecs
import os
import re
import sys
import termios
import threading
import tty
import unicodedata
from queue import SimpleQueue
from typing import Any, NamedTuple, Self

RESET, BOLD, DIM = "\x1b[0m", "\x1b[1m", "\x1b[2m"
RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = (f"\x1b[{code}m" for code in (31, 32, 33, 34, 35, 36))

KEY = re.compile(
    r"\x1b\[200~(?P<paste>.*?)\x1b\[201~"  # a bracketed paste
    r"|\x1b\[(?!200~)[0-?]*[ -/]*[@-~]|\x1bO.|\x1b[^\[O]"  # keys that a line editor this small does not know
    r"|(?P<key>[^\x1b])",
    re.DOTALL,
)

PROSE = 76
"""Columns that a sentence takes at most: it still stands well when the pane becomes a little narrower."""


class Event(NamedTuple):
    """Something that the owner of the console should know."""

    kind: str
    value: Any = None


def plain(text: str) -> str:
    r"""The text without control characters other than line breaks and tabs.

    >>> plain("red \x1b[31malert\x07")
    'red [31malert'
    """
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf"))


def cells(text: str) -> int:
    """How many columns a text takes.

    >>> cells("añ世")
    4
    """
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def fold(text: str, width: int, indent: str) -> list[str]:
    """A line in rows of at most `width` columns, broken between words; rows after the first are indented.

    >>> fold("● a few words", 8, "  ")
    ['● a few', '  words']
    """
    rows, row = [], ""
    for word in re.findall(r"\s*\S+|\s+", text):
        if row.strip() and cells(row + word) > width:
            rows.append(row)
            row = indent + word.lstrip()
        else:
            row += word
    return [*rows, row]


class Editor:
    """The text that is being typed, without history and without a movable cursor."""

    def __init__(self, events: SimpleQueue[Event]) -> None:
        self.draft = ""
        self._events = events
        self._pending = ""

    def feed(self, text: str) -> None:
        """Take what the keyboard sent; an unfinished key is kept for the next call."""
        self._pending += text
        while match := KEY.match(self._pending):
            self._pending = self._pending[match.end() :]
            if match["paste"] is not None:
                self.draft += plain(match["paste"].replace("\r", "\n"))
            elif match["key"]:
                self._press(match["key"])
        self._events.put(Event("draft"))

    def _press(self, key: str) -> None:
        if key == "\r":
            line, self.draft = self.draft, ""
            self._events.put(Event("line", line))
        elif key == "\x03":
            self.draft = ""
            self._events.put(Event("interrupt"))
        elif key == "\x04" and not self.draft:
            self._events.put(Event("end"))
        elif key in "\x7f\x08":
            self.draft = self.draft[:-1]
        elif key == "\x15":
            self.draft = ""
        elif key == "\x17":
            self.draft = re.sub(r"\S*\s*$", "", self.draft)
        else:
            self.draft += plain(key)


class Console:
    """The agent's own terminal, from `with` to the end of the block.

    Args:
        events: where keys are reported.
    """

    def __init__(self, events: SimpleQueue[Event]) -> None:
        self._events = events
        self._editor = Editor(events)
        self._live = ""
        self._saved: list[Any] | None = None

    def __enter__(self) -> Self:
        if sys.stdin.isatty():
            self._saved = termios.tcgetattr(0)
            tty.setraw(0)
            raw = termios.tcgetattr(0)
            raw[1] |= termios.OPOST
            termios.tcsetattr(0, termios.TCSANOW, raw)
            sys.stdout.write("\x1b[?2004h")
        threading.Thread(target=self._read_keys, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        sys.stdout.write("\r\x1b[K")
        if self._saved:
            sys.stdout.write("\x1b[?2004l")
            sys.stdout.flush()
            termios.tcsetattr(0, termios.TCSANOW, self._saved)
        sys.stdout.flush()

    def write(self, text: str = "", style: str = "", indent: str | None = None) -> None:
        """Let a text scroll by above the live line; with an `indent` its lines are broken between words."""
        lines = text.split("\n")
        if indent is not None:
            lines = [row for line in lines for row in fold(line, min(self._width(), PROSE), indent)]
        styled = "\n".join(f"{style}{line}{RESET}" if style else line for line in lines)
        sys.stdout.write(f"\r\x1b[K{styled}\n")
        self._draw()

    def show(self, label: str, style: str = "") -> None:
        """Put the label on the live line; what is being typed stands behind it."""
        width = self._width()
        while cells(label) > width - 2:
            label = label[:-1]
        draft = self._editor.draft.replace("\n", "⏎")
        while draft and cells(label) + cells(draft) > width - 2:
            draft = draft[1:]
        self._live = f"{style}{label}{RESET}{draft}"
        self._draw()

    def _width(self) -> int:
        return os.get_terminal_size(1).columns if sys.stdout.isatty() else 80

    def _draw(self) -> None:
        sys.stdout.write(f"\r\x1b[K{self._live}")
        sys.stdout.flush()

    def _read_keys(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while data := os.read(0, 4096):
            self._editor.feed(decoder.decode(data))
        self._events.put(Event("end"))
