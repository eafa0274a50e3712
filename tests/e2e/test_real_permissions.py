"""The real Claude Code and Codex ask for permission, and the human answers through the room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agentmux.room.commands import Answer, Interrupt
from agentmux.room.events import PermissionAnswered, PermissionAsked
from tests.e2e.real import events, image_of_all, scripted

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
def run(home, monkeypatch, tmp_path, start):
    """A session of both in asking mode; their model follows the script."""
    image_of_all(tmp_path)
    with scripted(monkeypatch, [part(name, profile) for name, profile in AGENTS.items()]):
        yield start(sandbox="docker", task="Do your part.", rules={"permissions": "ask"}, **AGENTS)


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
