"""What `up` does with a repository's `.agentmux.yaml`: shows it, asks once, and again when it has changed."""

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from agentmux.paths import SessionPaths
from agentmux.service import session

FILE = "setup: [echo $COLOUR >made]\nenv: {COLOUR: blue}\ncopy: [.env, gone]\nchecks: ['true']\n"
UP = ("--sandbox", "process", "--agents", "zoe=shell", "--no-attach")


@pytest.fixture
def theirs(repo):
    """A repository that says how agents work on it."""
    (repo / ".agentmux.yaml").write_text(FILE)
    (repo / ".gitignore").write_text(".env\n.agentmux.yaml\n")
    (repo / ".env").write_text("A=1\n")
    git = ["git", "-C", str(repo), "-c", "user.name=t", "-c", "user.email=t@t.invalid"]
    for words in (["add", "."], ["commit", "-q", "-m", "more"]):
        subprocess.run([*git, *words], check=True)
    return repo


def only_session():
    (line,) = session.listing()
    return SessionPaths(Path(line.folder))


def test_without_a_terminal_it_must_be_agreed_to(run, theirs, home):
    ran = run("up", "--repo", theirs, *UP)
    assert ran.status == 2
    assert ran.err.splitlines() == [
        f"{theirs} says how agents work on it:",
        "  setup        echo $COLOUR >made",
        "  copy         .env",
        "               gone",
        "  env          COLOUR=blue",
        "  checks       true",
        "NOT isolated: its commands can do anything you can.",
        "agentmux: You have not agreed to this yet, and there is no terminal to ask you.",
        "  --trust-repo agrees, --no-trust-repo starts without it.",
    ]
    assert not (home / "sessions").exists()


def test_what_is_agreed_to_is_used_and_not_asked_about_again_until_it_changes(run, theirs):
    ran = run("up", "--repo", theirs, *UP, "--yes")
    assert ran.status == 0, ran.err
    assert "Note: `copy` names gone, but there is no such untracked file." in ran.err
    assert "Copied .env into 1 workspace; it is in no snapshot and no merge." in ran.err
    paths = only_session()
    assert (paths.tree("zoe") / "made").read_text() == "blue\n"
    assert (paths.tree("zoe") / ".env").read_text() == "A=1\n"
    assert session.load(paths).layout.checks == ["true"]
    run("stop", "--all", "--yes")

    (theirs / ".agentmux.yaml").write_text(f"# a comment changes nothing\n{FILE}")
    ran = run("up", "--repo", theirs, *UP)
    assert ran.status == 0
    assert "says how agents work on it" not in ran.err

    (theirs / ".agentmux.yaml").write_text(f"{FILE}allow: [example.org]\n")
    ran = run("up", "--repo", theirs, *UP)
    assert ran.status == 2
    assert "  allow        example.org" in ran.err


def test_it_can_be_left_aside(run, theirs):
    ran = run("up", "--repo", theirs, *UP, "--no-trust-repo")
    assert ran.status == 0
    assert not (only_session().tree("zoe") / "made").exists()
    assert session.load(only_session()).copied == []


def test_a_mistake_in_it_is_told_before_anything_starts(run, theirs, home):
    (theirs / ".agentmux.yaml").write_text("image: a\ndockerfile: b\n")
    ran = run("up", "--repo", theirs, *UP, "--yes")
    assert (ran.status, ran.err.splitlines()[-1]) == (
        2,
        f"agentmux: {theirs}/.agentmux.yaml:1: image and dockerfile exclude each other; keep one.",
    )
    assert not (home / "sessions").exists()


@pytest.mark.parametrize(("answer", "status", "made"), [("t", 0, True), ("i", 0, False), ("", 1, None)])
def test_a_human_is_asked(theirs, answer, status, made):
    words = ["-m", "agentmux", "up", "--repo", str(theirs), *UP]
    terminal = pexpect.spawn(sys.executable, words, env=dict(os.environ), encoding="utf-8", timeout=60)
    terminal.expect_exact("(t)rust it, (i)gnore it, (c)ancel [c]: ")
    assert "echo $COLOUR >made" in str(terminal.before)
    terminal.sendline(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == status
    trees = [(SessionPaths(Path(line.folder)).tree("zoe") / "made").exists() for line in session.listing()]
    assert trees == ([] if made is None else [made])
