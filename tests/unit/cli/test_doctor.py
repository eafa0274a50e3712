"""What doctor finds, and what it tells to do about it."""

import json
import sys
from shutil import which

import pytest

from agentmux.cli.checks import findings
from agentmux.errors import SandboxError
from agentmux.sandbox import tryout


def checks(run):
    ran = run("doctor", "--json")
    found = json.loads(ran.out)
    assert ran.status == (0 if found["ok"] else 1)
    return {entry["name"]: entry for entry in found["checks"]}


@pytest.fixture
def without_sandboxes(monkeypatch, tmp_path):
    """A machine on which doctor has no sandbox to try, which is what takes it long."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("tmux", "git"):
        (programs / name).symlink_to(which(name) or "/nowhere")
    monkeypatch.setenv("PATH", str(programs))


def test_a_healthy_machine(run):
    found = checks(run)
    assert {name for name, entry in found.items() if entry["verdict"] == "bad"} <= {"docker", "podman", "bubblewrap"}
    assert set(found) >= {
        "python",
        "tmux",
        "git",
        "docker",
        "podman",
        "bubblewrap",
        "process",
        "terminal",
        "home",
        "sockets",
        "settings",
    }
    assert found["terminal"]["verdict"] == "note"
    assert sys.executable in found["python"]["text"]


def test_missing_programs_and_no_engine(run, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = checks(run)
    for name in ("tmux", "git", "docker", "podman", "bubblewrap"):
        assert found[name]["verdict"] == "bad"
        assert found[name]["fix"]
    ran = run("doctor")
    assert "✗ tmux       tmux is not installed" in ran.out


@pytest.mark.usefixtures("without_sandboxes")
@pytest.mark.parametrize(
    ("place", "name", "sentence"),
    [("file", "home", "cannot be written"), ("x" * 100, "sockets", "unix sockets allow")],
)
def test_a_home_that_will_not_do(run, home, monkeypatch, place, name, sentence):
    (home.parent / "file").write_text("")
    monkeypatch.setenv("AGENTMUX_HOME", str(home.parent / place))
    found = checks(run)
    assert sentence in found[name]["text"]
    assert "Set AGENTMUX_HOME" in found[name]["fix"]


@pytest.mark.usefixtures("without_sandboxes")
def test_a_mistake_in_the_users_own_files(run, home):
    profiles = home.parent / "config" / "agents"
    profiles.mkdir(parents=True)
    (profiles / "mine.yaml").write_text("titel: Mine\n")
    found = checks(run)["settings"]
    assert found["text"] == f"{profiles}/mine.yaml:1: unknown key 'titel'."
    assert found["fix"] == "Did you mean 'title'?"


@pytest.mark.usefixtures("without_sandboxes")
def test_logins_are_named_and_what_they_say_is_not(run, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "CLAUDE_CODE_OAUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    none = checks(run)["logins"]
    assert (none["verdict"], none["text"].partition(" ")[0]) == ("ok", "no")
    login = {"claudeAiOauth": {"accessToken": "canary-4d1f", "expiresAt": 1000}}
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude/.credentials.json").write_text(json.dumps(login))
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    (tmp_path / "codex").mkdir()
    (tmp_path / "codex/auth.json").write_text(json.dumps({"tokens": {"access_token": "canary-4d1f"}}))
    found = checks(run)["logins"]
    assert "Claude Code (~/.claude/.credentials.json, expired), Codex CLI (~/codex/auth.json)" in found["text"]
    assert (found["verdict"], found["fix"]) == ("note", "Renew it: `claude`.")
    assert "canary" not in str(found)
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "canary-4d1f")
    found = checks(run)["logins"]
    assert "Claude Code (CLAUDE_CODE_OAUTH_TOKEN in the environment)" in found["text"]
    assert "canary" not in str(found)


def test_one_sandbox_that_works_is_enough(monkeypatch):
    def answer(kind):
        if kind != "bubblewrap":
            raise SandboxError(f"{kind} does not work.", "Mend it.")
        return "It ran."

    monkeypatch.setattr(tryout, "try_out", answer)
    found = {finding.name: finding for finding in findings()}
    assert (found["bubblewrap"].verdict, found["bubblewrap"].text) == ("ok", "It ran.")
    assert (found["docker"].verdict, found["docker"].text, found["docker"].fix) == (
        "note", "docker does not work.", "Mend it.",
    )  # fmt: skip
