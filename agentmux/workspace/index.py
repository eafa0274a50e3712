"""Bringing a host's index up to date with a work tree that somebody else writes.

Not `git add`: that would take a repository nested in the tree for a submodule and look into it, and one file that
cannot be read would spoil the whole. A nested repository is left out, as git itself leaves it out of the outer one's
commits; so is what cannot be read. Planting a `.git` in a folder that holds tracked files hides nothing.
"""

from __future__ import annotations

import os

from agentmux.errors import GitError
from agentmux.workspace.copied import without
from agentmux.workspace.git import Git

_GITLINK = b"160000"


def update(git: Git, copied: frozenset[bytes] = frozenset()) -> set[bytes]:
    """Make the index hold the work tree's files, ignored ones excepted, and return the names that were looked at again.

    Never in it are the `copied` ones, which are not the agent's work.

    Only files whose stat data changed are read. Files that cannot be read keep what the index has of them.
    """
    present, gone = _changed(git)
    present = without(present, copied)
    _remove(git, gone)
    _add(git, present)
    new = without((name for name in untracked(git) if not name.endswith(b"/")), copied)
    _add(git, new)
    return {*present, *gone, *new}


def untracked(git: Git) -> list[bytes]:
    """Names in the work tree that the index does not hold and no pattern ignores; nested repositories end with `/`."""
    return git.names("ls-files", "-z", "--others", "--exclude-standard")


def drop_ignored(git: Git, keep: str) -> None:
    """Take out of the index what is ignored by now, unless the tree `keep` has it."""
    ignored = set(git.names("ls-files", "-z", "--cached", "--ignored", "--exclude-standard"))
    if ignored:
        _remove(git, sorted(ignored - set(git.names("ls-tree", "-r", "-z", "--name-only", keep))))


def _changed(git: Git) -> tuple[list[bytes], list[bytes]]:
    present: dict[bytes, None] = {}
    gone: dict[bytes, None] = {}
    fields = git.names("diff-files", "--raw", "-z", "--ignore-submodules=all")
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
    return os.path.lexists(os.path.join(os.fsencode(git.work_tree or "."), name))  # noqa: PTH118


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
