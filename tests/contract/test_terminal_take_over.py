"""Real tmux for a human: taking over a pane, beside the human's own tmux server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from agentmux.terminal.client import take_over_argv
from agentmux.terminal.tmux import Recording, TmuxServer
from tests.contract.conftest import PANE_ENV
from tests.fixtures.waiting import PATIENCE, until

ECHO = (
    "import os, tty; tty.setraw(0); os.write(1, b'ready ');\n"
    "while data := os.read(0, 99): os.write(1, ascii(data).encode() + b' ')"
)


@pytest.fixture
def pane(server: TmuxServer, folder: Path) -> str:
    recording = Recording(folder / "ada.cast", folder / "ada.sock")
    return server.open_pane("ada", [sys.executable, "-c", ECHO], PANE_ENV, folder, recording, 60, 15)


def take_over(server: TmuxServer, pane: str) -> pexpect.spawn[str]:
    program, *arguments = take_over_argv(server.socket, pane, "ctrl+]")
    env: os._Environ[str] = {**os.environ, "TERM": "xterm-256color"}  # type: ignore[assignment]
    return pexpect.spawn(program, arguments, env=env, dimensions=(30, 100), timeout=PATIENCE, encoding="utf-8")


def sessions(server: TmuxServer) -> list[str]:
    return server._run("list-sessions", "-F", "#{session_name}")


def test_a_human_types_into_real_tmux_and_comes_back(server: TmuxServer, pane: str) -> None:
    terminal = take_over(server, pane)
    terminal.expect(r"ready.*ctrl\+\] d|ctrl\+\] d.*ready")
    terminal.send("hello")
    terminal.expect("b'hello'")
    until(lambda: server.panes()["ada"].columns == 100)
    terminal.send("\x1d\x1d")
    terminal.expect(r"b'\\x1d'")
    terminal.send("\x1dd")
    terminal.expect(pexpect.EOF)
    terminal.close()
    until(lambda: sessions(server) == ["hub"])
    assert not server.panes()["ada"].dead


@pytest.mark.parametrize("keys", ["\x1dx", "\x1d&", "\x1dc", "\x1d:kill-server\r", "\x02x", "\x1d%"])
def test_no_slip_of_the_finger_ends_or_adds_anything(server: TmuxServer, pane: str, keys: str) -> None:
    terminal = take_over(server, pane)
    terminal.expect("ready")
    terminal.send(keys + "y still here")
    terminal.expect("here")
    assert [not info.dead for info in server.panes().values()] == [True]
    assert server._run("list-windows", "-t", "=hub", "-F", "#{window_name} #{window_panes}") == ["hub 1", "ada 1"]
    terminal.close(force=True)
    until(lambda: sessions(server) == ["hub"])


def test_the_users_own_tmux_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = folder / "home"
    home.mkdir()
    config = home / ".tmux.conf"
    config.write_text(f"set -g status-left users-own\nrun-shell 'echo read >> {folder}/read'\n")
    own = ["tmux", "-S", str(folder / "own")]

    def ask(*line: str) -> str:
        return subprocess.run([*own, *line], check=True, capture_output=True, text=True).stdout.strip()

    def everything() -> str:
        panes = ask("list-panes", "-a", "-F", "#{session_name} #{window_name} #{pane_id} #{pane_pid} #{window_layout}")
        return f"{panes}\n{ask('show-options', '-g')}\n{ask('list-keys')}\n{ask('list-clients')}"

    monkeypatch.setenv("HOME", str(home))
    ask("-f", str(config), "new-session", "-d", "-s", "mine", "cat")
    until((folder / "read").exists)
    monkeypatch.setenv("TMUX", ask("display-message", "-p", "-t", "mine", "#{socket_path},#{pid},0"))
    monkeypatch.setenv("TMUX_PANE", ask("display-message", "-p", "-t", "mine", "#{pane_id}"))
    before = everything()
    server = TmuxServer(folder / "s")
    try:
        server.start(80, 24)
        recording = Recording(folder / "ada.cast", folder / "ada.sock")
        made = server.open_pane("ada", [sys.executable, "-c", ECHO], PANE_ENV, folder, recording, 80, 24)
        terminal = take_over(server, made)
        terminal.expect("ready")
        terminal.send("\x1dd")
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert list(server.panes()) == ["ada"]
        server.kill()
        assert everything() == before
        take_over(server, made).expect("no server|can't find|error")
        assert (folder / "read").read_text() == "read\n"
    finally:
        server.kill()
        ask("kill-server")
