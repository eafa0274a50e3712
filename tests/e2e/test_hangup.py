"""The terminal goes away (the window is closed, the connection is lost): the session goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from agentmux.paths import SessionPaths
from agentmux.service import process, session
from tests.e2e.conftest import Running
from tests.fixtures.processes import running
from tests.fixtures.waiting import PATIENCE, until

WORDS = ["up", "--layout", "solo", "--agents", "shell", "--sandbox", "process"]


@pytest.fixture
def terminal(home: Path, repo: Path, agentmux: list[str]) -> Iterator[Callable[..., pexpect.spawn[bytes]]]:
    """A function that runs `agentmux up` in a terminal of its own, which the test may close."""
    opened: list[pexpect.spawn[bytes]] = []

    def open_terminal(*more: str) -> pexpect.spawn[bytes]:
        env = {**os.environ, "TERM": "xterm-256color"}
        words = [*agentmux[1:], *WORDS, "--repo", str(repo), *more]
        opened.append(pexpect.spawn(agentmux[0], words, env=env, dimensions=(24, 80), timeout=PATIENCE))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close(force=True)


def hang_up(child: pexpect.spawn[bytes]) -> None:
    """Close the terminal as its emulator does, and wait until the program in it has ended."""
    pty = child.ptyproc  # type: ignore[attr-defined]
    pty.fileobj.close()
    child.closed = pty.closed = True
    until(lambda: not child.isalive())


def goes_on() -> Running:
    """The only session: it runs, its agent works, and none of its processes belongs to a terminal session of ours."""
    [line] = session.listing()
    found = Running(SessionPaths.of(line.id))
    found.until(lambda s: s.agents["ada"].started and s.agents["ada"].state == "idle")
    found.type("ada", "echo still-$((40+2))", "Enter")
    found.until(lambda _: "still-42" in found.cast("ada"))
    server = int(found.tmux("display-message", "-p", "#{pid}"))
    [recorder] = running(f"recorder.py.*{found.paths.cast('ada')}")
    for pid in (found.room_pid(), server, recorder):
        assert os.getsid(pid) in (found.room_pid(), server)
    process.shut_down(found.paths)
    return found


def test_a_terminal_that_closes_while_the_app_is_open(terminal):
    child = terminal()
    child.expect("COMMAND")
    hang_up(child)
    goes_on()


def test_a_terminal_that_closes_while_agents_are_started(terminal):
    child = terminal("--no-attach")
    child.expect("NOT isolated")
    until(lambda: any(line.alive for line in session.listing()))
    hang_up(child)
    goes_on()
