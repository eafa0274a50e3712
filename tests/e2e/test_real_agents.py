"""The real Claude Code and Codex in containers without network, at a scripted model behind their gateways."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field

import docker
import pytest
import uvicorn

from agentmux import registry
from agentmux.gateway.scripted_model.listening import listening
from agentmux.gateway.scripted_model.script import Script
from agentmux.gateway.scripted_model.server import scripted_model
from agentmux.room.commands import Interrupt, Merge, Restart, Say
from agentmux.room.events import AgentStateChanged, MessageDelivered
from agentmux.sandbox.detect import choose
from agentmux.sandbox.image import default_base, ensure_image
from agentmux.service.log import LogReader

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("real-agents")]
AGENTS = {"ada": "claude", "bob": "codex"}
CANARY = "sk-canary-7f3a9c51"
PARTS = [
    {
        "name": name,
        "steps": [
            {"call": "claim", "arguments": {"paths": [f"{name}.txt"], "intent": "my part"}},
            {"write": f"{name}.txt", "text": f"by {name}\n"},
            {"run": "sleep 4"},
            {"run": f"git add -A && git commit -q -m 'Work of {name}'"},
            {"say": f"That was all from {name}."},
            {"end": True},
        ],
    }
    for name in AGENTS
]


@dataclass
class Model:
    """What reached the model: headers and bodies of the requests."""

    headers: list[dict[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    def watching(self, app):
        async def watched(scope, receive, send):
            async def kept():
                message = await receive()
                self.body += message.get("body", b"")
                return message

            self.headers.append(dict(scope["headers"]))
            await app(scope, kept, send)

        return watched


@pytest.fixture
def model(home, monkeypatch):
    """A scripted model, which the user's environment names, with keys to it."""
    seen = Model()
    app = seen.watching(scripted_model(Script.model_validate({"agents": PARTS})))
    with listening(("127.0.0.1", 0)) as (listener, url):
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        monkeypatch.setenv("ANTHROPIC_API_KEY", f"{CANARY}-a")
        monkeypatch.setenv("OPENAI_API_KEY", f"{CANARY}-o")
        yield seen
        server.should_exit = True
        thread.join()


@pytest.fixture
def image(tmp_path):
    """The image with both CLIs."""
    choose("docker")
    installs = [registry.profile(name).install for name in AGENTS.values()]
    return ensure_image(installs, default_base(registry.settings().base_image), print, tmp_path / "image.log")


@pytest.fixture
def run(image, model, start):
    """A session of both, at work on their parts."""
    return start(sandbox="docker", task="Do your part.", **AGENTS)


def everybody(state, wanted):
    return all(agent.state == wanted for agent in state.agents.values())


def finished(state):
    return everybody(state, "idle") and all(agent.why == "hook: Stop" for agent in state.agents.values())


def events(run, kind):
    with LogReader(run.paths.log) as log:
        return [entry.event for entry in log.read() if isinstance(entry.event, kind)]


def test_a_session_of_two_real_agents(run, model, image):
    run.until(lambda s: len(s.claims) == 2)  # by the room's tools, without a prompt
    number = run.send(Say(text="Mind the pennies.")).reply["id"]
    state = run.until(finished)
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

    number = run.send(Say(text="And the pounds.")).reply["id"]
    run.until(lambda s: all(receipt.read for receipt in s.messages[number].receipts.values()) or None)
    run.until(finished)
    how = {event.member: event.how for event in events(run, MessageDelivered) if event.id == number}
    assert how == {"ada": "typed", "bob": "typed"}

    assert run.send(Merge()).ok
    branch = run.state.branch.branch
    log = subprocess.run(
        ["git", "-C", run.state.repo, "ls-tree", "--name-only", branch], capture_output=True, text=True, check=True
    )
    assert log.stdout.split() == ["a.txt", "ada.txt", "bob.txt"]
    keys = {headers.get(b"x-api-key", b"") + headers.get(b"authorization", b"") for headers in model.headers}
    assert keys == {f"{CANARY}-a".encode(), f"Bearer {CANARY}-o".encode()}
    assert found_in(run, image) == []


def found_in(run, image):
    """Where the key is to be found by others than the room."""
    client = docker.from_env()
    try:
        texts = {"image history": str(client.images.get(image).history())}
        for agent in run.state.agents.values():
            container = client.containers.get(agent.container)
            texts[f"inspect {agent.name}"] = str(container.attrs)
            look = ["sh", "-c", "cat /proc/*/environ /run/secrets/agentmux/* /etc/c*/*"]
            texts[f"environment of {agent.name}"] = str(container.exec_run(look).output)
    finally:
        client.close()
    texts["process list"] = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True).stdout
    texts["screens"] = run.screens()
    for path in run.paths.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            texts[str(path)] = path.read_bytes().decode(errors="replace")
    assert all("kept-by-the-room" in texts[f"environment of {name}"] for name in AGENTS)  # this does look in
    return [place for place, text in texts.items() if CANARY in text]


def test_an_interrupted_agent_is_idle_and_one_that_ended_goes_on_with_its_conversation(run, model):
    run.until(lambda s: len(s.claims) == 2)
    for name in AGENTS:
        run.send(Interrupt(agent=name))
    run.until(lambda s: everybody(s, "idle"))
    client = docker.from_env()
    try:
        for agent in run.state.agents.values():
            client.containers.get(agent.container).kill()
    finally:
        client.close()
    run.until(lambda s: all(agent.ended for agent in s.agents.values()))
    for name in AGENTS:
        assert run.send(Restart(agent=name)).ok
    run.until(lambda s: everybody(s, "idle"))
    assert all("Do your part." in run.screen(name) for name in AGENTS)
