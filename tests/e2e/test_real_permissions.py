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


@pytest.fixture(params=AGENTS)
def run(request, home, repo, monkeypatch, tmp_path):
    """A session with one of them in asking mode; its model follows the script."""
    choose("docker")
    name, profile = request.param, registry.profile(AGENTS[request.param])
    ensure_image([profile.install], default_base(registry.settings().base_image), print, tmp_path / "image.log")
    app = scripted_model(Script.model_validate({"agents": [part(name, AGENTS[name])]}))
    with listening(("127.0.0.1", 0)) as (listener, url):
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        layout = Layout(title="test", permissions="ask", agents=[Seat(name=name, profile=AGENTS[name])])
        spec = AgentSpec(name=name, profile_name=AGENTS[name], profile=profile, task="Do your part.")
        paths = session.create(session.NewSession(repo, "test", layout, [spec], "", "docker"))
        process.start_room(paths)
        running = Running(paths)
        yield running
        process.shut_down(paths)
        server.should_exit = True
        thread.join()


def asked(run, what):
    """The open request for this, once there is one."""

    def found(state):
        return next((one for one in state.permissions.values() if what in one.what), None)

    return found(run.until(found, SECONDS))


def events(run, kind):
    with LogReader(run.paths.log) as log:
        return [entry.event for entry in log.read() if isinstance(entry.event, kind)]


def test_yes_no_and_always(run):
    [agent] = run.state.agents
    tree = run.paths.tree(agent)
    request = asked(run, "often")
    assert (request.agent, request.covers) == (agent, "echo x >> often")
    assert len(run.state.claims) == 1  # the room's own tools are not asked for
    assert not (tree / "often").exists()
    assert run.send(Answer(id=request.id, answer="always")).ok

    request = asked(run, "hello")
    assert request.covers == f"changes of {agent}.txt"
    assert run.send(Answer(id=request.id, answer="no", text="Leave that.")).ok

    request = asked(run, "last")
    run.until_true(lambda: (tree / "often").read_text() == "x\nx\n", SECONDS)
    assert not (tree / f"{agent}.txt").exists()
    command = [str(Path(sys.executable).parent / "agentmux"), "answer", "yes", "-s", run.paths.id]
    assert "yes to" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    run.until_true(lambda: (tree / "last").exists(), SECONDS)
    run.until(lambda s: s.agents[agent].state == "idle", SECONDS)
    answers = {event.id: event.answer for event in events(run, PermissionAnswered)}
    assert [answers.get(event.id) for event in events(run, PermissionAsked)] == ["always", "no", "always", "yes"]


def test_an_interrupt_takes_the_request_away(run):
    [agent] = run.state.agents
    asked(run, "often")
    assert run.send(Interrupt(agent=agent)).ok
    state = run.until(lambda s: not s.permissions and s.agents[agent].state == "idle", SECONDS)
    assert state.permitted == set()
    assert not (run.paths.tree(agent) / "often").exists()
