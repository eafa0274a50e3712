"""`agentmux demo --real`, as a user runs it: Claude Code and Codex, whose model the session brings along."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import docker
import pytest

from agentmux.paths import SessionPaths
from agentmux.room.events import ClaimRefused, MessageSent
from agentmux.service.log import LogReader
from agentmux.service.session import state_of


def demo(agentmux, *arguments):
    return subprocess.run(
        [*agentmux, "demo", "--real", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


def events(paths, kind):
    with LogReader(paths.log) as log:
        return [entry.event for entry in log.read() if isinstance(entry.event, kind)]


@pytest.mark.docker
@pytest.mark.xdist_group("real-agents")
def test_both_features_are_merged_and_pass(home, agentmux):
    ran = demo(agentmux, "--headless", "--json")
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout)
    assert summary["sandbox"] == "docker"
    assert [(agent["name"], agent["state"]) for agent in summary["agents"]] == [("ada", "idle"), ("bob", "idle")]
    assert summary["merged"]
    assert summary["checks"] == {"passed": 1, "failed": 0}

    paths = SessionPaths(Path(summary["folder"]))
    state = state_of(paths)
    assert {task.title: (task.owner, task.status) for task in state.tasks.values()} == {
        "Bulk discount": ("ada", "done"),
        "Shipping costs": ("bob", "done"),
    }
    assert [refused.asker for refused in events(paths, ClaimRefused)] == ["bob"]
    assert [sent.default for sent in events(paths, MessageSent) if sent.ask] == ["yes"]
    assert [note.text for note in state.notes] == ["Discounts are rounded up to whole cents (shop/discount.py)"]
    assert all(agent.tokens_in > 1000 for agent in state.agents.values())

    git = ["git", "-C", state.repo]
    log = subprocess.run([*git, "log", "--format=%an", f"main..{summary['branch']}"], capture_output=True, text=True)
    assert log.stdout.split() == ["bob", "ada"]
    shown = subprocess.run([*git, "show", f"{summary['branch']}:shop/cart.py"], capture_output=True, text=True).stdout
    assert "bulk_discount(full, self.pieces)" in shown
    assert "shipping_cost(self.subtotal(), self.weight())" in shown

    assert not paths.script_sock.exists()
    client = docker.from_env()
    try:
        assert not client.containers.list(all=True, filters={"name": f"agentmux-{paths.id}-"})
    finally:
        client.close()


def test_without_an_engine_it_says_so_and_starts_nothing(home, agentmux, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    ran = demo(agentmux, "--headless")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("agentmux: The real CLIs run in containers, and there is no engine for them: ")
    assert "`agentmux demo` without --real needs none." in ran.stderr
    assert not (home / "h" / "sessions").exists()


def test_it_does_not_run_as_plain_processes(home, agentmux):
    ran = demo(agentmux, "--sandbox", "process")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("agentmux: The real CLIs run in containers only.")
