"""The real Claude Code and Codex with planted logins of the user, at a scripted model in the place of providers."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time
from collections import Counter

import pytest
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from agentmux.gateway.scripted_model.listening import listening
from agentmux.gateway.scripted_model.script import Script
from agentmux.gateway.scripted_model.server import scripted_model
from agentmux.paths import SessionPaths, shipped
from agentmux.service import process, session
from tests.e2e.conftest import Running, everything
from tests.e2e.real import (
    CANARY,
    KEYS,
    PLACES,
    Model,
    counted,
    finished,
    found_in,
    image_of_all,
    kill_and_restart,
    noted,
)

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("real-agents")]
LONG = 420.0
"""Seconds until the test gives up: there are machines on which real CLIs take their time."""
AGENTS = {"ada": "lent-claude", "bob": "lent-codex"}
PARTS = [
    {"name": name, "steps": [{"write": f"{name}.txt", "text": name}, {"say": "Done."}, {"end": True}]}
    for name in AGENTS
]
ROUTING = {
    "id": "acc-1",
    "workspace_backend_origin": "https://chatgpt.com",
    "account_routing_override": "NO_CONSTRAINT",
}
UNTIL = int(time.time()) + 36000


def jwt(claims):
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln"


CLAUDE_TOKEN = f"{CANARY}-claude"
CODEX_TOKEN = jwt({"exp": UNTIL, "sub": CANARY})
REFRESH = f"{CANARY}-refresh"
ACCOUNT = {"https://api.openai.com/auth": {"chatgpt_account_id": "acc-1", "chatgpt_plan_type": "plus"}}
LOGINS = {
    ".claude/.credentials.json": {
        "claudeAiOauth": {
            "accessToken": CLAUDE_TOKEN,
            "refreshToken": REFRESH,
            "expiresAt": UNTIL * 1000,
            "scopes": ["user:inference"],
            "subscriptionType": "max",
        }
    },
    ".codex/auth.json": {
        "auth_mode": "chatgpt",
        "tokens": {
            "id_token": jwt({"exp": UNTIL, "sub": CANARY, **ACCOUNT}),
            "access_token": CODEX_TOKEN,
            "refresh_token": REFRESH,
            "account_id": "acc-1",
        },
        "last_refresh": "2020-01-01T00:00:00Z",
    },
}


@pytest.fixture
def provider(home, monkeypatch):
    """What reaches the providers; they are at an address that only the proxy leads to."""
    for name in (*KEYS, *PLACES, "ANTHROPIC_AUTH_TOKEN", "CODEX_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    seen = Model()

    async def accounts(_):
        return JSONResponse({"accounts": [ROUTING], "account_ordering": ["acc-1"], "default_account_id": "acc-1"})

    script = scripted_model(Script.model_validate({"agents": PARTS}))
    app = Starlette(routes=[Route("/backend-api/wham/accounts/check", accounts), Mount("/", app=seen.watching(script))])
    with listening(("127.0.0.2", 0)) as (listener, url):
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        _lead_to(home, url)
        yield seen
        server.should_exit = True
        thread.join()


def _lead_to(home, url):
    """Profiles like those of both CLIs, but with providers at this place; and the user's logins."""
    claude, codex = (yaml.safe_load((shipped("agents") / f"{name}.yaml").read_text()) for name in ("claude", "codex"))
    claude["env"]["ANTHROPIC_BASE_URL"] = url
    claude["login"]["without"].remove("ANTHROPIC_BASE_URL")
    config = codex["files"][0]
    config["text"] = config["text"].replace('"{model_url}"', f'"{url}/v1"')
    config["text"] = config["text"].replace('env_key = "ROOM_MODEL_KEY"', "requires_openai_auth = true")
    config["text"] = f'chatgpt_base_url = "{url}/backend-api"\n{config["text"]}'
    codex["login"]["values"]["login"]["provider"] = "room"
    for name, profile in (("lent-claude", claude), ("lent-codex", codex)):
        profile["install"] = everything().model_dump()
        profile["login"]["hosts"] = [url.removeprefix("http://")]
        (home / "c/agents" / f"{name}.yaml").write_text(yaml.safe_dump(profile))
    for name, login in LOGINS.items():
        (home / name).parent.mkdir()
        (home / name).write_text(json.dumps(login))


def test_agents_use_the_users_logins_and_nobody_else_sees_them(provider, home, repo, agentmux, tmp_path):
    image = image_of_all(tmp_path)
    words = ["up", "-r", str(repo), "-a", ",".join(f"{name}={profile}" for name, profile in AGENTS.items())]
    refused = subprocess.run([*agentmux, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert refused.returncode == 2
    assert refused.stderr.count("let it use your login (~/.") == 2
    words += ["-t", "Do your part.", "--login", "lent-claude,lent-codex", "--no-attach"]
    subprocess.run([*agentmux, *words], check=True, stdin=subprocess.DEVNULL)
    (line,) = session.listing()
    run = Running(SessionPaths.of(line.id))
    copies = [run.paths.agent_home(agent) / name for agent, name in zip(AGENTS, LOGINS, strict=True)]
    run.until(finished, LONG)
    assert all((run.paths.tree(name) / f"{name}.txt").exists() for name in AGENTS)
    # What goes round the gateway is read in what the CLIs note down.
    run.until_true(
        lambda: all(counted(run, name) == noted(run, name) != Counter() for name in AGENTS), LONG, run.screens
    )
    assert all(agent.fill.tokens for agent in run.state.agents.values())
    asked = {headers.get(b"authorization", b"").decode() for headers in provider.headers}
    assert asked == {f"Bearer {CLAUDE_TOKEN}", f"Bearer {CODEX_TOKEN}"}
    assert all(copy.stat().st_mode & 0o777 == 0o600 and REFRESH not in copy.read_text() for copy in copies)
    assert CLAUDE_TOKEN in run.paths.scrub_file("ada").read_text().splitlines()
    assert CODEX_TOKEN in run.paths.scrub_file("bob").read_text().splitlines()
    kill_and_restart(run, LONG)
    went_on = lambda: all("Do your part." in run.screen(name) for name in AGENTS)  # noqa: E731
    run.until_true(went_on, LONG, run.screens)
    assert set(found_in(run, image, secrets=(CANARY, CODEX_TOKEN), there="AGENTMUX_SESSION")) == set(map(str, copies))
    process.shut_down(run.paths)
    assert not any(copy.exists() for copy in copies)
    assert all(json.loads((home / name).read_text()) == login for name, login in LOGINS.items())


def test_a_token_in_the_environment_wins_over_a_file(provider, home, repo, agentmux, tmp_path, monkeypatch):
    token = f"{CANARY}-token"
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", token)
    image = image_of_all(tmp_path)
    words = ["up", "-r", str(repo), "-a", "ada=lent-claude", "-t", "Do your part.", "--login", "lent-claude"]
    subprocess.run([*agentmux, *words, "--no-attach"], check=True, stdin=subprocess.DEVNULL)
    (line,) = session.listing()
    run = Running(SessionPaths.of(line.id))
    run.until(finished, LONG)
    assert {headers.get(b"authorization") for headers in provider.headers} == {f"Bearer {token}".encode()}
    assert not (run.paths.agent_home("ada") / ".claude/.credentials.json").exists()
    run.until_true(lambda: counted(run, "ada") == noted(run, "ada") != Counter(), LONG, run.screens)
    assert found_in(run, image, secrets=(CANARY,), there="AGENTMUX_SESSION") == ["place of ada"]  # its own environment
