"""What `up` asks a human who sits at a terminal."""

import os
import sys

import pexpect
import pytest

from agentmux.service import session
from tests.fixtures.waiting import PATIENCE


@pytest.fixture
def up(home, repo):
    """A function that runs `agentmux up --no-attach` in a terminal, on a repository with an uncommitted file."""
    (repo / "new.txt").write_text("new\n")
    words = [
        "-m",
        "agentmux",
        "up",
        "--repo",
        str(repo),
        "--sandbox",
        "process",
        "--agents",
        "zoe=shell",
        "--no-attach",
    ]
    terminal = pexpect.spawn(sys.executable, words, env=dict(os.environ), encoding="utf-8", timeout=PATIENCE)
    yield terminal
    terminal.close(force=True)


def finished(terminal):
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus


@pytest.mark.parametrize(("answer", "included"), [("i", True), ("", False)])
def test_uncommitted_changes_are_included_or_left_out(up, home, answer, included):
    up.expect_exact("has uncommitted changes: new.txt.")
    up.expect_exact("(i)nclude them, (l)eave them out, (c)ancel [l]: ")
    up.sendline("what")
    up.expect_exact("(c)ancel [l]: ")
    up.sendline(answer)
    assert finished(up) == 0
    (line,) = session.listing()
    assert (home / "sessions" / line.id / "work/zoe/tree/new.txt").exists() is included


def test_cancel_starts_nothing(up):
    up.expect_exact("(c)ancel [l]: ")
    up.sendline("c")
    assert finished(up) == 1
    assert session.listing() == []


def test_ctrl_c_starts_nothing(up):
    up.expect_exact("(c)ancel [l]: ")
    up.sendintr()
    assert finished(up) == 130
    assert "Traceback" not in up.before
    assert session.listing() == []
