"""The tree of an agent's workspace at a moment, and how it differs from the base, without the agent's git folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from agentmux.errors import GitError
from agentmux.paths import SessionPaths
from agentmux.workspace import copied, index
from agentmux.workspace.git import Git
from agentmux.workspace.repo import shown
from agentmux.workspace.start import start_of

LARGE = 50 << 20
"""Bytes of a file above which no snapshot has it: each version of it would be kept."""
MANY = 200
"""Files and folders from which on a look at the whole tree is cheaper than one at each of them."""
DIFF_LIMIT = 400_000
"""Bytes of a diff or a file that are given out."""

_PLAIN = ("--no-ext-diff", "--no-textconv")


class Changed(NamedTuple):
    """A file that differs from the base: `status` A, D, M or T; lines added and removed, None in a binary file."""

    status: str
    path: str
    added: int | None
    removed: int | None


class Seen(NamedTuple):
    """The id of a tree in the host's repository, and the names of files that are kept out because they are large."""

    tree: str
    large: list[str]


def snapshot(paths: SessionPaths, agent: str) -> str:
    """The id of the tree that the agent's workspace holds now, as `look` finds it; raises GitError."""
    return look(paths, agent).tree


def look(paths: SessionPaths, agent: str, changed: set[bytes] | None = None) -> Seen:
    """The tree that the agent's workspace holds now; its objects are in the host's repository.

    Ignored and copied files are not in it, nor are repositories nested in the workspace, new files that cannot be
    read, and those larger than `LARGE`.

    Args:
        paths: the session's.
        agent: whose workspace.
        changed: the files and folders that may be others than at the last look; nothing else is looked at, and what is
            `large` among the rest is not named again. None if that is not known.

    Raises:
        GitError: git refused.
    """
    git = _over(paths, agent)
    places = None if changed is None else _places(changed)
    names, large = set[bytes](), list[bytes]()
    with _alone(paths, agent):
        if places is None or places:
            names, large = index.update(git, copied.known(paths), LARGE, places or ())
        if any(map(_ignores, names | (changed or set()))):
            index.drop_ignored(git, start_of(paths, agent))
        return Seen(git.line("write-tree"), [shown(name) for name in large])


def left_out(paths: SessionPaths, agent: str) -> list[str]:
    """What the last snapshot could not hold as it is: repositories (ending with `/`), large and unreadable files."""
    git = _over(paths, agent)
    names = [*index.untracked(git), *index.outgrown(git, index.changed_names(git), LARGE)]
    return [shown(name) for name in copied.without(names, copied.known(paths))]


def diff(paths: SessionPaths, agent: str, base: str, path: str | None = None) -> str:
    """The agent's present work against `base` as a unified diff, of one file if `path` names it; raises GitError.

    The text is what the agent wrote, not made safe for a terminal. It is cut at `DIFF_LIMIT` bytes, and says so.
    """
    return diff_of(paths, base, snapshot(paths, agent), path)


def diff_of(paths: SessionPaths, old: str, new: str, path: str | None = None) -> str:
    """How two trees or commits of the host's repository differ, like `diff`."""
    only = ["--", path] if path else []
    return _text(*Git(paths.git).head(DIFF_LIMIT, "diff-tree", "-p", "-r", *_PLAIN, old, new, *only))


def file_text(paths: SessionPaths, agent: str, path: str) -> str:
    """What the file holds in the agent's workspace now, cut at `DIFF_LIMIT` bytes; of a link, where it points.

    Raises GitError if there is no such file.
    """
    name = f"{snapshot(paths, agent)}:{path}"
    host = Git(paths.git)
    if host.call("cat-file", "-t", name).stdout != b"blob\n":
        raise GitError(f"{agent} has no file {path}.", "Paths begin at the top of the repository.")
    return _text(*host.head(DIFF_LIMIT, "cat-file", "blob", name))


def changes(paths: SessionPaths, old: str, new: str) -> list[Changed]:
    """The files that differ between two trees or commits of the host's repository, by name; raises GitError."""
    fields = Git(paths.git).names("diff-tree", "-r", "-z", "--raw", "--numstat", *_PLAIN, old, new)
    count = next((i for i, field in enumerate(fields) if not field.startswith(b":") and i % 2 == 0), len(fields))
    statuses = {name: facts[-1:].decode() for facts, name in zip(fields[:count:2], fields[1:count:2], strict=True)}
    found = []
    for field in fields[count:]:
        added, removed, name = field.split(b"\t", 2)
        found.append(Changed(statuses[name], shown(name), _number(added), _number(removed)))
    return found


def _places(changed: set[bytes]) -> list[bytes] | None:
    """The files and folders to be looked at, none in another; None if that is the whole tree.

    >>> sorted(_places({b"a", b"a/b", b"c/.gitignore"})), _places({b".gitignore"})
    ([b'a', b'c'], None)
    """
    places = {name.rpartition(b"/")[0] if _ignores(name) else name for name in changed}
    if b"" in places:
        return None
    found = [name for name in places if places.isdisjoint(copied.parents(name))]
    return found if len(found) <= MANY else None


def _ignores(name: bytes) -> bool:
    """Whether the file says what is ignored in its folder."""
    return name.rpartition(b"/")[2] == b".gitignore"


def _text(written: bytes, more: bool) -> str:
    cut = f"\n[This is longer than {DIFF_LIMIT} bytes; the rest is not shown.]\n" if more else ""
    return written.decode("utf-8", "replace") + cut


def _number(text: bytes) -> int | None:
    return None if text == b"-" else int(text)


def _over(paths: SessionPaths, agent: str) -> Git:
    return Git(paths.git, paths.tree(agent), paths.index(agent))


@contextmanager
def _alone(paths: SessionPaths, agent: str) -> Iterator[None]:
    """Hold the agent's index against other threads and processes; what a killed git left locked is freed."""
    file = paths.index(agent)
    with file.with_suffix(".alone").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        file.with_suffix(".index.lock").unlink(missing_ok=True)
        yield
