"""The real Claude Code and Codex in containers without network, at a scripted model behind their gateways."""

from __future__ import annotations

import pytest

from agentmux.room.commands import Interrupt, Merge, Say
from agentmux.room.events import AgentStateChanged, MessageDelivered
from tests.e2e.real import (
    KEYS,
    counted,
    events,
    everybody,
    finished,
    found_in,
    image_of_all,
    kill_and_restart,
    merged_files,
    noted,
    scripted,
)

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("real-agents")]
LONG = 420.0
"""Seconds until the test gives up: there are machines on which real CLIs take their time."""
AGENTS = {"ada": "claude", "bob": "codex"}
PARTS = [
    {
        "name": name,
        "steps": [
            {"call": "claim", "arguments": {"paths": [f"{name}.txt"], "intent": "my part"}},
            {"write": f"{name}.txt", "text": f"by {name}\n"},
            {"run": "while [ ! -e ~/go ]; do sleep 0.1; done"},
            {"run": f"git add -A && git commit -q -m 'Work of {name}'"},
            {"say": f"That was all from {name}."},
            {"end": True},
        ],
    }
    for name in AGENTS
]


@pytest.fixture
def model(home, monkeypatch):
    """What reaches the scripted model."""
    with scripted(monkeypatch, PARTS) as seen:
        yield seen


@pytest.fixture
def image(tmp_path):
    """The image with both CLIs."""
    return image_of_all(tmp_path)


@pytest.fixture
def run(image, model, start):
    """A session of both, at work on their parts."""
    return start(sandbox="docker", task="Do your part.", **AGENTS)


def test_a_session_of_two_real_agents(run, model, image):
    run.until(lambda s: len(s.claims) == 2, LONG)  # by the room's tools, without a prompt
    number = run.send(Say(text="Mind the pennies.")).reply["id"]
    for name in AGENTS:
        (run.paths.agent_home(name) / "go").touch()
    state = run.until(finished, LONG)
    how = {event.member: event.how for event in events(run, MessageDelivered) if event.id == number}
    assert how == {"ada": "hook", "bob": "hook"}
    assert model.body.count(b"Mind the pennies.") >= 2
    assert b"You are ada, one of several" in model.body
    assert b"You are bob, one of several" in model.body
    seen = {(event.agent, event.state, event.why) for event in events(run, AgentStateChanged)}
    for name in AGENTS:
        assert (name, "working", "hook: UserPromptSubmit") in seen
        assert state.agents[name].tokens_in > 1000
        assert state.agents[name].tokens_out > 0
        # The gateway counts what the CLI notes down itself, and what it asks beside the conversation.
        run.until_true(lambda name=name: noted(run, name).total() > 3, LONG, run.screens)
        assert noted(run, name) <= counted(run, name)

    number = run.send(Say(text="And the pounds.")).reply["id"]
    run.until(lambda s: all(receipt.read for receipt in s.messages[number].receipts.values()) or None, LONG)
    run.until(finished, LONG)
    how = {event.member: event.how for event in events(run, MessageDelivered) if event.id == number}
    assert how == {"ada": "typed", "bob": "typed"}

    assert run.send(Merge()).ok
    assert merged_files(run) == ["a.txt", "ada.txt", "bob.txt"]
    keys = {headers.get(b"x-api-key", b"") + headers.get(b"authorization", b"") for headers in model.headers}
    assert keys == {KEYS["ANTHROPIC_API_KEY"].encode(), b"Bearer " + KEYS["OPENAI_API_KEY"].encode()}
    assert found_in(run, image) == []


def test_an_interrupted_agent_is_idle_and_one_that_ended_goes_on_with_its_conversation(run, model):
    run.until(lambda s: len(s.claims) == 2, LONG)
    for name in AGENTS:
        run.send(Interrupt(agent=name))
    run.until(lambda s: everybody(s, "idle"), LONG)
    kill_and_restart(run, LONG)
    run.until(lambda s: everybody(s, "idle"), LONG)
    run.until(lambda _: all("Do your part." in run.screen(name) for name in AGENTS), LONG)
