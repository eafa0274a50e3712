"""A recording, fed into a fresh pane, shows what its own pane showed: whatever happened to that one meanwhile."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path

from agentmux.replay.canvas import Studio
from agentmux.replay.tape import Size, Tape
from agentmux.terminal.cast import RecorderLink, read
from agentmux.terminal.recorder import size_of
from agentmux.terminal.tmux import Recording, TmuxServer
from tests.contract.conftest import PANE_ENV
from tests.fixtures.waiting import until

SAYS = ["sh", "-c", "stty -echo; while read -r line; do eval \"printf '$line'\"; done"]
"""A program that prints what is typed into it."""
PAINTS = """
import os, signal, sys
def paint(*_):
    columns, rows = os.get_terminal_size(1)
    lines = [f"\\033[{row + 1};1H\\033[4{row % 7}m" + "%d " % row * (columns // 5) + "\\033[K" for row in range(rows)]
    print("\\033[?1049h" + "".join(lines) + f"\\033[1;1H{columns} x {rows}|", end="", flush=True)
signal.signal(signal.SIGWINCH, paint)
paint()
while True:
    signal.pause()
"""
LONG = "a line that is longer than some of the sizes that the pane is given, and says %d. "


def output(cast: Path) -> str:
    return "".join(event.data for event in read(cast)[1] if event.code == "o") if cast.exists() else ""


class Recorded:
    """The recorded pane of an agent."""

    def __init__(self, server: TmuxServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.recording = Recording(folder / "ada.cast", folder / "ada.sock")

    def open(self, argv: Sequence[str], columns: int = 80, rows: int = 24) -> None:
        self.server.open_pane("ada", argv, PANE_ENV, self.folder, self.recording, columns, rows)

    def say(self, text: str, last: str) -> None:
        """Have it printed, and wait until its end is in the recording."""
        self.server._run("send-keys", "-t", "=hub:=ada", "-l", text)
        self.server._run("send-keys", "-t", "=hub:=ada", "Enter")
        self.printed(last)

    def printed(self, text: str) -> None:
        until(lambda: text in output(self.recording.cast))

    def resize(self, columns: int, rows: int) -> None:
        """As the app does, which tells nobody before the size has settled; tmux tells the program a little later."""
        self.server._run("resize-window", "-t", "=hub:=ada", "-x", str(columns), "-y", str(rows))
        [tty] = self.server._run("display-message", "-p", "-t", "=hub:=ada", "#{pane_tty}")
        until(lambda: size_of(tty) == (columns, rows))

    def shows(self) -> str:
        """Everything, history and colours among it."""
        return shown(self.server, "=hub:=ada")

    async def replayed(self) -> str:
        """The same of a fresh pane that was fed with the recording."""
        studio = await Studio.open()
        try:
            header = read(self.recording.cast)[0]
            canvas = await studio.canvas(header.columns, header.rows)
            for piece in Tape(self.recording.cast, header.start).take(math.inf, sys.maxsize):
                if isinstance(piece, Size):
                    await canvas.resize(piece.columns, piece.rows)
                else:
                    await canvas.feed(piece)
            return shown(studio._server, canvas.pane)
        finally:
            await studio.close()


def shown(server: TmuxServer, pane: str) -> str:
    state = "#{pane_width}x#{pane_height} #{cursor_x} #{cursor_y} #{alternate_on} #{history_size} #{cursor_flag}"
    rows = server._run("capture-pane", "-p", "-e", "-S", "-", "-t", pane)
    return "\n".join([*server._run("display-message", "-p", "-t", pane, state), *(row.rstrip() for row in rows)])


async def test_lines_before_and_after_resizes(server: TmuxServer, folder: Path) -> None:
    it = Recorded(server, folder)
    it.open(SAYS)
    for number, size in enumerate([(40, 8), (100, 30), (30, 30), (80, 5), (80, 24)]):
        it.say(LONG.replace("%d", f"{number} before") * 3 + r"\n", f"{number} before. \r\n")
        it.resize(*size)
        it.say(LONG.replace("%d", f"{number} after") * 3 + r"\n", f"{number} after. \r\n")
    assert await it.replayed() == it.shows()
    sizes = [event.data for event in read(it.recording.cast)[1] if event.code == "r"]
    assert sizes == ["40x8", "100x30", "30x30", "80x5", "80x24"]


async def test_a_screen_that_is_painted_anew_at_each_resize(server: TmuxServer, folder: Path) -> None:
    it = Recorded(server, folder)
    it.open([sys.executable, "-c", PAINTS])
    for columns, rows in [(80, 24), (41, 8), (100, 30), (60, 12)]:
        it.resize(columns, rows)
        it.printed(f"{columns} x {rows}|")
    assert await it.replayed() == it.shows()


async def test_told_of_a_resize_later_the_recorder_does_not_repeat_it(server: TmuxServer, folder: Path) -> None:
    it = Recorded(server, folder)
    it.open(SAYS)
    it.resize(50, 10)
    it.say("one", "one")
    link = RecorderLink(it.recording.socket)
    link.resize(50, 10)
    link.marker("told")
    until(lambda: "told" in it.recording.cast.read_text())
    assert [event.code for event in read(it.recording.cast)[1]] == ["r", "o", "m"]


async def test_an_agent_that_is_started_again_in_its_window(server: TmuxServer, folder: Path) -> None:
    it = Recorded(server, folder)
    left = r"printf '\033[31mold %d\r\n' $(seq 60); printf '\033[5;9r\033[?6h\033[?25l\033[3;3Hin red\033]0;half a ti'"
    it.open(["sh", "-c", left])
    it.printed("half a ti")
    until(lambda: server.panes()["ada"].dead)
    it.open(SAYS, columns=60)
    it.say(r"new\nnewer", "newer")
    assert "old 60" not in it.shows()
    assert "old 9" in it.shows()
    assert await it.replayed() == it.shows()


async def test_an_agent_that_is_started_again_after_it_ended_in_the_other_screen(
    server: TmuxServer, folder: Path
) -> None:
    it = Recorded(server, folder)
    it.open(["sh", "-c", r"seq 40; printf '\033[?1049h\033[44mfull screen'"])
    it.printed("full screen")
    until(lambda: server.panes()["ada"].dead)
    it.open(SAYS)
    it.say("new", "new")
    assert await it.replayed() == it.shows()


async def test_a_new_window_goes_on_with_the_recording_of_one_that_is_gone(server: TmuxServer, folder: Path) -> None:
    it = Recorded(server, folder)
    it.open(["sh", "-c", r"seq 100; printf '\033[7mold'; cat"])
    it.printed("old")
    server._run("kill-window", "-t", "=hub:=ada")
    it.open(SAYS)
    it.say("new", "new")
    assert await it.replayed() == it.shows()
