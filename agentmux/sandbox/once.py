"""What every sandbox needs to run a command once: a copy of the tree that it may change, and an end to its output."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentmux.errors import SandboxError

OUTPUT_LIMIT = 256 * 1024
"""Bytes that are kept of a command's output: its end, where test runners put what matters."""


@contextmanager
def copied(tree: Path, scratch: Path) -> Iterator[Path]:
    """A copy of a tree, without its `.git`, in a new folder under `scratch`; removed at the end.

    Links are copied as links, sockets and pipes are left out: the tree is an agent's and may hold anything.

    Raises:
        SandboxError: the tree cannot be copied.
    """

    def left_out(folder: str, names: list[str]) -> set[str]:
        top = Path(folder) == tree
        return {n for n in names if (top and n == ".git") or not _plain(os.lstat(Path(folder, n)).st_mode)}

    scratch.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="run-", dir=scratch))
    try:
        try:
            shutil.copytree(tree, place / "tree", symlinks=True, ignore=left_out)
        except (OSError, shutil.Error) as err:
            raise SandboxError(f"The tree {tree} cannot be copied: {err}.") from err
        yield place / "tree"
    finally:
        _remove(place)


def clipped(output: bytes, cut: int = 0) -> str:
    """The end of the output as text, below a line that says how many bytes are missing (`cut` of them already)."""
    cut += max(0, len(output) - OUTPUT_LIMIT)
    text = output[-OUTPUT_LIMIT:].decode(errors="replace")
    return f"[{cut} bytes cut]\n{text}" if cut else text


def out_of_time(timeout: float) -> str:
    """The last line of the output of a command that was ended after `timeout` seconds."""
    return f"\n[ended after {timeout:g} s]\n"


def _plain(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def _remove(place: Path) -> None:
    # Commands make folders that nobody may write (Go's module cache); those stand in the way of removing.
    for folder, names, _ in os.walk(place):
        for name in names:
            if not (path := Path(folder, name)).is_symlink():
                path.chmod(0o700)
    shutil.rmtree(place)
