"""Bad input to real processes and sessions: one sentence with what to do, the right exit status, no traceback.

What is refused before anything starts is in tests/unit/cli, without a process for each. Exit status 2 is a wrong
request, 1 is a failure of the machine around it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from agentmux.paths import SessionPaths
from agentmux.room.state import YOU
from agentmux.sandbox.detect import status
from agentmux.service.session import listing
from tests.e2e.conftest import Running, room_tool

USAGE, FAILURE = 2, 1
Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., Running]


@pytest.fixture
def run(home: Path, agentmux: list[str]) -> Run:
    """A function that runs `agentmux` with these arguments, and sees to it that it never ends in a traceback."""

    def run(*words: str | bytes | Path, **env: str) -> subprocess.CompletedProcess[str]:
        argv: Sequence[Any] = [*agentmux, *words]
        done = subprocess.run(
            argv,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="strict",
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def told(done: subprocess.CompletedProcess[str], status: int) -> str:
    """The sentence with its hint, after checking the exit status."""
    assert done.returncode == status, done.stderr
    return done.stderr[done.stderr.index("agentmux: ") :]


def path_with(folder: Path, **programs: str) -> str:
    """A PATH on which there are only these programs, each a shell script."""
    folder.mkdir()
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_a_lost_session_whose_tmux_is_not_found_any_more_stays_as_it_is(run, home, start):
    running = start(ada="shell")
    os.kill(running.room_pid(), 9)
    running.until_true(lambda: [line.status for line in listing()] == ["lost"])
    path = path_with(home / "bin", git="echo git version 2.39.2")
    for words in (["say", "hello"], ["merge"], ["stop"]):
        assert "tmux is not installed" in told(run(*words, PATH=path), FAILURE)
        assert [line.status for line in listing()] == ["lost"]
    assert running.screen("ada")


@pytest.fixture
def engine() -> None:
    answers, why = status("docker")
    if not answers:
        assert "AGENTMUX_REQUIRE_DOCKER" not in os.environ, why
        pytest.skip(why)


@pytest.mark.docker
def test_an_image_that_cannot_be_built_shows_its_last_lines_and_keeps_the_log(run, home, repo, engine):
    profile = home / "c" / "agents" / "broken.yaml"
    profile.write_text("title: Broken\ncommand: [bash]\ninstall: {apt: [no-such-package-for-agentmux]}\n")
    done = run("up", "--repo", repo, "--agents", "broken", "--sandbox", "docker", "--no-attach")
    text = told(done, FAILURE)
    assert "The agents' image cannot be built: Step" in text
    shown = [line for line in done.stderr.splitlines() if line.startswith("  | ")]
    assert any("Unable to locate package no-such-package-for-agentmux" in line for line in shown)
    log = Path(text.rsplit(" is in ", 1)[1].strip().removesuffix("."))
    assert "Unable to locate package no-such-package-for-agentmux" in log.read_text()
    assert [line.status for line in listing()] == ["failed"]


@pytest.mark.docker
def test_a_base_image_that_is_nowhere(run, home, repo, engine):
    layout = home / "mine.yaml"
    layout.write_text("title: T\nimage: localhost:1/no/such:image\nagents:\n- {name: ada, profile: shell}\n")
    text = told(run("up", "--repo", repo, "--layout", layout, "--sandbox", "docker", "--no-attach"), FAILURE)
    assert "The base image localhost:1/no/such:image is not here and cannot be pulled" in text
    assert "agentmux image base" in text


def test_a_session_whose_folder_was_removed_by_halves(run, start):
    running = start(ada="shell")
    assert run("stop", running.paths.id).returncode == 0
    running.paths.session_yaml.unlink()
    for words in (["merge", running.paths.id], ["stop", running.paths.id], ["ls", "--all"]):
        assert run(*words).returncode in (0, FAILURE)
    shutil.rmtree(running.paths.folder)
    assert "There is no session" in told(run("stop", running.paths.id), USAGE)


def test_a_session_that_already_runs(start):
    paths = start(ada="shell").paths
    second = subprocess.run(
        [sys.executable, "-m", "agentmux.service", str(paths.folder)], capture_output=True, text=True, check=False
    )
    assert second.returncode == FAILURE
    assert second.stderr == f"The session {paths.id} is already running. `agentmux attach {paths.id}` shows it."


def test_a_claim_on_no_place_in_the_repository(start):
    running = start(ada="shell")
    for pattern, sentence in {
        "/etc/passwd": "is absolute",
        "../other": "has '..'",
        "a/../../b": "has '..'",
        "": "at least one path",
        " ": "empty",
    }.items():
        done = room_tool(running, "ada", "claim", f"paths={pattern}")
        assert (done.returncode, done.stdout) == (FAILURE, ""), pattern
        assert sentence in done.stderr
    assert not running.state.claims


def test_a_message_that_is_too_long(run, start):
    running = start(ada="shell")
    long = "ü" * (32 * 1024) + "x"
    text = told(run("say", long), FAILURE)
    assert "The message has 65,537 bytes; the most is 65,536." in text
    assert running.state.messages == {}
    assert run("say", long[:-1]).returncode == 0


def test_arguments_that_are_no_utf8(run, repo, start):
    running = start(ada="shell")
    assert "UTF-8" in told(run("say", b"caf\xe9"), USAGE)
    assert running.state.messages == {}
    words = ["up", "--repo", repo, "--agents", "shell", "--sandbox", "process"]
    assert "UTF-8" in told(run(*words, "--task", b"caf\xe9"), USAGE)
    assert len(listing()) == 1


def test_what_a_pane_prints_that_is_no_utf8(run, start):
    running = start(ada="shell")
    running.type("ada", r"printf 'caf\351 \377\376 \303\n'; echo en''d", "Enter")
    running.until(lambda _: "end" in running.cast("ada"))
    for line in running.paths.cast("ada").read_bytes().splitlines():
        json.loads(line.decode("utf-8", errors="strict"))
    assert "caf\ufffd \ufffd\ufffd \ufffd" in running.cast("ada").replace("\\ufffd", "\ufffd")
    assert run("ls", "--json").returncode == run("log", "--json").returncode == 0


def test_a_client_with_a_wrong_token(run, start):
    running = start(ada="shell")
    token = running.paths.token(YOU)
    right = token.read_text()
    token.chmod(0o600)
    token.write_text("wrong")
    text = told(run("say", "hello"), FAILURE)
    assert f"does not know the token in {token}" in text
    token.write_text(right)
    agents = SessionPaths.token(running.paths, "ada")
    agents.chmod(0o600)
    agents.write_text("wrong")
    done = room_tool(running, "ada", "say", "text=hello")
    assert (done.returncode, done.stdout) == (FAILURE, "")
    assert "not one of this session's members" in done.stderr
    assert running.state.messages == {}
