"""The app in a real terminal: what a person sees and does. Real room, tmux and agents."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest

from agentmux.paths import SessionPaths
from agentmux.service import session
from tests.e2e.conftest import Running, room_tool
from tests.e2e.terminal import Terminal

LEADER = "\x1d"
LAYOUT = """\
title: Two prompts
sandbox: process
agents:
  - {name: ada, profile: prompt}
  - {name: bob, profile: prompt}
checks: ["test -f a.txt"]
"""


@pytest.fixture
def app(home, repo, agentmux) -> Iterator[Callable[..., Terminal]]:
    """Open a program of agentmux's in a terminal: `app("attach")`; without words: `up` on a fresh session."""
    (home / "two.yaml").write_text(LAYOUT)
    opened = []

    def open_it(*words: str, columns: int = 160, rows: int = 45, **env: str) -> Terminal:
        words = words or ("up", "--repo", str(repo), "--layout", str(home / "two.yaml"))
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        environment = {**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **env}
        opened.append(Terminal([*agentmux, *words], environment, columns, rows))
        return opened[-1]

    yield open_it
    for terminal in opened:
        terminal.close()


def running() -> Running:
    return Running(SessionPaths.of(session.listing()[0].id))


def both_idle(run: Running) -> None:
    run.until(lambda s: [a.state for a in s.agents.values()] == ["idle", "idle"])


def test_a_day_with_two_agents(app, home, repo):
    screen = app()
    screen.wait_for("COMMAND")
    screen.wait_for(r"1 ada .*2 bob ")
    run = running()
    both_idle(run)

    # typing into a pane
    screen.type("1")
    screen.type("\r")
    screen.wait_for("TYPING")
    screen.type("hello pane\r")
    screen.wait_for("got: hello pane")
    run.until(lambda s: s.agents["ada"].held == "typing")
    screen.type(LEADER)
    screen.wait_for("COMMAND")
    run.until(lambda s: s.agents["ada"].held is None and s.agents["ada"].held_seconds > 0)

    # all at once: nothing that is meant for an agent acts as a command
    screen.type("2\rquit now\r")
    screen.wait_for("got: quit now")
    screen.type(LEADER + "1")
    screen.wait_for("COMMAND  1 ada")
    assert run.state.layout == "two"

    # a broadcast
    screen.type("b")
    screen.wait_for("to everybody")
    screen.type("good morning\r")
    screen.wait_for(lambda text: text.count("got: [you] good morning") == 2)

    # a contested claim
    room_tool(run, "ada", "claim", "paths=a.txt", "intent=tidy up")
    assert room_tool(run, "bob", "claim", "paths=a.txt", "intent=rewrite").returncode == 1
    screen.wait_for("bob wants a.txt")
    screen.type("g")
    screen.wait_for("transfer")
    screen.type("4")
    run.until(lambda s: [c.mode for c in s.claims.values()] == ["shared", "shared"])
    screen.wait_for(lambda text: "transfer" not in text)

    # taking over in real tmux
    screen.type("t")
    screen.wait_for("real tmux")
    run.until(lambda s: s.agents["ada"].held == "take over")
    screen.type("from tmux\r")
    screen.wait_for("got: from tmux")
    screen.type(LEADER + "d")
    screen.wait_for("COMMAND")
    run.until(lambda s: s.agents["ada"].held is None)
    screen.wait_for("got: from tmux")

    # a merge
    (run.paths.tree("bob") / "b.txt").write_text("by bob\n")
    screen.type("M")
    screen.wait_for("enter merges")
    screen.type("\r")
    run.until(lambda s: s.branch)
    screen.wait_for("agentmux/" + run.paths.id)
    screen.type("\x1b")
    screen.wait_for(lambda text: "order" not in text)

    # leaving and coming back
    screen.type("q")
    screen.wait_for("detach")
    screen.type("d")
    assert screen.wait_end() == 0
    assert [a.ended for a in run.state.agents.values()] == [False, False]
    again = app("attach")
    again.wait_for("got: from tmux")
    again.wait_for("good morning")
    again.type("q")
    again.wait_for("stop")
    again.type("s")
    assert again.wait_end() == 0
    assert run.state.stopped
    assert run.tmux("list-sessions") == ""


def test_killing_the_app_loses_nothing(app):
    screen = app()
    screen.wait_for("COMMAND")
    run = running()
    both_idle(run)
    screen.type("1\r")
    screen.wait_for("TYPING")
    screen.type("before\r")
    screen.wait_for("got: before")
    screen.child.kill(signal.SIGKILL)
    screen.wait_end()
    assert run.state.room_pid
    os.kill(run.room_pid(), 0)
    run.type("ada", "meanwhile", "Enter")
    again = app("attach")
    again.wait_for("got: before")
    again.wait_for("got: meanwhile")


def test_two_viewers_share_a_session(app):
    first = app()
    first.wait_for("COMMAND")
    run = running()
    both_idle(run)
    first.type("1\r")
    first.wait_for("TYPING")
    first.type("one")
    run.until(lambda s: s.agents["ada"].held)
    second = app("attach", columns=80, rows=24)
    second.wait_for("COMMAND")
    run.until(lambda s: s.agents["ada"].size == (80, 19))
    assert run.state.agents["ada"].held

    def act_until(screen: Terminal, size: tuple[int, int]) -> None:
        # A key that comes before the viewer has seen the other's size changes nothing; the next one does.
        def acted() -> bool:
            screen.type("x")
            return run.state.agents["ada"].size == size

        run.until_true(acted, report=run.screens)

    act_until(first, (78, 29))
    second.type("\r")
    second.wait_for("TYPING")
    act_until(second, (80, 19))
    second.type(LEADER)
    second.wait_for("COMMAND")
    assert run.state.agents["ada"].held
    first.child.kill(signal.SIGKILL)
    run.until(lambda s: not s.agents["ada"].held)


def test_a_killed_room_is_noticed_and_started_again(app):
    screen = app()
    screen.wait_for("COMMAND")
    run = running()
    both_idle(run)
    first = run.room_pid()
    os.kill(first, signal.SIGKILL)
    screen.wait_for("room of this session has ended")
    screen.type("U")
    run.until(lambda s: s.room_pid != first)
    screen.type("1\r")
    screen.wait_for("TYPING")
    screen.type("still here\r")
    screen.wait_for("got: still here")


def test_inside_another_tmux_with_a_config_of_the_users(home, repo, agentmux):
    (home / "two.yaml").write_text(LAYOUT)
    (home / ".tmux.conf").write_text("set -g prefix C-a\nset -g status-left USERS-OWN\n")
    tmux = ["tmux", "-S", str(home / "users.sock")]

    def outer(*args: str) -> str:
        return subprocess.run([*tmux, *args], capture_output=True, text=True, check=False).stdout

    env = [f"-e{name}={os.environ[name]}" for name in ("AGENTMUX_HOME", "AGENTMUX_CONFIG", "XDG_RUNTIME_DIR")]
    command = [*agentmux, "up", "--repo", str(repo), "--layout", str(home / "two.yaml")]
    outer("-f", str(home / ".tmux.conf"), "new-session", "-d", "-s", "users", "-x", "160", "-y", "45", *env, *command)
    try:
        shown = Running(SessionPaths(home))

        def showing(pattern: str) -> None:
            shown.until_true(
                lambda: re.search(pattern, outer("capture-pane", "-p", "-t", "users")),
                report=lambda: outer("capture-pane", "-p", "-t", "users"),
            )

        showing("COMMAND")
        run = running()
        both_idle(run)
        before = (outer("show-options", "-g"), outer("list-windows", "-a"))
        outer("send-keys", "-t", "users", "1", "Enter")
        showing("TYPING")
        outer("send-keys", "-t", "users", "from inside", "Enter")
        showing("got: from inside")
        outer("send-keys", "-t", "users", "C-]", "t")
        showing("real tmux")
        outer("send-keys", "-t", "users", "C-]", "d")
        showing("COMMAND")
        assert (outer("show-options", "-g"), outer("list-windows", "-a")) == before
        assert "USERS-OWN" not in run.tmux("show-options", "-g")
    finally:
        outer("kill-server")


def test_sizes_and_resizing(app):
    screen = app(columns=80, rows=24)
    screen.wait_for("COMMAND")
    run = running()
    run.until(lambda s: s.agents["ada"].size and s.agents["ada"].size[0] == 80)
    for columns, rows in ((200, 50), (40, 10), (160, 45)):
        screen.resize(columns, rows)
    screen.wait_for(r"1 ada .*2 bob ")
    run.until(lambda s: s.agents["ada"].size and s.agents["ada"].size[0] == 78)
    assert f'"{78}x' in run.cast("ada")


def test_what_an_agent_prints_never_reaches_the_terminal_as_an_escape(app):
    screen = app()
    screen.wait_for("COMMAND")
    run = running()
    both_idle(run)
    run.type("ada", "x\x1b]0;PWNED\x07\x1b[2J", "Enter")
    room_tool(run, "ada", "say", "text=[bold red]not markup[/] \x1b]0;PWNED\x07\x1b[31mred")
    screen.wait_for(r"\[bold red\]not markup")
    assert b"PWNED\x07" not in screen.seen
