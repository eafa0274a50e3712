"""Every state that an agent can be in, reached by the real Claude Code and Codex."""

from __future__ import annotations

import pytest

from agentmux.room.commands import Answer, Pause, Resume
from agentmux.room.fold import fold
from agentmux.room.state import State
from agentmux.service.explanation import explanation
from agentmux.service.log import LogReader
from tests.e2e.real import image_of_all, kill_and_restart, scripted

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("real-agents")]
LONG = 420.0
"""Seconds until the test gives up: there are machines on which real CLIs take their time."""
LEAVE = {"claude": "/exit", "codex": "/quit"}
ALL = {"starting", "working", "needs you", "idle", "paused", "failed", "done"}


def step(profile, command):
    """A command that needs permission; Codex has to say so."""
    if profile == "claude":
        return {"run": command}
    arguments = {"cmd": command, "sandbox_permissions": "require_escalated", "justification": "May I?"}
    return {"call": "exec_command", "arguments": arguments}


def states(run):
    """Every state that the agent has had."""
    state, found = State(), set()
    with LogReader(run.paths.log) as log:
        for entry in log.read():
            fold([entry], state)
            found |= {agent.state for agent in state.agents.values()}
    return found


@pytest.mark.parametrize("profile", LEAVE)
def test_all_states_are_reached(home, monkeypatch, tmp_path, start, profile):
    steps = [step(profile, "echo x > asked"), {"say": "That was all."}, {"end": True}]
    image_of_all(tmp_path)
    with scripted(monkeypatch, [{"name": "ada", "steps": steps}]):
        run = start(sandbox="docker", task="Do your part.", rules={"permissions": "ask"}, ada=profile)

        def until(wanted):
            run.until(lambda s: s.agents["ada"].state == wanted, LONG)

        run.until(lambda s: s.permissions, LONG)
        until("needs you")
        assert run.send(Answer(id=next(iter(run.state.permissions)), answer="yes")).ok
        until("idle")
        run.until_true(lambda: explanation(run.paths, "ada")["typing"] == "", LONG, run.screens)
        told = explanation(run.paths, "ada")
        assert (told["authority"], told["decided_by"], told["saw"]) == ("hooks", "hook: Stop", "")
        assert (told["live"]["verdict"]["state"], told["before"][-1]["state"]) == ("idle", "working")
        assert run.send(Pause(agent="ada", how="freeze")).ok
        until("paused")
        assert run.send(Resume(agent="ada")).ok
        until("idle")
        kill_and_restart(run, LONG)
        until("idle")
        run.type("ada", "-l", LEAVE[profile])
        run.until_true(lambda: LEAVE[profile] in run.screen("ada"), LONG, run.screens)
        run.type("ada", "Enter")
        until("done")
        assert states(run) == ALL
