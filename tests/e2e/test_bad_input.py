"""Bad input at the command line, as a user meets it: one sentence with what to do, the right exit status, no traceback.

Exit status 2 is a wrong request, 1 is a failure of the machine around it.
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


GOOD_TMUX = "echo tmux 3.3a"


@pytest.mark.parametrize("command", [["up", "--agents", "shell"], ["demo", "--headless"]])
@pytest.mark.parametrize(
    ("programs", "sentence", "hint"),
    [
        ({}, "tmux is not installed", "apt install tmux"),
        ({"tmux": "echo tmux 3.1c"}, "tmux 3.1c is too old: agentmux needs 3.2 or newer.", "apt install tmux"),
        ({"tmux": GOOD_TMUX}, "git is not installed.", "Install"),
        ({"tmux": GOOD_TMUX, "git": "echo git version 2.30.2"}, "agentmux needs git 2.38 or newer", "Install"),
    ],
)
def test_a_program_that_is_missing_or_too_old(run, home, repo, command, programs, sentence, hint):
    where = ["--repo", repo] if command[0] == "up" else []
    text = told(run(*command, *where, PATH=path_with(home / "bin", **programs)), FAILURE)
    assert sentence in text
    assert hint in text
    assert listing() == []


@pytest.mark.parametrize("words", [["say", "hello"], ["merge"], ["stop"]])
def test_a_lost_session_whose_tmux_is_not_found_any_more_stays_as_it_is(run, home, start, words):
    running = start(ada="shell")
    os.kill(running.room_pid(), 9)
    running.until_true(lambda: [line.status for line in listing()] == ["lost"])
    done = run(*words, PATH=path_with(home / "bin", git="echo git version 2.39.2"))
    assert "tmux is not installed" in told(done, FAILURE)
    assert [line.status for line in listing()] == ["lost"]
    assert running.screen("ada")


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda folder: None, "is not a git repository"),
        (lambda folder: subprocess.run(["git", "init", "-q", folder], check=True), "has no commit yet"),
        (lambda folder: folder.rmdir(), "is not a folder"),
    ],
)
def test_a_folder_that_will_not_do(run, home, prepare, sentence):
    folder = home / "folder"
    folder.mkdir()
    prepare(folder)
    assert sentence in told(run("up", "--repo", folder, "--agents", "shell", "--sandbox", "process"), USAGE)
    assert listing() == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--layout", "dou"], "There is no layout 'dou'.\n  Did you mean 'duo'?"),
        (["--agents", "shel"], "There is no profile 'shel'.\n  Did you mean 'shell'?"),
        (["--agents", "ada=shell,ada=shell"], "Two agents are called 'ada'."),
        (["--agents", "Ada=shell"], "'Ada' is no name for an agent"),
        (["--agents", "you=shell"], "'you' is no name for an agent"),
        (["--agents", ",".join(["shell"] * 9)], "at most 8 agents"),
        (["--agents", ","], "'' is no agent."),
    ],
)
def test_names(run, repo, words, sentence):
    assert sentence in told(run("up", "--repo", repo, "--sandbox", "process", *words), USAGE)
    assert listing() == []


TWICE = "title: T\nagents:\n- {name: ada, profile: shell}\n- {name: ada, profile: shell}\n"


@pytest.mark.parametrize(
    ("layout", "line", "sentence"),
    [
        ("title: T\nagents: [\n", 3, "this is no YAML"),
        ("title: T\nagnets: []\n", 2, "unknown key 'agnets'.\n  Did you mean 'agents'?"),
        ("title: T\nagents: 3\n", 2, "agents"),
        ("", 1, ""),
        ("- a\n", 1, ""),
        (TWICE, 2, "ada"),
        ("title: T\nagents:\n- {name: ada, profile: shell}\nlimits: {memory: lots}\n", 4, "memory"),
    ],
)
def test_a_layout_with_a_mistake_names_file_and_line(run, home, repo, layout, line, sentence):
    file = home / "mine.yaml"
    file.write_text(layout)
    text = told(run("up", "--repo", repo, "--sandbox", "process", "--layout", file), USAGE)
    assert text.startswith(f"agentmux: {file}:{line}: ")
    assert sentence in text


def test_no_engine(run, repo):
    text = told(
        run("up", "--repo", repo, "--agents", "shell", "--sandbox", "docker", DOCKER_HOST="unix:///nowhere.sock"),
        FAILURE,
    )
    assert text.startswith("agentmux: No container engine answers at unix:///nowhere.sock.\n  Start it")
    assert listing() == []


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


@pytest.mark.parametrize("command", ["attach", "stop", "merge", "log", "locate"])
def test_a_session_that_never_was(run, start, command):
    known = start(ada="shell").paths.id
    text = told(run(command, "nope"), USAGE)
    if command != "attach":
        assert text == f"agentmux: There is no session 'nope'.\n  Known: {known}.\n"


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


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("/etc/passwd", "is absolute"),
        ("../other", "has '..'"),
        ("a/../../b", "has '..'"),
        ("", "at least one path"),
        (" ", "empty"),
    ],
)
def test_a_claim_on_no_place_in_the_repository(start, pattern, sentence):
    running = start(ada="shell")
    done = room_tool(running, "ada", "claim", f"paths={pattern}")
    assert (done.returncode, done.stdout) == (FAILURE, "")
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
