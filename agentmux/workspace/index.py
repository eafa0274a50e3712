"""Bringing a host's index up to date with a work tree that somebody else writes.

Not `git add`: that would take a repository nested in the tree for a submodule and look into it, and one file that
cannot be read would spoil the whole. A nested repository is left out, as git itself leaves it out of the outer one's
commits; so is what cannot be read. Planting a `.git` in a folder that holds tracked files hides nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentmux.errors import GitError
from agentmux.workspace.copied import without
from agentmux.workspace.git import Git

_GITLINK = b"160000"


class Looked(NamedTuple):
    """The names that were looked at again, and those of files that are kept out because they are large."""

    names: set[bytes]
    large: list[bytes]


def update(
    git: Git,
    copied: frozenset[bytes] = frozenset(),
    largest: int | None = None,
    only: Sequence[bytes] = (),
) -> Looked:
    """Make the index hold the work tree's files, ignored ones excepted, and return what was looked at again.

    Never in it are the `copied` ones, which are not the agent's work.

    Only files whose stat data changed are read. Files that cannot be read, and those that have more than `largest`
    bytes, keep what the index has of them. With `only`, no other files and folders (with all in them) are looked at.
    """
    changed, gone = _changed(git, only)
    changed = without(changed, copied)
    large = outgrown(git, changed, largest)
    present = [name for name in changed if name not in large]
    _remove(git, gone)
    _add(git, present)
    untaken = without((name for name in untracked(git, only) if not name.endswith(b"/")), copied)
    large |= outgrown(git, untaken, largest)
    new = [name for name in untaken if name not in large]
    _add(git, new)
    return Looked({*present, *gone, *new}, sorted(large))


def outgrown(git: Git, names: Iterable[bytes], largest: int | None) -> set[bytes]:
    """Those of the files that have more than `largest` bytes."""
    return set() if largest is None else {name for name in names if _size(git, name) > largest}


def changed_names(git: Git) -> list[bytes]:
    """The files whose stat data are others than the index has, and that are there."""
    return _changed(git, ())[0]


def untracked(git: Git, only: Sequence[bytes] = ()) -> list[bytes]:
    """Names in the work tree that the index does not hold and no pattern ignores; nested repositories end with `/`."""
    return git.names("ls-files", "-z", "--others", "--exclude-standard", "--", *map(os.fsdecode, only))


def drop_ignored(git: Git, keep: str) -> None:
    """Take out of the index what is ignored by now, unless the tree `keep` has it."""
    ignored = set(git.names("ls-files", "-z", "--cached", "--ignored", "--exclude-standard"))
    if ignored:
        _remove(git, sorted(ignored - set(git.names("ls-tree", "-r", "-z", "--name-only", keep))))


def _changed(git: Git, only: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    present: dict[bytes, None] = {}
    gone: dict[bytes, None] = {}
    fields = git.names("diff-files", "--raw", "-z", "--ignore-submodules=all", "--", *map(os.fsdecode, only))
    for facts, name in zip(fields[::2], fields[1::2], strict=True):
        old_mode, new_mode, _, _, status = facts.lstrip(b":").split(b" ")
        if status == b"D" or (status == b"U" and not _exists(git, name)):
            gone[name] = None
        elif new_mode != _GITLINK:
            present[name] = None
        elif old_mode != _GITLINK:
            gone[name] = None
    return [name for name in present if name not in gone], list(gone)


def _exists(git: Git, name: bytes) -> bool:
    return os.path.lexists(_path(git, name))


def _size(git: Git, name: bytes) -> int:
    """Bytes of a regular file; 0 of anything else."""
    try:
        found = os.lstat(_path(git, name))
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _path(git: Git, name: bytes) -> bytes:
    return os.path.join(os.fsencode(git.work_tree or "."), name)  # noqa: PTH118


def _remove(git: Git, names: list[bytes]) -> None:
    if names:
        git.run("update-index", "-z", "--force-remove", "--stdin", stdin=b"\0".join(names) + b"\0")


def _add(git: Git, names: list[bytes]) -> None:
    """Halve what git refuses, until only the names that it cannot take are left out."""
    if not names:
        return
    try:
        git.run("update-index", "-z", "--add", "--stdin", stdin=b"\0".join(names) + b"\0")
    except GitError:
        if len(names) > 1:
            middle = len(names) // 2
            _add(git, names[:middle])
            _add(git, names[middle:])
