"""What is typed into a pane of the app reaches its program byte for byte as through a real `tmux attach`."""

import fcntl
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentmux.terminal.client import command, environment
from agentmux.terminal.tmux import Recording, TmuxServer
from tests.fixtures.waiting import PATIENCE

ESC = "\x1b"
PASTED = "two\rlines $HOME ; \"x' \\ é漢"
# What xterm-like terminals send. The leader is in a test of its own.
KEYS: dict[str, str | bytes] = {
    **{f"ctrl+{c}": chr(ord(c) & 31) for c in "abcdefghijklmnopqrstuvwxyz"},
    "ctrl+space": "\0",
    "ctrl+\\": "\x1c",
    "ctrl+^": "\x1e",
    "ctrl+_": "\x1f",
    "tab": "\t",
    "enter": "\r",
    "a": "a",
    "Z": "Z",
    "é": "é",
    "漢": "漢",
    "family": "👩‍💻",
    "combined": "e\u0301",
    "backspace": "\x7f",
    "semicolon": ";",
    "dash": "-",
    "quotes": "'\"",
    "dollar": "$HOME",
    "format": "#{pane_id}",
    "braces": "{}\\",
    **{f"alt+{c}": ESC + c for c in "aA1.;?bf"},
    "esc": ESC,
    "alt+enter": ESC + "\r",
    "alt+backspace": ESC + "\x7f",
    "alt+esc": ESC + ESC,
    "alt+tab": ESC + "\t",
    "ctrl+alt+n": ESC + "\x0e",
    "ctrl+alt+]": ESC + "\x1d",
    "alt+é": ESC + "é",
    "alt+]": ESC + "]",
    "alt+P": ESC + "P",
    "up": ESC + "[A",
    "down": ESC + "[B",
    "right": ESC + "[C",
    "left": ESC + "[D",
    "home": ESC + "[H",
    "end": ESC + "[F",
    "app up": ESC + "OA",
    "app left": ESC + "OD",
    "app home": ESC + "OH",
    "home~": ESC + "[1~",
    "end~": ESC + "[4~",
    "ins": ESC + "[2~",
    "del": ESC + "[3~",
    "pgup": ESC + "[5~",
    "pgdn": ESC + "[6~",
    "shift+tab": ESC + "[Z",
    "f1": ESC + "OP",
    "f2": ESC + "OQ",
    "f3": ESC + "OR",
    "f4": ESC + "OS",
    "f5": ESC + "[15~",
    "f6": ESC + "[17~",
    "f12": ESC + "[24~",
    "shift+f5": ESC + "[15;2~",
    "shift+f3": ESC + "[1;2R",
    "ctrl+f1": ESC + "[1;5P",
    "ctrl+up": ESC + "[1;5A",
    "alt+up": ESC + "[1;3A",
    "shift+up": ESC + "[1;2A",
    "ctrl+right": ESC + "[1;5C",
    "alt+left": ESC + "[1;3D",
    "shift+end": ESC + "[1;2F",
    "ctrl+del": ESC + "[3;5~",
    "ctrl+pgup": ESC + "[5;5~",
    "esc+up": ESC + ESC + "[A",
    "text": "hello world",
    "burst": f"x{ESC}[A{ESC}[Bé{ESC}\ry",
    "paste": f"{ESC}[200~{PASTED}{ESC}[201~",
}
READER = """
import os, sys, tty
tty.setraw(0)
out = os.open(sys.argv[1], os.O_WRONLY)
os.write(1, sys.argv[2].encode() + b"reader is ready")
while data := os.read(0, 65536):
    os.write(out, data)
"""


class Terminal:
    """A program in a pty of 80x24, and what a reader in a pane gets from it."""

    def __init__(self, argv: list[str], pipe: Path) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, {**environment(), "TERM": "xterm-256color"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self.shown = b""
        self.got = b""

    def type(self, data: str | bytes) -> None:
        os.write(self.fd, data.encode() if isinstance(data, str) else data)

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            ready = select.select([self.fd, self.pipe], [], [], max(0, deadline - time.monotonic()))[0]
            assert ready, f"{what}: shown {self.shown[-400:]!r}, got {self.got[-200:]!r}"
            if self.pipe in ready:
                self.got += os.read(self.pipe, 65536)
            if self.fd in ready:
                self.shown += os.read(self.fd, 65536)

    def see(self, text: bytes) -> None:
        """Wait until the terminal is sent this; what came up to there is forgotten."""
        self.wait(lambda: text in self.shown, f"waiting for {text!r}")
        self.shown = self.shown.partition(text)[2]

    def press(self, name: str, data: str | bytes) -> bytes:
        """What the reader gets for a key; text typed after it marks the end."""
        self.got = b""
        self.type(data)
        self.wait(lambda: bool(self.got), f"{name} reaches the reader")
        self.type("<|>")
        self.wait(lambda: self.got.endswith(b"<|>"), f"{name} ends")
        return self.got[:-3]

    def close(self) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
        os.close(self.pipe)


class Desk:
    """A tmux server with readers, and terminals in front of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = TmuxServer(folder / "s")
        self.server.start(80, 24)
        self.terminals: list[Terminal] = []

    def reader(self, name: str, modes: str = "") -> tuple[str, Path]:
        pipe = self.folder / name
        os.mkfifo(pipe)
        argv = [sys.executable, "-c", READER, str(pipe), modes]
        recording = Recording(self.cast(name), self.folder / f"{name}.sock")
        env = {"TERM": "tmux-256color", "LANG": "C.UTF-8"}
        return self.server.open_pane(name, argv, env, self.folder, recording, 80, 24), pipe

    def cast(self, name: str) -> Path:
        return self.folder / f"{name}.cast"

    def raw(self, name: str, modes: str = "") -> Terminal:
        """A real tmux client in front of a reader."""
        pane, pipe = self.reader(name, modes)
        return self._open(command(self.server.socket, "attach", "-t", pane), pipe)

    def app(self, name: str, modes: str = "") -> Terminal:
        """The app in front of a reader."""
        pane, pipe = self.reader(name, modes)
        script = str(Path(__file__).with_name("pane_app.py"))
        return self._open([sys.executable, script, str(self.server.socket), pane, str(self.cast(name))], pipe)

    def _open(self, argv: list[str], pipe: Path) -> Terminal:
        terminal = Terminal(argv, pipe)
        self.terminals.append(terminal)
        terminal.see(b"reader is ready")
        return terminal

    def close(self) -> None:
        for terminal in self.terminals:
            terminal.close()
        self.server.kill()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="amx", dir="/tmp") as folder:  # socket paths must be short
        desk = Desk(Path(folder))
        yield desk
        desk.close()


MODES = {
    "plain": "",
    "application": f"{ESC}[?1h{ESC}=",
    "application and brackets": f"{ESC}[?1h{ESC}=" + f"{ESC}[?2004h",
}


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_every_key_arrives_as_through_tmux(desk: Desk, modes: str) -> None:
    raw, app = desk.raw("raw", modes), desk.app("app", modes)
    want = {name: raw.press(name, data) for name, data in KEYS.items()}
    got = {name: app.press(name, data) for name, data in KEYS.items()}
    if "2004" not in modes:
        # tmux up to 3.3 hands the brackets of a paste to programs that did not ask for them; the app does not.
        assert want["paste"].replace(b"\x1b[200~", b"").replace(b"\x1b[201~", b"") == PASTED.encode()
        want["paste"] = PASTED.encode()
    assert got == want
    assert len(KEYS) >= 78


def test_the_leader_leaves_and_twice_it_is_sent(desk: Desk) -> None:
    app = desk.app("ada")
    app.type("a\x1db")
    app.wait(lambda: app.got.endswith(b"a"), "what came before the leader")
    app.see(b"mode:command")
    app.type("i")
    app.see(b"mode:typing")
    assert app.press("after", "c") == b"c"
    app.got = b""
    app.type("d\x1d\x1de")
    app.wait(lambda: app.got.endswith(b"e"), "typing goes on")
    assert app.got == b"d\x1de"


def test_the_leader_in_a_paste_or_after_escape_is_text(desk: Desk) -> None:
    app = desk.app("ada")
    assert app.press("paste", f"{ESC}[200~x\x1dy{ESC}[201~") == b"xy"
    assert app.press("alt", f"{ESC}\x1d") == b"\x1b\x1d"


def test_bytes_that_are_not_utf8_arrive(desk: Desk) -> None:
    assert desk.app("ada").press("latin", b"\xe9t\xe9") == b"\xe9t\xe9"


def test_replies_of_the_terminal_are_not_typed(desk: Desk) -> None:
    app = desk.app("ada")
    replies = f"{ESC}[I{ESC}[O{ESC}[12;40R{ESC}[?2026;2$y{ESC}[?62;4c{ESC}[>41;0;0c{ESC}]11;rgb:0000/0000/0000{ESC}\\"
    assert app.press("replies", f"{replies}{ESC}P>|xterm(1){ESC}\\{ESC}[<35;3;4Mx") == b"x"


def test_the_mouse_reaches_a_program_that_asks_for_it(desk: Desk) -> None:
    app = desk.app("ada", f"{ESC}[?1002h{ESC}[?1006h")
    assert app.press("press", f"{ESC}[<0;5;7M") == b"\x1b[<0;5;7M"
    assert app.press("drag", f"{ESC}[<32;6;7M") == b"\x1b[<32;6;7M"
    assert app.press("release", f"{ESC}[<0;6;7m") == b"\x1b[<0;6;7m"
    assert app.press("wheel", f"{ESC}[<64;2;1M") == b"\x1b[<64;2;1M"


def test_typing_works_after_another_program_had_the_terminal(desk: Desk) -> None:
    app = desk.app("ada")
    app.type("\x1d")
    app.see(b"mode:command")
    app.type("t")
    app.see(b"outside")
    app.type("line\n")
    app.see(b"got line")
    app.see(b"mode:back")
    app.type("i")
    app.see(b"mode:typing")
    assert app.press("after", f"{ESC}[A") == b"\x1b[A"


def test_the_cursor_is_shown_where_the_pane_has_it(desk: Desk) -> None:
    app = desk.app("ada")
    app.see(b"\x1b[1;16H")
    app.type("\x1d")
    app.see(b"\x1b[?25l")
    app.type("i")
    app.see(b"\x1b[?25h")
