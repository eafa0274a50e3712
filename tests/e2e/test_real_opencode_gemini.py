"""The real OpenCode and Gemini CLI in containers without network, at a scripted model behind their gateways."""

from __future__ import annotations

import json

import pytest

from agentmux.room.commands import Interrupt, Merge, Say
from agentmux.room.events import MessageDelivered
from tests.e2e.real import (
    KEYS,
    counted,
    events,
    finished,
    found_in,
    image_of_all,
    kill_and_restart,
    merged_files,
    noted,
    scripted,
)

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("real-agents")]
LONG = 300.0
"""Seconds until a test gives up: OpenCode takes a minute for its start where the machine is busy."""
STEPS = [
    {"call": "claim", "arguments": {"paths": ["ada.txt"], "intent": "my part"}},
    {"write": "ada.txt", "text": "by ada\n"},
    {"run": "while [ ! -e ~/go ]; do sleep 0.1; done"},
    {"run": "git add -A && git commit -q -m 'Work of ada'"},
    {"say": "That was all."},
    {"end": True},
]
KEY_OF = {"opencode": (b"x-api-key", "ANTHROPIC_API_KEY"), "gemini": (b"x-goog-api-key", "GEMINI_API_KEY")}
SYSTEM = {"opencode": "system", "gemini": "systemInstruction"}


@pytest.fixture
def model(home, monkeypatch):
    """What reaches the scripted model."""
    with scripted(monkeypatch, [{"name": "ada", "steps": STEPS}]) as seen:
        yield seen


@pytest.fixture(params=["opencode", "gemini"])
def profile(request):
    return request.param


@pytest.fixture
def image(tmp_path):
    return image_of_all(tmp_path)


@pytest.fixture
def run(profile, image, model, start):
    """A session of one of them, at work on its part."""
    return start(sandbox="docker", task="Do your part.", ada=profile)


def go_on(run):
    """Let the command end that the agent waits for."""
    (run.paths.agent_home("ada") / "go").touch()


def told(run, text):
    """Send a message, and say how it reached the agent once it did."""
    number = run.send(Say(text=text)).reply["id"]

    def arrived():
        return [event.how for event in events(run, MessageDelivered) if event.id == number]

    run.until(lambda _: arrived(), LONG)
    return arrived()


def test_a_session_of_a_real_agent(run, model, image, profile):
    run.until(lambda s: s.claims, LONG)  # by the room's tools, without a prompt
    number = run.send(Say(text="Mind the pennies.")).reply["id"]
    go_on(run)
    state = run.until(finished, LONG)
    assert [event.how for event in events(run, MessageDelivered) if event.id == number] == ["hook"]
    assert b"Mind the pennies." in model.body
    assert state.agents["ada"].tokens_in > 1000
    assert state.agents["ada"].tokens_out > 0
    if profile == "gemini":  # the gateway counts what the CLI notes down itself, and what it asks beside
        run.until_true(lambda: noted(run, "ada").total() > 3)
        assert noted(run, "ada") <= counted(run, "ada")
    systems = [str(json.loads(body)[SYSTEM[profile]]) for body in model.bodies if b"ada.txt" in body]
    assert all("You are ada, one of several" in system for system in systems)

    assert told(run, "And the pounds.") == ["typed"]
    run.until(finished, LONG)
    assert run.send(Merge()).ok
    assert merged_files(run) == ["a.txt", "ada.txt"]
    header, key = KEY_OF[profile]
    assert {headers.get(header) for headers in model.headers} == {KEYS[key].encode()}
    assert found_in(run, image) == []


def test_one_that_was_interrupted_and_killed_goes_on_with_its_conversation(run, model):
    run.until(lambda s: s.claims, LONG)
    run.send(Interrupt(agent="ada"))
    run.until(lambda s: s.agents["ada"].state == "idle", LONG)
    kill_and_restart(run, LONG)
    run.until(lambda s: s.agents["ada"].state == "idle", LONG)
    run.until(lambda _: "Do your part." in run.screen("ada"), LONG)
    model.bodies.clear()
    go_on(run)
    assert told(run, "Go on.") == ["typed"]
    run.until(finished, LONG)
    assert b"Do your part." in model.body
