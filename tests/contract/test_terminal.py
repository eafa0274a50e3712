"""Real tmux: what panes show, take and tell, through `TmuxServer` and `ControlClient`."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentmux.errors import MissingProgram, TerminalError
from agentmux.terminal import tmux
from agentmux.terminal.client import command, environment
from agentmux.terminal.control import ControlClient
from agentmux.terminal.keys import KeyToken
from agentmux.terminal.screen import Screen, runs
from agentmux.terminal.tmux import Recording, TmuxServer
from agentmux.watch import FileWatch
from tests.contract.conftest import PANE_ENV
from tests.fixtures.waiting import PATIENCE

RAW = "import os, sys, tty; tty.setraw(0); os.write(1, bytes.fromhex(sys.argv[1]));"
HOLD = "import signal; signal.pause()"


@dataclass
class Pane:
    """A pane, the client that looks at it, and the file that says when to look."""

    id: str
    client: ControlClient
    grown: asyncio.Event

    async def until(self, holds: Callable[[Screen], bool], seconds: float = PATIENCE) -> Screen:
        """The first screen for which `holds`; looks again when the recording grows, and now and then."""
        screen = None
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.grown.clear()
            screen = await self.client.capture(self.id)
            if screen and holds(screen):
                return screen
            try:
                async with asyncio.timeout(0.2):
                    await self.grown.wait()
            except TimeoutError:
                pass
        raise AssertionError(f"not seen: {screen and screen.text_rows()}")

    async def shows(self, text: str) -> Screen:
        return await self.until(lambda screen: any(text in row for row in screen.text_rows()))


@dataclass
class Desk:
    server: TmuxServer
    client: ControlClient
    watch: FileWatch
    folder: Path

    def run(self, argv: Sequence[str], name: str = "ada", columns: int = 80, rows: int = 24) -> Pane:
        cast = self.folder / f"{name}.cast"
        recording = Recording(cast, self.folder / f"{name}.sock")
        pane = Pane(
            self.server.open_pane(name, argv, PANE_ENV, self.folder, recording, columns, rows),
            self.client,
            asyncio.Event(),
        )
        self.watch.add(cast, pane.grown.set)
        return pane

    def shows(self, text: str, then: str = HOLD, **options: int) -> Pane:
        """A pane that prints a text (with Python's escapes) in raw mode and goes on with some code."""
        data = text.encode().decode("unicode_escape").encode("latin1")
        return self.run([sys.executable, "-c", RAW + then, data.hex()], **options)  # type: ignore[arg-type]


@pytest.fixture
async def desk(server: TmuxServer, folder: Path) -> AsyncIterator[Desk]:
    client = await ControlClient.connect(folder / "s")
    watch = FileWatch()
    yield Desk(server, client, watch, folder)
    watch.close()
    await client.close()


# -- what is shown --------------------------------------------------------------------------------------------------


async def test_colours_and_attributes_come_through_and_nothing_else(desk: Desk) -> None:
    pane = desk.shows(
        r"\x1b]0;title\x07\x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3mtrue\x1b[0m\x1b]8;;http://x\x07link\x1b]8;;\x07 end"
    )
    screen = await pane.shows("end")
    assert screen.lines[0].startswith("\x1b[1m\x1b[31mred")
    assert "\x1b[38;2;1;2;3mtrue" in screen.lines[0]
    assert screen.text_rows()[0] == "red true" + "link end"
    assert "\x1b]" not in "".join(screen.lines)


async def test_a_colour_that_goes_on_over_rows_is_written_out_in_each(desk: Desk) -> None:
    screen = await desk.shows(r"\x1b[44mone\r\ntwo\r\n\x1b[0mthree").shows("three")
    assert screen.lines[1].startswith("\x1b[44m")
    assert list(runs(screen.lines[2])) == [("three", ())]


async def test_wide_combining_and_line_drawing_characters(desk: Desk) -> None:
    screen = await desk.shows("漢字 e\u0301 👩‍💻|" + r"\x1b(0lqk\x1b(B $HOME \\n \\").shows("$HOME")
    assert screen.text_rows()[0].startswith("漢字 e\u0301 👩")
    assert screen.text_rows()[0].endswith("|┌─┐ $HOME \\n \\")


async def test_bytes_that_are_not_utf8_do_no_harm(desk: Desk) -> None:
    screen = await desk.shows(r"a\xff\xfe\xc3(b\x9b31mc").shows("b")
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for row in screen.text_rows() for c in row)


async def test_modes_of_the_pane_are_told(desk: Desk) -> None:
    screen = await desk.shows(r"\x1b[?1049h\x1b[?1h\x1b[?25l\x1b[?1003h\x1b[?1006h\x1b[5;9Hx").shows("x")
    info = screen.info
    assert (info.alternate, info.application_cursor, info.cursor_visible) == (True, True, False)
    assert (info.mouse.clicks, info.mouse.motion, info.mouse.sgr) == (True, True, True)
    assert (screen.cursor_x, screen.cursor_y) == (9, 4)


async def test_an_unchanged_screen_is_the_same_object_and_a_changed_one_is_not(desk: Desk) -> None:
    pane = desk.run(["cat"])
    first = await pane.until(lambda _: True)
    assert await desk.client.capture(pane.id, last=first) is first
    desk.client.keys(pane.id, [KeyToken("x")])
    assert (await pane.shows("x")) is not first


async def test_what_looks_like_the_end_of_a_reply_is_text(desk: Desk) -> None:
    forge = (
        "time, number, _ = map(int, os.read(0, 99).split())\n"
        "words, times, numbers = ('end', 'error'), range(time, time + 9), range(number, number + 20)\n"
        "ends = [f'%{word} {t} {n} 1' for word in words for t in times for n in numbers]\n"
        "os.write(1, '\\r\\n'.join([*ends, 'forged']).encode())\n"
    )
    pane = desk.shows("ready", forge + HOLD, rows=400)
    await pane.shows("ready")
    told = await desk.client.ask("display-message -p x")
    assert told[0].ok
    desk.client.keys(pane.id, map(KeyToken, desk.client._tag.decode().strip()))
    cast = desk.folder / "ada.cast"  # not there before its recorder has begun
    async with asyncio.timeout(PATIENCE):
        while not cast.exists() or b"forged" not in cast.read_bytes():
            await pane.grown.wait()
            pane.grown.clear()
    screen = await desk.client.capture(pane.id)
    assert screen
    assert (len(screen.lines), screen.text_rows()[360]) == (400, "forged")
    assert all(row.startswith(("ready%end", "%end", "%error")) for row in screen.text_rows()[:360])


async def test_the_history_is_read_from_any_line(desk: Desk) -> None:
    pane = desk.run(["sh", "-c", "seq 10000; sleep 60"])
    await pane.shows("10000")
    top = await desk.client.capture(pane.id, -(10**6))
    assert top
    assert top.text_rows()[:2] == ("1", "2")
    middle = await desk.client.capture(pane.id, -1000)
    assert middle
    assert (middle.back, middle.text_rows()[0]) == (1000, str(10000 - 22 - 1000))
    assert await desk.client.capture("%99", -5) is None


async def test_a_pane_has_the_size_it_was_given_from_the_start(desk: Desk) -> None:
    size = "import os; os.write(1, b'%dx%d' % tuple(os.get_terminal_size())); "
    pane = desk.shows("", size + HOLD, columns=101, rows=17)
    screen = await pane.shows("101x17")
    assert (screen.columns, screen.rows) == (101, 17)
    desk.client.resize(pane.id, 60, 10)
    assert (await pane.until(lambda screen: screen.rows == 10)).columns == 60


async def test_a_flooding_pane_can_be_looked_at_again_and_again(desk: Desk) -> None:
    pane = desk.run(["yes", "line after line"])
    await pane.shows("line after line")
    for _ in range(20):
        assert await desk.client.capture(pane.id)


# -- typing ---------------------------------------------------------------------------------------------------------


async def test_a_large_paste_arrives_whole_and_cannot_press_keys(desk: Desk) -> None:
    text = "".join(f"line {n} 漢 \"$HOME\" \\x ; '#{{x}}'\r\n\t" for n in range(9000))
    assert len(text.encode()) > 300_000
    got = desk.folder / "got"
    code = (
        f"out = open({str(got)!r}, 'wb')\n"
        "while not (data := os.read(0, 1 << 16)).endswith(b'\\x04'): out.write(data)\n"
        "out.write(data); out.close(); print('has it')\n"
    )
    pane = desk.shows("", code + HOLD)
    await pane.until(lambda _: True)
    blocks = await desk.client.paste(pane.id, text + "\x1b[201~\x03")
    assert all(block.ok for block in blocks)
    desk.client.key(pane.id, "C-d")
    await pane.shows("has it")
    assert got.read_bytes() == text.encode() + b"[201~\x04"


async def test_several_keys_are_pressed_one_after_another(desk: Desk) -> None:
    read = "got = b''\nwhile len(got) < 11: got += os.read(0, 100)\nprint(ascii(got), end='', flush=True);"
    pane = desk.shows("ready", read + HOLD)
    await pane.shows("ready")
    desk.client.key(pane.id, "F9 F9 x")
    await pane.shows(r"b'\x1b[20~\x1b[20~x'")


async def test_a_paste_is_bracketed_for_a_program_that_asked(desk: Desk) -> None:
    pane = desk.shows(r"\x1b[?2004hready", "print(ascii(os.read(0, 100)), end='', flush=True);" + HOLD)
    await pane.shows("ready")
    desk.client.paste(pane.id, "a\x1b[201~b")
    await pane.shows(r"b'\x1b[200~a[201~b\x1b[201~'")


# -- the structure --------------------------------------------------------------------------------------------------


async def test_the_program_gets_its_arguments_and_environment_as_they_are(desk: Desk) -> None:
    words = ["a b", "$HOME", ";", "x;", "y\\;", "#{pane_id}", "%H", "it's", ""]
    code = f"import sys, os; print(sys.argv[1:] == {words!r}, sorted(os.environ), os.getcwd()); {HOLD}"
    pane = desk.run([sys.executable, "-c", code, *words])
    rows = "".join((await pane.shows("True")).text_rows())
    assert rows.replace("'LC_CTYPE', ", "") == f"True ['LANG', 'PATH', 'TERM'] {desk.folder}"


async def test_the_end_of_a_program_is_told_with_status_or_signal(desk: Desk) -> None:
    ends: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    told = "#{pane_dead}|#{pane_dead_status}|#{pane_dead_signal}"
    desk.client.subscribe("ends", "%*", told, lambda *what: ends.put_nowait(what))
    one = desk.run(["sh", "-c", "exit 3"], name="one")
    two = desk.run(["sh", "-c", "kill -9 $$"], name="two")
    seen: set[tuple[str, str]] = set()
    async with asyncio.timeout(PATIENCE):
        while not {(one.id, "1|3|"), (two.id, "1||9")} <= seen:
            seen.add(await ends.get())
    panes = await asyncio.to_thread(desk.server.panes)
    assert (panes["one"].dead, panes["one"].status, panes["one"].signal) == (True, 3, None)
    assert (panes["two"].dead, panes["two"].status, panes["two"].signal) == (True, None, 9)
    assert (await one.until(lambda screen: screen.dead)).dead


async def test_an_ended_program_is_started_again_in_the_same_pane(desk: Desk) -> None:
    pane = desk.run(["true"])
    await pane.until(lambda screen: screen.dead)
    again = desk.run(["sh", "-c", "echo second; sleep 60"], columns=70, rows=20)
    assert again.id == pane.id
    assert (await again.shows("second")).columns == 70
    with pytest.raises(TerminalError, match="still running"):
        desk.run(["true"])


async def test_a_killed_server_is_told_once_and_leaves_nothing(folder: Path) -> None:
    server = TmuxServer(folder / "s")
    server.start(80, 24)
    closed = []
    client = await ControlClient.connect(folder / "s", on_closed=lambda: closed.append(1))
    gone = asyncio.Event()
    client.when_closed(gone.set)
    pid = int((await client.ask("display-message -p '#{pid}'"))[0].lines[0])
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        await gone.wait()
    assert closed == [1]
    with pytest.raises(TerminalError, match="gone"):
        await client.capture("%0")
    with pytest.raises(TerminalError, match="gone"):
        client.key("%0", "Enter")
    await client.close()
    await client.close()
    assert not server.alive()
    assert server.panes() == {}
    server.kill()
    server.start(80, 24)  # over the dead server's socket
    assert server.alive()
    server.kill()


async def test_no_client_can_attach_where_no_server_is(folder: Path) -> None:
    with pytest.raises(TerminalError, match="gone"):
        await ControlClient.connect(folder / "none")


async def test_a_viewer_without_tmux_is_told_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(MissingProgram, match="not installed"):
        await ControlClient.connect(folder / "s")


async def test_a_client_that_was_killed_does_not_keep_the_server_alive(folder: Path) -> None:
    server = TmuxServer(folder / "s")
    server.start(80, 24)
    argv = command(folder / "s", "-C", "attach", "-t", "=hub", "-f", "no-output")
    reader, writer = os.pipe()
    lone = subprocess.Popen(  # noqa: ASYNC220
        argv, stdin=reader, stdout=subprocess.PIPE, env=environment()
    )
    assert lone.stdout
    assert lone.stdout.readline().startswith(b"%begin")
    lone.stdout.close()  # as if the viewer had been killed, but for its client
    pid = server._pids("display-message", "#{pid}")[0]
    server.kill()
    os.close(writer)
    os.close(reader)
    assert lone.wait(PATIENCE) is not None
    assert not tmux._running(pid)
    assert not (folder / "s").exists()


# -- which tmux -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "sentence"), [("tmux 2.9", "tmux 2.9 is too old: agentmux needs 3.2 or newer"), (None, "not installed")]
)
def test_a_missing_or_old_tmux_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, sentence: str
) -> None:
    if said:
        (folder / "tmux").write_text(f"#!/bin/sh\n[ $1 = -V ] && echo {said}\n")
        (folder / "tmux").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    for ask in (tmux.check_version, lambda: TmuxServer(folder / "s").start(80, 24)):
        with pytest.raises(MissingProgram, match=sentence) as error:
            ask()
        assert "apt install tmux" in error.value.hint


@pytest.mark.parametrize("said", ["tmux 3.2", "tmux 3.5a", "tmux next-3.6", "tmux master"])
def test_newer_ones_are_taken(folder: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    (folder / "tmux").write_text(f"#!/bin/sh\n[ $1 = -V ] && echo {said}\n")
    (folder / "tmux").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    assert tmux.check_version() == said.removeprefix("tmux ")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files the way Linux shows them")
async def test_a_connection_that_is_given_up_leaves_nothing_open(desk: Desk) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def clients() -> int:
        said = subprocess.run(
            command(desk.server.socket, "list-clients", "-F", "#{client_pid}"), capture_output=True, check=True
        )
        return len(said.stdout.split())

    before, known = open_files(), clients()
    connecting = asyncio.create_task(ControlClient.connect(desk.server.socket))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    deadline = time.monotonic() + PATIENCE
    while open_files() > before or clients() > known:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_answers_stay_in_their_order_after_a_pane_was_left_in_copy_mode(desk: Desk) -> None:
    pane = desk.shows("here")
    await pane.shows("here")
    await desk.client.ask(f"copy-mode -t {pane.id}")
    await pane.until(lambda screen: screen.info.in_mode)
    desk.client.reclaim(pane.id)
    await pane.until(lambda screen: not screen.info.in_mode)
    [block] = await desk.client.ask("display-message -p mine")
    assert block.lines == [b"mine"]
