"""The widget that shows a pane, in a Textual app without a terminal, over real tmux."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Static

from agentmux.terminal.cast import files
from agentmux.terminal.control import ControlClient
from agentmux.terminal.keys import KeyToken, PasteToken
from agentmux.terminal.recorder import PART
from agentmux.terminal.screen import plain
from agentmux.terminal.tmux import Recording, TmuxServer
from agentmux.ui.widgets.pane import LEAST_COLUMNS, PaneView
from agentmux.ui.widgets.raw_strip import RawStrip, parsed
from agentmux.watch import FileWatch
from tests.fixtures.waiting import PATIENCE

ENV = {"TERM": "tmux-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
MOUSE = (
    "import os, tty; tty.setraw(0); os.write(1, b'\\x1b[?1002h\\x1b[?1006hready\\r\\n');\n"
    "while data := os.read(0, 99): os.write(1, ascii(data).encode() + b'\\r\\n')"
)


class ViewApp(App[None]):
    CSS = "Screen { layers: base top; } #over { layer: top; offset: 2 0; width: 8; height: 1; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Message] = []

    def compose(self) -> ComposeResult:
        yield PaneView()
        yield Static("OVERLAY!", id="over")

    def on_pane_view_resized(self, event: PaneView.Resized) -> None:
        self.told.append(event)

    def on_pane_view_clicked(self, event: PaneView.Clicked) -> None:
        self.told.append(event)

    def on_pane_view_lost(self, event: PaneView.Lost) -> None:
        self.told.append(event)


@dataclass
class Desk:
    app: ViewApp
    pilot: Pilot[None]
    server: TmuxServer
    client: ControlClient
    pane: str
    cast: Path
    view: PaneView = field(init=False)

    def __post_init__(self) -> None:
        self.view = self.app.query_one(PaneView)

    async def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, self.screen()
            await self.pilot.pause(0.01)

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in "\n".join(self.screen()))

    def screen(self) -> list[str]:
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    def type(self, text: str) -> None:
        self.view.typed([KeyToken(character) for character in text])


@asynccontextmanager
async def desk(argv: list[str], size: tuple[int, int] = (80, 24), part: int = PART) -> AsyncIterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="amx", dir="/tmp") as path:  # socket paths must be short
        folder = Path(path)
        server = TmuxServer(folder / "s")
        try:
            server.start(80, 24)
            cast = folder / "ada.cast"
            recording = Recording(cast, folder / "ada.sock", part=part)
            pane = server.open_pane("ada", argv, ENV, folder, recording, 80, 24)
            watch, client = FileWatch(), await ControlClient.connect(folder / "s")
            app = ViewApp()
            async with app.run_test(size=size) as pilot:
                found = Desk(app, pilot, server, client, pane, cast)
                found.view.attach(client, watch, pane, cast)
                yield found
            watch.close()
            await client.close()
        finally:
            server.kill()


async def test_the_pane_is_shown_and_unchanged_rows_are_kept() -> None:
    async with desk(["sh", "-c", "printf '\\033[31mred\\033[0m\\nplain\\n'; cat"]) as it:
        await it.shows("plain")
        kept = it.view._strips[:2]
        it.type("new\r")
        await it.shows("new")
        assert it.view._strips[0] is kept[0]
        assert it.view._strips[1] is kept[1]
        assert "\x1b[31mred" in kept[0].render(it.app.console)


async def test_the_pane_is_followed_from_one_part_of_its_recording_to_the_next() -> None:
    async with desk(["cat"], part=1) as it:
        for number in range(30):
            it.type(f"number {number}\r")
            await it.shows(f"number {number} ")
        parts = files(it.cast)
        assert len(parts) > 30
        await it.until(lambda: all(file.suffix == ".gz" for file in files(it.cast)[:-1]))


async def test_an_overlay_lies_on_the_pane_and_leaves_the_rest() -> None:
    async with desk(["sh", "-c", "printf '\\033[44m漢字 wide and long\\033[0m'; cat"]) as it:
        await it.shows("wide and long")
        it.app.query_one("#over").display = True
        await it.pilot.pause()
        assert it.screen()[0].startswith("漢OVERLAY!and long")
        assert "wide" not in it.screen()[0]
        assert "OVERLAY" in it.app.export_screenshot()
        it.app.query_one("#over").display = False
        await it.pilot.pause()
        assert it.screen()[0].startswith("漢字 wide and long")


async def test_the_pane_gets_the_size_of_the_widget() -> None:
    async with desk(["cat"], size=(100, 30)) as it:
        await it.until(lambda: bool(it.view.picture and it.view.picture.columns == 100))
        await it.pilot.resize_terminal(90, 20)
        await it.until(lambda: bool(it.view.picture and it.view.picture.rows == 20))
        sizes = [(event.columns, event.rows) for event in it.app.told if isinstance(event, PaneView.Resized)]
        assert sizes == [(100, 30), (90, 20)]


async def test_whoever_acts_gets_the_pane_back_from_another_viewer() -> None:
    async with desk(["cat"], size=(100, 30)) as it:
        await it.until(lambda: bool(it.view.picture and it.view.picture.columns == 100))
        it.client.resize(it.pane, 80, 20)
        await it.until(lambda: bool(it.view.picture and it.view.picture.columns == 80))
        it.type("x")
        await it.until(lambda: bool(it.view.picture and it.view.picture.columns == 100))


async def test_a_narrow_widget_shows_a_part_and_follows_the_cursor_while_typing() -> None:
    async with desk(["sh", "-c", "printf 'left%060d' 7; cat"], size=(40, 10)) as it:
        await it.shows("left")
        await it.until(lambda: bool(it.view.picture and it.view.picture.columns == LEAST_COLUMNS))
        assert it.screen()[0] == "left" + "0" * 36
        it.view.typing = True
        await it.until(lambda: it.screen()[0].rstrip().endswith("7"))
        it.view.typing = False
        await it.shows("left")


async def test_the_wheel_shows_the_history_and_typing_comes_back() -> None:
    async with desk(["sh", "-c", "seq 1000; cat"]) as it:
        await it.shows("1000")
        for _ in range(10):
            it.view.post_message(_wheel(it.view))
        await it.until(lambda: it.view.back == 30)
        await it.shows(str(1000 - 22 - 30))
        assert "1000" not in it.screen()
        it.client.key(it.pane, "x")
        it.client.key(it.pane, "Enter")
        await it.until(lambda: it.view.back > 30)  # two lines came: what is read stays
        await it.until(lambda: it.screen()[0].strip() == str(1000 - 22 - 30))
        it.type("y")
        assert it.view.back == 0
        await it.shows("y")
        it.view.look_back(10**6)
        await it.until(lambda: it.screen()[0].strip() == "1")
        it.view.look_back(-(10**6))
        await it.shows("y")


async def test_what_is_typed_and_pasted_keeps_its_order() -> None:
    async with desk(["cat"]) as it:
        it.view.typed([KeyToken("a"), PasteToken("b c"), KeyToken("d"), PasteToken("e"), KeyToken("\r")])
        await it.shows("ab cde")


async def test_the_mouse_goes_to_a_program_that_asks_but_only_while_typing() -> None:
    async with desk([sys.executable, "-c", MOUSE]) as it:
        await it.shows("ready")
        await it.pilot.click(PaneView, offset=(4, 2))
        assert [type(event) for event in it.app.told[-1:]] == [PaneView.Clicked]
        it.view.typing = True
        await it.pilot.click(PaneView, offset=(6, 3))
        it.view.post_message(_wheel(it.view))
        await it.shows("x1b[<64;")
        assert "x1b[<0;7;4M" in "".join(it.screen())
        assert "x1b[<0;7;4m" in "".join(it.screen())
        assert "[<0;5;3M" not in "".join(it.screen())
        assert it.view.back == 0


async def test_a_hidden_pane_is_not_asked_for_and_is_up_to_date_when_shown() -> None:
    async with desk(["cat"]) as it:
        it.type("one")
        await it.shows("one")
        it.view.display = False
        await it.pilot.pause(0.1)  # a frame that was under way may still come
        before = it.view.picture
        it.client.keys(it.pane, [KeyToken("t"), KeyToken("w"), KeyToken("o")])
        for _ in range(10):  # its frame would have come, and its request been answered before ours
            await it.pilot.pause(0.02)
            shown = await it.client.capture(it.pane)
        assert shown
        assert shown.text_rows()[0] == "onetwo"
        assert it.view.picture is before
        it.view.display = True
        await it.shows("onetwo")


async def test_the_last_picture_stays_when_the_server_dies() -> None:
    async with desk(["sh", "-c", "echo last words; cat"]) as it:
        await it.shows("last words")
        await asyncio.to_thread(it.server.kill)
        await it.until(lambda: any(isinstance(event, PaneView.Lost) for event in it.app.told))
        it.type("into the void")
        it.view.typed([PasteToken("too")])
        await it.shows("last words")


async def test_the_end_of_the_program_is_shown() -> None:
    async with desk(["true"]) as it:
        await it.shows("Pane is dead")


@pytest.mark.parametrize(
    "line", ["plain", "\x1b[1;31mred\x1b[0m and 漢字", "\x1b[48;2;1;2;3m\x1b[4:3mx\x1b[38;5;300my\x1b[38mz", ""]
)
def test_a_raw_strip_has_the_segments_of_its_line(line: str) -> None:
    raw = RawStrip(line, 20)
    assert raw.cell_length == 20
    assert list(raw) == list(parsed(line, 20))
    assert raw.text == raw.crop(0, 20).text
    assert raw.crop(2, 5).text == parsed(line, 20).crop(2, 5).text
    assert line in (raw._render_cache or "")


@pytest.mark.parametrize("line", ["plain", "\x1b[44m漢字\x1b[1m and more", "x" * 20, ""])
async def test_what_is_written_after_a_raw_strip_stands_beside_it(line: str) -> None:
    drawn = f"old text that must not stay\r{RawStrip(line, 20)._render_cache}|"
    async with desk([sys.executable, "-c", f"import time; print({drawn!r}, end='', flush=True); time.sleep(60)"]) as it:
        await it.shows("|")
        before, bar, _ = it.screen()[0].partition("|")
        assert (cell_len(before), bar) == (20, "|")
        assert before.rstrip() == plain(line)


def _wheel(view: PaneView) -> Message:
    from textual.events import MouseScrollUp

    return MouseScrollUp(view, 1, 1, 0, 0, 0, False, False, False)
