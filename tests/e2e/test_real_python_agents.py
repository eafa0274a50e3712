"""aider, mini-swe-agent and agentmux's own agent in containers without network, at a scripted model behind gateways.

All three work in one session: each of them imports for half a minute where the machine is busy, and so does its image.
"""

from __future__ import annotations

import json

import pytest

from agentmux.room.commands import Interrupt, Merge, Say
from agentmux.room.events import MessageDelivered, TaskTyped
from tests.e2e.real import KEYS, events, everybody, found_in, image_of_all, kill_and_restart, merged_files, scripted

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("real-agents")]
LONG = 600.0
"""Seconds until the test gives up on something."""
AGENTS = {"ada": "aider", "mia": "mini", "nat": "native"}
TASK = "Do your part.\nAll of it."
SHOWN = json.dumps(TASK)[1:-1].encode()


def steps(name):
    """Work that lasts until `go_on`, and for the next message some that lasts until it is interrupted."""
    return [
        {"call": "claim", "arguments": {"paths": [f"{name}.txt"], "intent": "my part"}},
        {"write": f"{name}.txt", "text": f"by {name}\n"},
        {"run": "while [ ! -e ~/go ]; do sleep 0.1; done"},
        {"run": f"git add -A && git commit -q -m 'Work of {name}'"},
        {"say": "That was all."},
        {"end": True},
        {"run": "touch ~/again; while [ ! -e ~/never ]; do sleep 0.1; done"},
        {"say": "Nothing is left."},
    ]


@pytest.fixture
def model(home, monkeypatch):
    """What reaches the scripted model, which the user has named."""
    monkeypatch.setenv("AGENTMUX_MODEL", "openai/scripted")
    with scripted(monkeypatch, [{"name": name, "steps": steps(name)} for name in AGENTS]) as seen:
        yield seen


@pytest.fixture
def image(tmp_path):
    return image_of_all(tmp_path)


@pytest.fixture
def run(image, model, start):
    """A session of the three, at work on their parts."""
    return start(sandbox="docker", task=TASK, **AGENTS)


def go_on(run):
    """Let the commands end that the agents wait for."""
    for name in AGENTS:
        (run.paths.agent_home(name) / "go").touch()


def say(run, text, to="all"):
    """Send a message, and return how it reached each agent once it did."""
    number = run.send(Say(text=text, to=to)).reply["id"]

    def arrived():
        return {event.member: event.how for event in events(run, MessageDelivered) if event.id == number}

    run.until(lambda _: len(arrived()) == (len(AGENTS) if to == "all" else 1), LONG)
    return arrived()


def asked_by(model, name):
    """The requests with the room's rules for this agent."""
    return [bytes(body) for body in model.bodies if f"You are {name}, one of several".encode() in body]


def everybody_asked(run, model, *texts):
    """Wait until each agent's model was asked something with these texts."""

    def asked(name):
        return any(all(text in body for text in texts) for body in asked_by(model, name))

    run.until(lambda _: all(map(asked, AGENTS)), LONG)


def test_a_session_of_the_three(run, model, image):
    run.until(lambda s: {claim.holder for claim in s.claims.values()} == {*AGENTS}, LONG)
    run.until(lambda s: everybody(s, "working"), LONG)
    heard = run.send(Say(text="Mind the pennies.", to="nat")).reply["id"]
    go_on(run)
    state = run.until(lambda s: everybody(s, "idle"), LONG)
    assert [event.how for event in events(run, MessageDelivered) if event.id == heard] == ["hook"]  # in mid-turn
    assert any(b"Mind the pennies." in body for body in asked_by(model, "nat"))
    assert state.agents["nat"].why == "hook: Stop"
    assert "tokens in" in run.screen("nat")
    assert "Provider List" not in run.screen("nat")  # litellm keeps what it has to say to itself
    assert all(agent.tokens_in > 500 and agent.tokens_out > 0 for agent in state.agents.values())
    everybody_asked(run, model, SHOWN)
    assert [event.agent for event in events(run, TaskTyped)] == ["ada"]
    systems = {name: [json.loads(body)["messages"][0] for body in asked_by(model, name)] for name in ("mia", "nat")}
    for name, messages in systems.items():
        assert {message["role"] for message in messages} == {"system"}
        assert all(f"You are {name}, one of several" in str(message["content"]) for message in messages)
    without_rules = [body for body in model.bodies if not any(bytes(body) in asked_by(model, name) for name in AGENTS)]
    assert all(b"commit message" in body for body in without_rules)  # aider asks for those aside

    assert set(say(run, "And the pounds.").values()) == {"typed"}
    everybody_asked(run, model, b"And the pounds.")
    run.until_true(lambda: all((run.paths.agent_home(name) / "again").exists() for name in AGENTS), LONG)
    run.until(lambda s: everybody(s, "working"), LONG)
    for name in AGENTS:
        assert run.send(Interrupt(agent=name)).ok
    run.until(lambda s: everybody(s, "idle"), LONG)
    assert set(say(run, "That will do.").values()) == {"typed"}
    everybody_asked(run, model, b"That will do.")
    run.until(lambda s: everybody(s, "idle"), LONG)

    assert run.send(Merge()).ok
    assert merged_files(run) == ["a.txt", "ada.txt", "mia.txt", "nat.txt"]  # and none of their own
    assert {headers.get(b"authorization") for headers in model.headers} == {f"Bearer {KEYS['OPENAI_API_KEY']}".encode()}
    assert found_in(run, image) == []

    # Killed: the first and the last go on with their conversations; mini begins again, and has its task done.
    model.bodies.clear()
    kill_and_restart(run, LONG)
    (run.paths.agent_home("mia") / "go").touch()
    run.until(lambda s: everybody(s, "idle"), LONG)
    assert set(say(run, "Go on.").values()) == {"typed"}
    everybody_asked(run, model, b"Go on.", b"Do your part.")
    assert [event.agent for event in events(run, TaskTyped)] == ["ada"]
