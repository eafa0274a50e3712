"""The driver that lets a human type into a pane: in TYPING mode the terminal's bytes go there unparsed.

Textual's key events do not carry every key (Alt+Enter arrives as Enter), so the raw input is tapped before its parser.
The leader, the mouse and the terminal's replies stay with the app. What Textual must be told by environment variables
before it is imported stands in `agentmux.ui`.
"""

from __future__ import annotations

import os
import re
import selectors
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import Any, Protocol

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.constants import ESCAPE_DELAY
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from agentmux.terminal.keys import AppToken, KeyToken, LeaderToken, PasteToken, Token, Tokenizer, leader_character

TWICE = 1.0
"""Seconds within which a second leader is sent to the pane."""
PASTE_SILENCE = 2.0
"""Seconds without input after which a paste without an end is over."""

HOLD = 0.25
"""Seconds after which keys behind one that may start TYPING go to the app even if it has not said what became of it."""
PENDING = 4
"""Pieces that may wait for the terminal: a frame of each pane that is shown, and what else has changed."""
STARTS = "\r", "i"
"""The characters of the keys that may start TYPING."""
STOPS = re.compile(rf"\x1b\[20(?P<paste>[01])~|(?P<start>{'|'.join(STARTS)})")

Typed = list[KeyToken | PasteToken]


class Sink(Protocol):
    """What is typed into (`PaneView`)."""

    def typed(self, tokens: Typed) -> None:
        """Take keystrokes and pastes; called on the event loop."""


class LeftTyping(Message):
    """The leader was pressed: keys reach the app again."""


class ResumedTyping(Message):
    """The leader was pressed twice and the pane got it: keys reach the same pane as before."""


class Asked(Message):
    """A key that may start TYPING went to the app: it must call `TapDriver.settled` with `number` once that is done."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Router:
    """Decides for each piece of terminal input whether it is the pane's or the app's.

    What was typed behind a key that may start TYPING waits until the app has done what that key means: it may be meant
    for an agent, and would act as commands.

    Args:
        leader: the leader's character.
        to_app: takes raw input for Textual's parser.
        to_pane: takes what was typed, and for whom.
        tell: takes messages for the app.
    """

    def __init__(
        self,
        leader: str,
        to_app: Callable[[str], None],
        to_pane: Callable[[Sink, Typed], None],
        tell: Callable[[Message], None],
    ) -> None:
        self.sink: Sink | None = None
        self._to_app = to_app
        self._to_pane = to_pane
        self._tell = tell
        self._leader = leader
        self._tokens = Tokenizer(leader)
        self._left: tuple[Sink, float] | None = None
        self._pasting = False
        self._asked = 0
        self._held: str | None = None
        self._due = 0.0

    @property
    def patience(self) -> float | None:
        """Seconds of silence after which `silence` must be called; None if nothing is pending."""
        if self._held is not None:
            return max(0.0, self._due - time.monotonic())
        if not self._tokens.pending:
            return None
        return PASTE_SILENCE if self._tokens.pasting else ESCAPE_DELAY

    def feed(self, data: str) -> None:
        """Take input, as it was read."""
        if self._held is not None:
            self._held += data
            return
        while data:
            if self.sink:
                data = self._type(self.sink, data)
            elif self._twice(data):
                assert self._left
                self.sink, self._left = self._left[0], None
                self._to_pane(self.sink, [KeyToken(self._leader)])
                self._tell(ResumedTyping())
                data = data[1:]
            else:
                self._left = None
                self._command(self._tokens.take() + data)
                return

    def settled(self, number: int) -> None:
        """The app has done what the key meant after which it was `Asked` for this number."""
        if self._held is not None and number == self._asked:
            held, self._held = self._held, None
            self.feed(held)

    def silence(self) -> None:
        """Nothing came for `patience` seconds: what is pending is complete."""
        if self._held is not None:
            self.settled(self._asked)
        elif self.sink:
            self._hand_out(self.sink, [*self._tokens.flush()])
        elif pending := self._tokens.take():
            self._to_app(pending)

    def _command(self, data: str) -> None:
        """Hand input to the app; what comes behind a key that may start TYPING is held back."""
        for stop in STOPS.finditer(data):
            if stop["paste"]:
                self._pasting = stop["paste"] == "0"
            elif not self._pasting:
                self._to_app(data[: stop.end()])
                self._asked += 1
                self._held, self._due = data[stop.end() :], time.monotonic() + HOLD
                self._tell(Asked(self._asked))
                return
        self._to_app(data)

    def _twice(self, data: str) -> bool:
        return bool(self._left) and data[0] == self._leader and time.monotonic() - self._left[1] < TWICE  # type: ignore[index]

    def _type(self, sink: Sink, data: str) -> str:
        """Type the data up to the leader; returns what comes after it."""
        tokens: list[Token] = []
        for token in self._tokens.feed(data):
            if isinstance(token, LeaderToken):
                self._hand_out(sink, tokens)
                self.sink, self._left = None, (sink, time.monotonic())
                self._tell(LeftTyping())
                return self._tokens.take()
            tokens.append(token)
        self._hand_out(sink, tokens)
        return ""

    def _hand_out(self, sink: Sink, tokens: list[Token]) -> None:
        for token in tokens:
            if isinstance(token, AppToken):
                self._to_app(token.text)
        if typed := [token for token in tokens if isinstance(token, KeyToken | PasteToken)]:
            self._to_pane(sink, typed)


class TapDriver(LinuxDriver):
    """Textual's driver for Linux and macOS with a tap; made by `tap_driver`."""

    leader = "\x1d"

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._router = Router(self.leader, self._parse, self._type, self.process_message)
        self._parser = XTermParser(self._debug)
        self._cursor = False
        self._wake_in = self._wake_out = -1
        self._settled = 0

    @property
    def typing(self) -> Sink | None:
        """What gets the keys; None when the app does. May be set at any time."""
        return self._router.sink

    @typing.setter
    def typing(self, sink: Sink | None) -> None:
        self._router.sink = sink

    def settled(self, number: int) -> None:
        """The app has done what a key meant that might have started TYPING; called on the event loop."""
        self._settled = number
        if self._wake_out >= 0:
            os.write(self._wake_out, b"s")

    @property
    def congested(self) -> bool:
        """Whether the terminal is slower than what is written to it, so that more frames would only pile up."""
        return self._writer_thread is not None and self._writer_thread._queue.qsize() > PENDING

    def show_cursor(self, visible: bool) -> None:
        """Show or hide the terminal's cursor; `App.cursor_position` says where it is."""
        if visible != self._cursor:
            self._cursor = visible
            self.write("\x1b[?25h" if visible else "\x1b[?25l")
            self.flush()

    def start_application_mode(self) -> None:
        """Take the terminal, also after a suspension."""
        if self._wake_out < 0:
            self._wake_in, self._wake_out = os.pipe()
        self._parser = XTermParser(self._debug)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._cursor:
            self.write("\x1b[?25h")

    def disable_input(self) -> None:
        """Stop reading, and wait for the reader."""
        if self._wake_out >= 0:
            os.write(self._wake_out, b"x")
        super().disable_input()

    def close(self) -> None:
        """Let go of the terminal."""
        super().close()
        if self._wake_out >= 0:
            os.close(self._wake_in)
            os.close(self._wake_out)
            self._wake_in = self._wake_out = -1

    def run_input_thread(self) -> None:
        """Read the terminal until told to stop; sleeps while nothing is typed."""
        # Bytes that are not UTF-8 survive as surrogates, so that a pane gets what was sent.
        decode = getincrementaldecoder("utf-8")("surrogateescape").decode
        with selectors.SelectSelector() as selector:
            selector.register(self._wake_in, selectors.EVENT_READ)
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                patience = [t for t in (self._router.patience, self._parser_patience()) if t is not None]
                ready = {key.fd for key, _ in selector.select(min(patience) if patience else None)}
                if self._wake_in in ready:
                    if b"x" in os.read(self._wake_in, 1 << 10):
                        return
                    self._router.settled(self._settled)
                if self.fileno in ready:
                    data = os.read(self.fileno, 1 << 16)
                    if not data:
                        selector.unregister(self.fileno)
                    self._router.feed(decode(data, final=not data))
                elif not ready:
                    self._router.silence()
                for message in self._parser.tick():
                    self.process_message(message)

    def _parser_patience(self) -> float | None:
        due = self._parser._timeout_time
        return None if due is None else max(0.001, due - time.monotonic())

    def _parse(self, data: str) -> None:
        for message in self._parser.feed(data.encode("utf-8", "surrogateescape").decode("utf-8", "replace")):
            self.process_message(message)

    def _type(self, sink: Sink, tokens: Typed) -> None:
        self._loop.call_soon_threadsafe(sink.typed, tokens)


def tap_driver(leader: str) -> type[TapDriver]:
    """The driver class for `App(driver_class=...)` with this leader, such as `ctrl+]`; raises ConfigError."""
    return type("TapDriver", (TapDriver,), {"leader": leader_character(leader)})


def tap(app: App[Any]) -> TapDriver | None:
    """The app's tap; None where there is no terminal, as in tests with a pilot."""
    driver = app._driver
    return driver if isinstance(driver, TapDriver) else None
