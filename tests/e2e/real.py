"""Real CLIs in containers without network, at a scripted model: what the tests of all of them need."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import docker
import uvicorn

from agentmux import registry
from agentmux.gateway.scripted_model.listening import listening
from agentmux.gateway.scripted_model.script import Script
from agentmux.gateway.scripted_model.server import scripted_model
from agentmux.room.commands import Restart
from agentmux.room.events import ModelUsed
from agentmux.sandbox.detect import choose
from agentmux.sandbox.image import default_base, ensure_image
from agentmux.service import session
from agentmux.service.log import LogReader
from agentmux.service.records import RecordFiles
from tests.e2e.conftest import everything

CANARY = "sk-canary-7f3a9c51"
KEYS = {"ANTHROPIC_API_KEY": f"{CANARY}-a", "OPENAI_API_KEY": f"{CANARY}-o", "GEMINI_API_KEY": f"{CANARY}-g"}
PLACES = {"ANTHROPIC_BASE_URL": "", "OPENAI_BASE_URL": "/v1", "GOOGLE_GEMINI_BASE_URL": ""}
LOOK = "cat /proc/*/environ /run/secrets/agentmux/* /etc/c*/* /etc/opencode/* /home/agent/.gemini/*"


@dataclass
class Model:
    """What reached the model: headers and bodies of the requests."""

    headers: list[dict[bytes, bytes]] = field(default_factory=list)
    bodies: list[bytearray] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """All of them."""
        return b"\n".join(self.bodies)

    def watching(self, app):
        async def watched(scope, receive, send):
            body = bytearray()

            async def kept():
                message = await receive()
                body.extend(message.get("body", b""))
                return message

            self.headers.append(dict(scope["headers"]))
            self.bodies.append(body)
            await app(scope, kept, send)

        return watched


@contextmanager
def scripted(monkeypatch, parts) -> Iterator[Model]:
    """A scripted model with these parts, which the user's environment names for each provider, with keys to it."""
    seen = Model()
    app = seen.watching(scripted_model(Script.model_validate({"agents": parts})))
    with listening(("127.0.0.1", 0)) as (listener, url):
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        for name, path in PLACES.items():
            monkeypatch.setenv(name, url + path)
        for name, key in KEYS.items():
            monkeypatch.setenv(name, key)
        yield seen
        server.should_exit = True
        thread.join()


def image_of_all(folder: Path) -> str:
    """The image with all real CLIs, which `make` gives to sessions."""
    choose("docker")
    return ensure_image([everything()], default_base(registry.settings().base_image), print, folder / "image.log")


def everybody(state, wanted):
    return all(agent.state == wanted for agent in state.agents.values())


def finished(state):
    return everybody(state, "idle") and all(agent.why == "hook: Stop" for agent in state.agents.values())


def events(run, kind):
    with LogReader(run.paths.log) as log:
        return [entry.event for entry in log.read() if isinstance(entry.event, kind)]


def noted(run, name):
    """What the agent's CLI has noted down of its model's replies itself: tokens in, cached, and out of each."""
    login = session.load(run.paths).agent(name).profile.login
    assert login
    assert login.records
    files = RecordFiles(run.paths.agent_home(name), login.records)
    found = [one.noted.tokens for batch in iter(lambda: files.new({}), []) for one in batch]
    return Counter((tokens.taken, tokens.cached, tokens.given) for tokens in found)


def counted(run, name):
    """The same as the events tell it."""
    used = [event for event in events(run, ModelUsed) if event.agent == name]
    return Counter((event.tokens_in, event.cached, event.tokens_out) for event in used)


def merged_files(run):
    """The names of the files on the branch that was merged."""
    argv = ["git", "-C", run.state.repo, "ls-tree", "--name-only", run.state.branch.branch]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


def kill_and_restart(run, seconds):
    """End the agents' containers at once, and start the agents again."""
    client = docker.from_env()
    try:
        for agent in run.state.agents.values():
            client.containers.get(agent.container).kill()
    finally:
        client.close()
    run.until(lambda s: all(agent.ended for agent in s.agents.values()), seconds)
    for name in run.state.agents:
        assert run.send(Restart(agent=name)).ok


def found_in(run, image, secrets=(CANARY,), there="kept-by-the-room"):
    """Where a secret is found by others than the room; if this looks at all, something is `there` in each place."""
    client = docker.from_env()
    try:
        texts = {"image history": str(client.images.get(image).history())}
        for agent in run.state.agents.values():
            container = client.containers.get(agent.container)
            texts[f"inspect {agent.name}"] = str(container.attrs)
            texts[f"place of {agent.name}"] = str(container.exec_run(["sh", "-c", LOOK]).output)
    finally:
        client.close()
    texts["process list"] = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True).stdout
    texts["screens"] = run.screens()
    for path in run.paths.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            texts[str(path)] = path.read_bytes().decode(errors="replace")
    assert all(there in texts[f"place of {name}"] for name in run.state.agents)
    return [place for place, text in texts.items() if any(secret in text for secret in secrets)]
