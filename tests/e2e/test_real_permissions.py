"""The real Claude Code and Codex ask for permission, and the human answers through the room."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import uvicorn

from agentmux import registry
from agentmux.config import AgentSpec, Layout, Seat
from agentmux.gateway.scripted_model.listening import listening
from agentmux.gateway.scripted_model.script import Script
from agentmux.gateway.scripted_model.server import scripted_model
from agentmux.room.commands import Answer, Interrupt
from agentmux.room.events import PermissionAnswered, PermissionAsked
from agentmux.sandbox.detect import choose
from agentmux.sandbox.image import default_base, ensure_image
from agentmux.service import process, session
from agentmux.service.log import LogReader
from tests.e2e.conftest import Running

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("real-agents")]
AGENTS = {"ada": "claude", "bob": "codex"}
SECONDS = 300.0
"""How long a real CLI may take for a step on a machine that is busy."""


def shell(profile, command):
    """A step that runs a command; Codex has to say that it wants to be allowed."""
    if profile == "claude":
        return {"run": command}
    arguments = {"cmd": command, "sandbox_permissions": "require_escalated", "justification": "May I?"}
    return {"call": "exec_command", "arguments": arguments}


def part(name, profile):
    """A room tool, which asks nothing; then a command, a new file, and the first command again."""
    steps = [
        {"call": "claim", "arguments": {"paths": [f"{name}.txt"], "intent": "my part"}},
        shell(profile, "echo x >> often"),
        {"write": f"{name}.txt", "text": "hello\n"},
        shell(profile, "echo x >> often"),
        shell(profile, "echo y > last"),
        {"end": True},
    ]
    return {"name": name, "steps": steps}


@pytest.fixture
def run(home, repo, monkeypatch, tmp_path):
    """A session of both in asking mode; their model follows the script."""
    choose("docker")
    profiles = {name: registry.profile(profile) for name, profile in AGENTS.items()}
    installs = [profile.install for profile in profiles.values()]
    ensure_image(installs, default_base(registry.settings().base_image), print, tmp_path / "image.log")
    parts = [part(name, profile) for name, profile in AGENTS.items()]
    app = scripted_model(Script.model_validate({"agents": parts}))
    with listening(("127.0.0.1", 0)) as (listener, url):
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        seats = [Seat(name=name, profile=profile) for name, profile in AGENTS.items()]
        layout = Layout(title="test", permissions="ask", agents=seats)
        specs = [
            AgentSpec(name=name, profile_name=AGENTS[name], profile=profile, task="Do your part.")
            for name, profile in profiles.items()
        ]
        paths = session.create(session.NewSession(repo, "test", layout, specs, "", "docker"))
        process.start_room(paths)
        running = Running(paths)
        yield running
        process.shut_down(paths)
        server.should_exit = True
        thread.join()


def events(run, kind):
    with LogReader(run.paths.log) as log:
        return [entry.event for entry in log.read() if isinstance(entry.event, kind)]


def answer(run, request):
    """Always to one command, yes to another one (from the command line), no to a change of a file."""
    if "last" in request.what:
        argv = [str(Path(sys.executable).parent / "agentmux"), "answer", "yes", str(request.id), "-s", run.paths.id]
        said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        assert said == f"yes to {request.agent} for request {request.id} ({request.tool}).\n"
    elif "often" in request.what:
        assert request.covers == "echo x >> often"
        assert not (run.paths.tree(request.agent) / "often").exists()
        assert run.send(Answer(id=request.id, answer="always")).ok
    else:
        assert request.covers == f"changes of {request.agent}.txt"
        assert "+hello" in request.what
        assert run.send(Answer(id=request.id, answer="no", text="Leave that.")).ok


def test_yes_no_and_always(run):
    def through(state):
        for request in state.permissions.values():
            answer(run, request)
        return all((run.paths.tree(name) / "last").exists() for name in AGENTS)

    run.until(through, SECONDS)
    state = run.until(lambda s: all(agent.state == "idle" for agent in s.agents.values()), SECONDS)
    for name in AGENTS:
        tree = run.paths.tree(name)
        assert (tree / "often").read_text() == "x\nx\n"
        assert not (tree / f"{name}.txt").exists()
        asked = [event.id for event in events(run, PermissionAsked) if event.agent == name]
        answers = {event.id: event.answer for event in events(run, PermissionAnswered)}
        assert [answers.get(number) for number in asked] == ["always", "no", "always", "yes"]
    assert {lease.holder for lease in state.claims.values()} == set(AGENTS)  # the room's tools need no permission


def test_an_interrupt_takes_the_request_away(run):
    interrupted = set()

    def through(state):
        for request in state.permissions.values():
            if request.agent not in interrupted:
                interrupted.add(request.agent)
                assert run.send(Interrupt(agent=request.agent)).ok
        return interrupted == set(AGENTS) and not state.permissions

    run.until(through, SECONDS)
    state = run.until(lambda s: all(agent.state == "idle" for agent in s.agents.values()), SECONDS)
    assert state.permitted == set()
    assert not any((run.paths.tree(name) / "often").exists() for name in AGENTS)
