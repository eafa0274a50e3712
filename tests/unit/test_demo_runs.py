"""The demo from end to end without a human, as a user would run it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from agentmux.sandbox.detect import status


@pytest.fixture
def home():
    """A home with a path short enough for unix sockets."""
    path = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp"))
    yield path
    shutil.rmtree(path)


def demo(home, *arguments):
    (home / "run").mkdir(mode=0o700)
    return agentmux(home, "demo", *arguments)


def agentmux(home, *arguments):
    env = {**os.environ, "AGENTMUX_HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run")}
    return subprocess.run(
        [sys.executable, "-m", "agentmux", *arguments],
        env=env,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("sandbox", ["process", pytest.param("docker", marks=pytest.mark.docker)])
def test_it_ends_with_a_merged_branch_that_passes(home, sandbox):
    answers, sentence = status("docker")
    if sandbox == "docker" and not answers:
        (pytest.fail if os.environ.get("AGENTMUX_REQUIRE_DOCKER") == "1" else pytest.skip)(sentence)
    ran = demo(home, "--json", "--sandbox", sandbox)
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout)
    folder = Path(summary.pop("folder"))
    casts = summary.pop("casts")
    session = summary.pop("session")
    assert summary == {
        "sandbox": sandbox,
        "agents": [{"name": "ada", "state": "done", "exit": 0}, {"name": "bob", "state": "done", "exit": 0}],
        "claims": {"granted": 2, "refused": 1},
        "messages": 8,
        "merged": True,
        "branch": f"agentmux/{session}",
        "checks": {"passed": 1, "failed": 0},
    }
    assert folder == home / "sessions" / session
    for cast in casts:
        recording = Path(cast).read_text()
        assert "exit 0" in recording
        assert "did not work" not in recording
    (repo,) = (home / "demo").glob("*/shop")
    git = ["git", "-C", str(repo), "log", "--format=%an", f"main..agentmux/{session}"]
    assert subprocess.run(git, capture_output=True, text=True).stdout.split() == ["bob", "ada"]
    scored = agentmux(home, "score", session, "--json")
    assert scored.returncode == 0, scored.stderr
    values = {name: metric["value"] for name, metric in json.loads(scored.stdout)["metrics"].items()}
    assert (values["merge"], values["checks_passed"], values["held_at_end"]) == ("clean", 1.0, 0)
    assert (values["interventions"]["ruling"], values["claims_refused"] > 0) == (1, True)
    assert (values["money"], values["tokens_in"]) == (None, None)
    assert agentmux(home, "score", session, "--json").stdout == scored.stdout


@pytest.fixture
def without_sandboxes(tmp_path, monkeypatch):
    """A machine on which no program for a sandbox answers."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for folder in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in folder.iterdir() if folder.is_dir() else ():
            link = programs / program.name
            if program.name not in ("podman", "bwrap") and not link.is_symlink():
                link.symlink_to(program)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")


@pytest.mark.usefixtures("without_sandboxes")
def test_it_says_that_no_engine_answers_and_runs_without(home):
    ran = demo(home, "--headless")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.startswith("Note: No container engine answers at unix:///nowhere.sock.")
    assert "NOT isolated" in ran.stderr
    assert "checks: 1 passed, 0 failed" in ran.stdout


def test_a_sandbox_that_was_asked_for_by_name_is_not_replaced(home, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    ran = demo(home, "--headless", "--sandbox", "docker")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("agentmux: No container engine answers at unix:///nowhere.sock.")
