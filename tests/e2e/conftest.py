"""Real sessions in a home of their own: rooms, tmux servers and agents that the test ends again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentmux import registry
from agentmux.config import AgentSpec, Install, Layout, Profile, Seat
from agentmux.paths import SessionPaths
from agentmux.room.commands import Command
from agentmux.room.state import State
from agentmux.service import process, session
from agentmux.service.client import Answer, RoomClient
from tests.fixtures.waiting import PATIENCE

FIXTURES = Path(__file__).parent.parent / "fixtures"
PROMPT = f"""\
title: A prompt
command: [python3, {FIXTURES / "prompt.py"}]
typing: true
screen:
  idle: '^{{agent}}> ?$'
  needs_you: ['^Allow this. .y/n.$']
"""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Everything of the user's, fresh, with paths short enough for unix sockets; sessions in it are ended."""
    folder = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp"))
    run = folder / "run"
    run.mkdir(mode=0o700)
    for name, value in {
        "AGENTMUX_HOME": folder / "h",
        "AGENTMUX_CONFIG": folder / "c",
        "XDG_RUNTIME_DIR": run,
        "HOME": folder,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "SCRIPTED_SPEED": "5",
    }.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("TMUX", raising=False)
    profiles = folder / "c" / "agents"
    profiles.mkdir(parents=True)
    (profiles / "prompt.yaml").write_text(PROMPT)
    yield folder
    for line in session.listing():
        process.shut_down(SessionPaths.of(line.id))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def repo(home: Path) -> Path:
    """A small repository with one commit."""
    folder = home / "shop"
    folder.mkdir()
    (folder / "a.txt").write_text("one\n")
    for args in (
        ("init", "-q", "-b", "main"),
        ("add", "-A"),
        ("-c", "user.name=u", "-c", "user.email=u@example.org", "commit", "-qm", "Begin"),
    ):
        subprocess.run(["git", "-C", str(folder), *args], check=True)
    return folder


@dataclass
class Running:
    """A session that runs, seen as its log and told what to do as the human."""

    paths: SessionPaths

    @property
    def state(self) -> State:
        """The session as its log tells it now."""
        return session.state_of(self.paths)

    def send(self, command: Command) -> Answer:
        """Send a command as the human."""
        return RoomClient(self.paths).send_blocking(command)

    def until(self, holds: Callable[[State], object], seconds: float = PATIENCE) -> State:
        """Wait until something holds of the session."""
        self.until_true(lambda: holds(self.state), seconds, lambda: f"{self.screens()}\n{self.state}")
        return self.state

    def until_true(
        self, holds: Callable[[], object], seconds: float = PATIENCE, report: Callable[[], str] = lambda: ""
    ) -> None:
        """Wait until something holds at all."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"did not come true\n{report()}")
            time.sleep(0.05)

    def pane(self, agent: str) -> str:
        """The id of the agent's pane."""
        found = self.state.agents[agent].pane
        assert found
        return found

    def tmux(self, *args: str) -> str:
        """Ask the session's tmux server, as a user would."""
        argv = ["tmux", "-S", str(self.paths.tmux_sock), *args]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout

    def screen(self, agent: str) -> str:
        """What the agent's pane shows."""
        return self.tmux("capture-pane", "-p", "-t", self.pane(agent)).rstrip()

    def screens(self) -> str:
        """All panes, for a failing test's report."""
        return "\n".join(
            f"--- {name}\n{self.tmux('capture-pane', '-p', '-t', a.pane or '')}"
            for name, a in self.state.agents.items()
        )

    def cast(self, agent: str) -> str:
        """The agent's recording so far."""
        file = self.paths.cast(agent)
        return file.read_text() if file.exists() else ""

    def type(self, agent: str, *keys: str) -> None:
        """Type into the agent's pane behind agentmux's back, by tmux's names of keys."""
        self.tmux("send-keys", "-t", self.pane(agent), *keys)

    def room_pid(self) -> int:
        """The room's process."""
        pid = self.state.room_pid
        assert pid
        return pid


CLIS = ("aider", "claude", "codex", "gemini", "mini", "native", "opencode")
"""The real ones."""


def everything() -> Install:
    """What all real CLIs need: one image for all tests, since each set of profiles has one of its own otherwise."""
    found = [registry.profile(name).install for name in CLIS]
    return Install(**{kind: sorted({p for one in found for p in getattr(one, kind)}) for kind in Install.model_fields})


def in_one_image(profile: Profile) -> Profile:
    """The profile with what the other real CLIs need as well, if it needs anything."""
    return profile if profile.install == Install() else profile.model_copy(update={"install": everything()})


@pytest.fixture
def make(home: Path, repo: Path) -> Callable[..., SessionPaths]:
    """Make a session that has no room yet: `make(ada="scripted", bob="shell", task="...")`.

    `rules` are keys of its layout.
    """

    def made(
        task: str = "",
        sandbox: str = "process",
        tasks: dict[str, str] | None = None,
        rules: dict[str, Any] | None = None,
        copied: Sequence[str] = (),
        attended: bool = True,
        **agents: str,
    ) -> SessionPaths:
        seats = [Seat(name=n, profile=p) for n, p in agents.items()]
        layout = Layout(title="test", agents=seats, **{"checks": ["test -f a.txt"], **(rules or {})})
        specs = [
            AgentSpec(name=n, profile_name=p, profile=in_one_image(registry.profile(p)), task=(tasks or {}).get(n, ""))
            for n, p in agents.items()
        ]
        new = session.NewSession(repo, "test", layout, specs, task, sandbox, copied=copied, attended=attended)  # type: ignore[arg-type]
        return session.create(new)

    return made


@pytest.fixture
def start(make: Callable[..., SessionPaths]) -> Callable[..., Running]:
    """Make a session with the same arguments and start it; returns when its agents run."""

    def begin(**arguments: Any) -> Running:
        paths = make(**arguments)
        process.start_room(paths)
        running = Running(paths)
        running.until(lambda s: s.failed or all(a.started for a in s.agents.values()))
        assert not running.state.failed
        return running

    return begin


@pytest.fixture
def agentmux(home: Path) -> list[str]:
    """The command line's beginning."""
    return [str(Path(sys.executable).parent / "agentmux")]


def room_tool(running: Running, agent: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the `room` command as the agent would."""
    env = {
        "PATH": os.environ["PATH"],
        "AGENTMUX_SOCKET": str(running.paths.agent_sock(agent)),
        "AGENTMUX_TOKEN_FILE": str(running.paths.token(agent)),
    }
    argv = [str(running.paths.agent_bin(agent) / "room"), *args]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
