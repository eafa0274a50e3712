"""Real repositories in short temporary folders."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from agentmux.paths import SessionPaths
from agentmux.workspace.clone import create_host, create_workspace
from agentmux.workspace.repo import inspect
from agentmux.workspace.snapshot import Changed, changes, snapshot

PERSON = {
    "GIT_AUTHOR_NAME": "Pat",
    "GIT_AUTHOR_EMAIL": "pat@example.org",
    "GIT_COMMITTER_NAME": "Pat",
    "GIT_COMMITTER_EMAIL": "pat@example.org",
}


def changed_files(paths: SessionPaths, agent: str, base: str) -> list[Changed]:
    """The files in which the agent's present work differs from `base`."""
    return changes(paths, base, snapshot(paths, agent))


class World:
    """A user with a repository, and one session of theirs with the agents ada, bob and cy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "repo"
        self.root.mkdir()
        self.paths = SessionPaths(folder / "s" / "shop-7f3a")
        self.canary = folder / "canary"
        self.base = ""
        self.git("init", "-q", "-b", "main")

    def git(self, *args: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
        """What git prints, run as the user, or as an agent with `env`."""
        whole = os.environ | PERSON | (env or {})
        done = subprocess.run(["git", *args], cwd=cwd or self.root, env=whole, capture_output=True, check=False)
        assert done.returncode == 0, os.fsdecode(done.stderr)
        return os.fsdecode(done.stdout).strip()

    def host(self, *args: str) -> str:
        return self.git("--git-dir", str(self.paths.git), *args, cwd=self.folder)

    def commit(self, files: dict[str, str | bytes], message: str = "work") -> str:
        write(self.root, files)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def start(self, *agents: str) -> None:
        """Begin the session at HEAD with these agents."""
        repo = inspect(self.root)
        self.base = repo.head
        create_host(self.paths, repo, self.base)
        for agent in agents:
            create_workspace(self.paths, agent, self.base)

    def tree(self, agent: str) -> Path:
        return self.paths.tree(agent)

    def files(self, treeish: str) -> dict[str, str]:
        """Names and modes in a tree of the host's repository."""
        entries = self.host("ls-tree", "-r", "-z", treeish).split("\0")
        return {entry.split("\t", 1)[1]: entry.split(" ", 1)[0] for entry in entries if entry}

    def show(self, treeish: str, path: str) -> str:
        return self.host("cat-file", "blob", f"{treeish}:{path}")

    def trap(self, name: str) -> str:
        """A command that leaves a trace if anybody runs it."""
        script = self.folder / f"trap-{name}"
        script.write_text(f"#!/bin/sh\necho {name} >> {self.canary}\ncat\n")
        script.chmod(0o755)
        return str(script)

    def user_state(self) -> dict[str, bytes]:
        """Every file of the user's folder, the index and all refs included, with its mode and time of change."""
        return {
            str(path.relative_to(self.root)): f"{path.lstat().st_mode} {path.lstat().st_mtime_ns}".encode()
            + (b"" if path.is_symlink() else path.read_bytes())
            for path in self.root.rglob("*")
            if path.is_symlink() or path.is_file()
        }


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    """Write files, with the folders that they need."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def world(monkeypatch):
    folder = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp")).resolve()
    home = folder / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    yield World(folder)
    shutil.rmtree(folder)
