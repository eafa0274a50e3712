"""A repository's files as the detectors look at them."""

from __future__ import annotations

from pathlib import Path

from agentmux.project.detect import ENV_FILE, Files
from agentmux.workspace.git import failure, users_git
from agentmux.workspace.repo import shown

LONGEST = 256 * 1024
"""Bytes of a file that are looked at."""


def files_of(root: Path) -> Files:
    """The repository at `root` as it lies there: tracked files and new ones that are not ignored; raises GitError."""
    names = [name for name in _listed(root, "--cached", "--others", "--exclude-standard") if (root / name).is_file()]
    texts = {name: _text(root / name) for name in names if "/" not in name and not (root / name).is_symlink()}
    hidden = _listed(root, "--others", "--directory", "--no-empty-directory")
    nested = _listed(root, "--others", "--ignored", "--exclude-standard", "--directory", "--no-empty-directory")
    untracked = sorted({name for name in (*hidden, *nested) if ENV_FILE.fullmatch(name)})
    return Files(frozenset(names) - set(untracked), texts, tuple(untracked))


def _listed(root: Path, *options: str) -> list[str]:
    words = ("ls-files", "-z", *options)
    output = users_git(root, *words)
    if output.status:
        raise failure(words, output.stderr)
    return [shown(name) for name in output.stdout.split(b"\0") if name]


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(LONGEST).decode("utf-8", "replace")
