"""No space: a sentence, and nothing half-written. On a small file system of the test's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmux.paths import home as sessions_home


@pytest.fixture
def mount(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """AGENTMUX_HOME on a file system with a megabyte."""
    folder = home / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False).returncode:
        pytest.skip("only root can mount a small file system")
    monkeypatch.setenv("AGENTMUX_HOME", str(folder / "h"))
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def up(agentmux: list[str], repo: Path) -> subprocess.CompletedProcess[str]:
    words = ["up", "--repo", str(repo), "--layout", "solo", "--agents", "shell", "--sandbox", "process", "--no-attach"]
    return subprocess.run([*agentmux, *words], capture_output=True, text=True, check=False, timeout=60)


def commit_bytes(repo: Path, size: int) -> None:
    (repo / "big").write_bytes(os.urandom(size))
    for words in (["add", "-A"], ["-c", "user.name=u", "-c", "user.email=u@x", "commit", "-qm", "Big"]):
        subprocess.run(["git", "-C", str(repo), *words], check=True)


def test_a_repository_that_does_not_fit_leaves_nothing_behind(mount, repo, agentmux):
    commit_bytes(repo, 2_000_000)
    done = up(agentmux, repo)
    assert done.returncode == 1
    assert "no space left" in done.stderr
    assert list((sessions_home() / "sessions").iterdir()) == []


def test_a_clone_that_does_not_fit_ends_the_room_with_a_sentence(mount, repo, agentmux):
    commit_bytes(repo, 500_000)
    done = up(agentmux, repo)
    assert done.returncode == 1
    assert "agentmux: " in done.stderr
    assert "Traceback" not in done.stderr
