"""A tmux pane as a widget: it shows what tmux says the pane shows, and types what the human types."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from textual import events
from textual.geometry import Offset, Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import Worker

from agentmux.errors import TerminalError
from agentmux.terminal.control import Block, ControlClient
from agentmux.terminal.keys import KeyToken
from agentmux.terminal.screen import Screen
from agentmux.ui.compositor import paint
from agentmux.ui.driver import Typed, tap
from agentmux.ui.widgets.raw_strip import parsed, raw_strip
from agentmux.watch import FileWatch

FRAME = 1 / 30
"""Seconds between two pictures of a pane."""
SLOW_FRAME = 1 / 5
"""The same where the terminal cannot keep up: its writer would fill up and then block the app."""
BRISK = 0.1
"""Seconds after a keystroke in which a picture does not wait for its frame."""
SHORTEST = 0.004
"""Seconds between two pictures even then."""
LEAST_COLUMNS = 78
"""A narrower widget shows a part of a pane of this width: agents' own screens suffer below it."""
WHEEL = 3
"""Lines per turn of the wheel."""
MOTION, WHEEL_UP, WHEEL_DOWN = 32, 64, 65


class PaneView(Widget):
    """A live pane. It has no border, padding or background of its own: the pane fills it; frames belong to a parent.

    It is a `Sink`: while `typing`, the driver brings it what is typed.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "PaneView { width: 1fr; height: 1fr; }"

    typing: reactive[bool] = reactive(False, repaint=False)
    """Whether the keys go to the pane. Set it, and set it again on `LeftTyping` and `ResumedTyping`."""
    back: reactive[int] = reactive(0, repaint=False)
    """How many lines of history the picture lies above the live screen."""

    class Resized(Message):
        """The pane was given this size, in cells."""

        def __init__(self, view: PaneView, columns: int, rows: int) -> None:
            super().__init__()
            self.view = view
            self.columns = columns
            self.rows = rows

    class Clicked(Message):
        """The human pressed a mouse button on the pane."""

        def __init__(self, view: PaneView) -> None:
            super().__init__()
            self.view = view

    class Lost(Message):
        """The tmux server is gone; the last picture stays."""

        def __init__(self, view: PaneView) -> None:
            super().__init__()
            self.view = view

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(name=name, id=id, classes=classes)
        self.picture: Screen | None = None
        self.pane = ""
        self._client: ControlClient | None = None
        self._files: FileWatch | None = None
        self._cast = Path()
        self._strips: list[Strip] = []
        self._drawn = (0, 0)
        self._asked_size = (0, 0)
        self._dirty = asyncio.Event()
        self._hurry = asyncio.Event()
        self._shown = asyncio.Event()
        self._last_key = 0.0
        self._following: Worker[None] | None = None
        self._pressed = False

    # -- what is shown ----------------------------------------------------------------------------------------------

    def attach(self, client: ControlClient, watch: FileWatch, pane: str, cast: Path) -> None:
        """Show a pane from now on.

        Args:
            client: the app's line to the tmux server.
            watch: tells when the recording grows.
            pane: the pane's id.
            cast: its recording, which grows whenever the pane prints.
        """
        self.detach()
        self._client, self._files, self.pane, self._cast = client, watch, pane, cast
        self._asked_size = (0, 0)
        client.when_closed(self._look)
        # The recording does not grow when the program ends, when the cursor alone moves, or when its recorder is gone.
        client.subscribe(f"view-{pane}", pane, "#{pane_dead} #{cursor_x} #{cursor_y} #{history_size}", self._told)
        watch.add(cast, self._look)
        self._following = self.run_worker(self._follow(client), name=f"follow {pane}")
        self.reclaim()

    def detach(self) -> None:
        """Show nothing new; the last picture stays."""
        if self._following:
            self._following.cancel()
            self._following = None
        if self._files:
            self._files.remove(self._cast, self._look)
            self._files = None
        if self._client:
            with suppress(TerminalError):
                self._client.unsubscribe(f"view-{self.pane}")
            self._client = None

    def reclaim(self) -> None:
        """Give the pane this widget's size and leave copy mode: after an attach, and after a take over."""
        self._asked_size = (0, 0)
        if self._client:
            with suppress(TerminalError):
                self._client.reclaim(self.pane)
                self._fit()
        self._look()

    def fit_again(self) -> None:
        """Give the pane this widget's size if it has another one, because of another viewer."""
        if self.picture and (self.picture.columns, self.picture.rows) != self._wanted():
            self._asked_size = (0, 0)
            with suppress(TerminalError):
                self._fit()

    def look_back(self, lines: int) -> None:
        """Move the picture up into the history by this many lines (down, if negative)."""
        most = self.picture.info.history if self.picture else 0
        self.back = min(max(0, self.back + lines), most)

    def text_rows(self) -> tuple[str, ...]:
        """The rows that are shown, as plain text."""
        return self.picture.text_rows() if self.picture else ()

    def typed(self, tokens: Typed) -> None:
        """Type into the pane (called by the driver)."""
        if self._client is None:
            return
        self.back = 0
        self.fit_again()
        self._last_key = asyncio.get_running_loop().time()
        with suppress(TerminalError):
            keys: list[KeyToken] = []
            for token in tokens:
                if isinstance(token, KeyToken):
                    keys.append(token)
                else:
                    self._client.keys(self.pane, keys)
                    keys = []
                    self._client.paste(self.pane, token.text).add_done_callback(_forget)
            self._client.keys(self.pane, keys)

    # -- following --------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        self._dirty.set()
        if asyncio.get_running_loop().time() - self._last_key < BRISK:
            self._hurry.set()

    def _told(self, _pane: str, _value: str) -> None:
        self._look()

    async def _follow(self, client: ControlClient) -> None:
        loop = asyncio.get_running_loop()
        started = 0.0
        while True:
            await self._dirty.wait()
            await self._next_frame(started)
            await self._shown.wait()
            self._dirty.clear()
            self._hurry.clear()
            started = loop.time()
            try:
                screen = await client.capture(self.pane, -self.back, self.picture)
            except TerminalError:
                self.post_message(self.Lost(self))
                return
            if screen is not None and screen is not self.picture:
                self._show(screen)

    async def _next_frame(self, last: float) -> None:
        """Wait until the last picture has been there for long enough."""
        loop = asyncio.get_running_loop()
        driver = tap(self.app)
        due = last + (SLOW_FRAME if driver and driver.congested else FRAME)
        if loop.time() >= due:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout_at(due):
                await self._hurry.wait()
        if (early := last + SHORTEST - loop.time()) > 0:
            await asyncio.sleep(early)

    def _show(self, screen: Screen) -> None:
        last, self.picture = self.picture, screen
        if self.back and last and last.back and (grown := screen.info.history - last.info.history) > 0:
            self.back += grown  # what the human reads stays where it is
        self.back = min(self.back, screen.info.history)
        if changed := {*self._draw(last), *self._place_cursor()}:
            width = self.size.width
            paint(self, [Region(0, first, width, rows) for first, rows in stretches(changed)])

    # -- drawing ----------------------------------------------------------------------------------------------------

    def _draw(self, last: Screen | None) -> list[int]:
        """Make the strips of the picture, keeping those whose lines are as in the last one; returns which are new."""
        assert self.picture
        width, height = self.size
        lines = self.picture.lines[:height]
        left = self._left()
        same = last is not None and (last.columns, self._drawn) == (self.picture.columns, (width, left))
        old = last.lines if same and last else ()
        self._drawn = (width, left)
        strips, changed = [], []
        for row, line in enumerate(lines):
            if row < len(old) and row < len(self._strips) and old[row] == line:
                strips.append(self._strips[row])
            else:
                strips.append(self._strip(line, width, left))
                changed.append(row)
        changed += range(len(lines), min(len(self._strips), height))
        self._strips = strips
        return changed

    def _strip(self, line: str, width: int, left: int) -> Strip:
        assert self.picture
        if self.picture.columns <= width:
            return raw_strip(line, width)
        return parsed(line, self.picture.columns).crop(left, left + width)

    def _left(self) -> int:
        """The first column that is shown: of a wider pane, the part with the cursor while the human types."""
        if self.picture is None or not self.typing:
            return 0
        return max(0, min(self.picture.cursor_x + 1, self.picture.columns) - self.size.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a part of the widget; Textual's own styling is left out, the pane has its own."""
        width = self.size.width
        rows = [self._strips[y] if y < len(self._strips) else Strip.blank(width) for y in crop.line_range]
        if crop.x == 0 and crop.width == width:
            return rows
        return [row.crop(crop.x, crop.right) for row in rows]

    def _place_cursor(self) -> list[int]:
        """Put the terminal's cursor where the pane's is; returns the row to paint, with which it is moved."""
        driver = tap(self.app)
        picture = self.picture
        if driver is None or not self.typing or picture is None:
            return []
        column, row = picture.cursor_x - self._left(), picture.cursor_y
        inside = 0 <= column < self.size.width and 0 <= row < self.size.height
        driver.show_cursor(inside and picture.info.cursor_visible and not self.back and not picture.dead)
        position = self.region.offset + Offset(column, row)
        if not inside or position == self.app.cursor_position:
            return []
        self.app.cursor_position = position
        return [row]

    # -- events -----------------------------------------------------------------------------------------------------

    def watch_typing(self, typing: bool) -> None:
        """Take the keys, or give them back."""
        if driver := tap(self.app):
            if typing:
                driver.typing = self
            elif driver.typing is self:
                driver.typing = None
            if not typing:
                driver.show_cursor(False)
        if self.picture:
            self._show(self.picture)

    def watch_back(self) -> None:
        """Show the part of the history that was asked for."""
        self._hurry.set()
        self._dirty.set()

    def on_show(self) -> None:
        """Follow the pane while it can be seen."""
        self._shown.set()
        self._look()

    def on_hide(self) -> None:
        """Ask for no pictures that nobody sees."""
        self._shown.clear()

    def on_resize(self) -> None:
        """Give the pane the widget's size."""
        with suppress(TerminalError):
            self._fit()
        if self.picture:
            self._strips = []
            self._show(self.picture)
            self.refresh()

    def on_unmount(self) -> None:
        """Let go of the pane."""
        self.typing = False
        self.detach()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll the pane's program, if it wants the mouse, or the history."""
        event.stop()
        if not self._forward(event, WHEEL_UP):
            self.look_back(WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll the pane's program, if it wants the mouse, or the history."""
        event.stop()
        if not self._forward(event, WHEEL_DOWN):
            self.look_back(-WHEEL)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Tell the app, and the pane's program if it wants the mouse."""
        self.post_message(self.Clicked(self))
        if self._forward(event, event.button - 1):
            self._pressed = True
            self.capture_mouse()
            event.stop()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """End what `on_mouse_down` began."""
        if self._pressed:
            self._pressed = False
            self.release_mouse()
            self._forward(event, max(0, event.button - 1), release=True)
            event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell the pane's program of drags and motion, if it wants them."""
        if self.picture is None:
            return
        wants = self.picture.info.mouse
        if wants.motion or (wants.drags and self._pressed):
            self._forward(event, MOTION + (event.button - 1 if self._pressed else 3))

    def _forward(self, event: events.MouseEvent, button: int, *, release: bool = False) -> bool:
        """Send a mouse event to the pane's program; false if that is not wanted now."""
        picture = self.picture
        if not (self.typing and self._client and picture and picture.info.mouse.clicks) or self.back:
            return False
        column = min(max(0, event.x + self._left()), picture.columns - 1)
        row = min(max(0, event.y), picture.rows - 1)
        code = button + 4 * event.shift + 8 * event.meta + 16 * event.ctrl
        with suppress(TerminalError):
            self._client.mouse(self.pane, picture.info.mouse, code, column, row, release=release)
        return True

    def _wanted(self) -> tuple[int, int]:
        return max(self.size.width, LEAST_COLUMNS), self.size.height

    def _fit(self) -> None:
        columns, rows = size = self._wanted()
        if self._client and self.size.width and rows and size != self._asked_size:
            self._asked_size = size
            self._client.resize(self.pane, columns, rows)
            self.post_message(self.Resized(self, columns, rows))
            self._look()


def stretches(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as stretches without a gap: where each begins, and how long it is.

    >>> stretches([7, 2, 3])
    [(2, 2), (7, 1)]
    """
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == sum(found[-1]):
            found[-1] = found[-1][0], found[-1][1] + 1
        else:
            found.append((number, 1))
    return found


def _forget(done: asyncio.Future[list[Block]]) -> None:
    """Nobody waits for a paste; `_follow` tells of a server that is gone."""
    if not done.cancelled():
        done.exception()
