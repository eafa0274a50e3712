"""The command line, run in this process, in a home of its own."""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentmux.cli import main
from agentmux.paths import SessionPaths
from agentmux.service import process, session


@dataclass
class Ran:
    status: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def home(monkeypatch):
    """AGENTMUX_HOME, with a path short enough for unix sockets; nothing of the user's own is seen or written."""
    path = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp"))
    (path / "run").mkdir(mode=0o700)
    for name, folder in (("HOME", "home"), ("CONFIG", "config")):
        monkeypatch.setenv(f"AGENTMUX_{name}", str(path / folder))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(path / "run"))
    yield path / "home"
    for line in session.listing():
        process.shut_down(SessionPaths.of(line.id))
    shutil.rmtree(path)


@pytest.fixture
def run(monkeypatch, capsys):
    """A function that runs `agentmux` with these arguments."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["agentmux", *map(str, arguments)])
        capsys.readouterr()
        status = 0
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        out, err = capsys.readouterr()
        return Ran(status, out, err)

    return run


@pytest.fixture
def repo(tmp_path):
    """A repository with one commit."""
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "a.txt").write_text("a\n")
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@t.invalid"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "base"]):
        subprocess.run([*git, *words], check=True)
    return folder
