"""Twenty messages to each of two real CLIs that are at work: each comes to its model once, however it got there."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from agentmux.room.commands import Say
from agentmux.room.events import MessageDelivered, ModelUsed
from tests.e2e.real import events, everybody, image_of, scripted

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("real-agents")]
AGENTS = {"ada": "claude", "bob": "codex"}
MATES = {"ada": "bob", "bob": "ada"}
LONG = 420.0
"""Seconds until the test gives up: there are machines on which real CLIs take their time."""
MID_TURN = [1, 2, 1, 3]
"""How many messages of the human come at once while the agent works, each lot after another reply of its model."""
IDLE = [1, 3, 1, 2]
"""The same for lots that come when it has become idle."""


def marked(sender, to, number):
    return f"{sender}-{to}-{number:02}"


def steps(name):
    """A long turn with a word to the teammate now and then; the last of them comes when it is idle or nearly so."""
    for number in range(6):
        yield from ({"run": f"echo {number}; sleep 1"} for _ in range(3))
        yield {
            "call": "say",
            "arguments": {"to": MATES[name], "text": f"Look: {marked(name, MATES[name], number)}"},
        }
    yield {"say": "That was all."}
    yield {"end": True}


WANTED = {
    name: [marked(MATES[name], name, number) for number in range(6)]
    + [marked("you", name, number) for number in range(sum(MID_TURN) + sum(IDLE))]
    for name in AGENTS
}


@pytest.fixture
def run(home, monkeypatch, tmp_path, start):
    """A session of both, at work on their parts."""
    image_of(AGENTS.values(), tmp_path)
    with scripted(monkeypatch, [{"name": name, "steps": list(steps(name))} for name in AGENTS]):
        yield start(sandbox="docker", task="Do your part.", **AGENTS)


def replies(run, name):
    return sum(event.agent == name for event in events(run, ModelUsed))


def written(home, pattern):
    """The entries of a transcript in the agent's home."""
    files = sorted(home.glob(pattern))
    assert files
    for file in files:
        yield from map(json.loads, file.read_text().splitlines())


def told(run, name):
    """What the agent's transcript says its model was told, an entry for each thing.

    What a stop hook said, Claude Code itself notes down (and tells its model) once more, as `hook_blocking_error`.
    """
    home = run.paths.agent_home(name)
    if AGENTS[name] == "codex":
        entries = written(home, ".codex/sessions/**/rollout-*.jsonl")
        items = [entry["payload"] for entry in entries if entry["type"] == "response_item"]
        return [json.dumps(item) for item in items if item.get("role") != "assistant"]
    return [
        json.dumps(entry)
        for entry in written(home, ".claude/projects/-ws/*.jsonl")
        if entry["type"] == "user" or entry.get("attachment", {}).get("type") == "hook_additional_context"
    ]


def seen(run, name):
    """The marks that the agent's transcript holds."""
    text = "\n".join(told(run, name))
    return {mark for mark in WANTED[name] if mark in text}


def test_each_message_comes_once(run):
    numbers: Counter[str] = Counter()

    def send(name, several):
        for _ in range(several):
            assert run.send(Say(to=name, text=f"Note: {marked('you', name, numbers[name])}")).ok
            numbers[name] += 1

    def all_read(state):
        return all(r.read for m in state.messages.values() for to, r in m.receipts.items() if to in AGENTS)

    run.until(lambda s: all(agent.tokens_out for agent in s.agents.values()), LONG)
    for lot in MID_TURN:
        for name in AGENTS:
            before = replies(run, name)
            send(name, lot)
            run.until_true(lambda name=name, before=before: replies(run, name) > before, LONG, run.screens)
    for lot in IDLE:
        run.until(lambda s: all_read(s) and everybody(s, "idle"), LONG)
        for name in AGENTS:
            send(name, lot)
    run.until(lambda s: len(s.messages) >= sum(map(len, WANTED.values())) and all_read(s), LONG)
    # What was typed last is read before its turn has begun, let alone been written down.
    run.until_true(lambda: all(set(wanted) <= seen(run, name) for name, wanted in WANTED.items()), LONG, run.screens)
    run.until(lambda s: everybody(s, "idle"), LONG)

    for name, wanted in WANTED.items():
        texts = told(run, name)
        found = {mark: sum(mark in text for text in texts) for mark in wanted}
        assert found == dict.fromkeys(wanted, 1), [text for text in texts if any(m in text for m in wanted)]
    how = Counter((event.member, event.how) for event in events(run, MessageDelivered))
    for name in AGENTS:
        assert how[name, "hook"], how
        assert how[name, "typed"], how
