"""Untracked files of the user's folder that agents' work needs, such as `.env`: found, and brought into their trees.

Their names are kept beside the host's repository; no snapshot takes a file of such a name, whatever an agent does.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentmux.errors import GitError, UsageError
from agentmux.paths import SessionPaths
from agentmux.workspace.git import failure, users_git
from agentmux.workspace.repo import shown

FILES = 1000
BYTES = 64 * 1024 * 1024
"""The most that is copied, in files and in bytes of all of them together."""
SPECIAL = re.compile(r"([\\*?\[\]!# ])")
"""What means something in a pattern of git's."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Files of the user's folder `source`, by their names in it."""

    source: Path = Path()
    names: Sequence[str] = ()


NO_COPIES = Copies()


def find(root: Path, patterns: Sequence[str]) -> tuple[list[str], list[str]]:
    """The untracked files (ignored ones, too) that the patterns name, and the patterns that name none.

    Patterns are git's: `*` stays in a folder, `**` does not, and a folder stands for all in it.

    Raises:
        UsageError: there are too many, one is no regular file or leads out of the repository, or its name is no text.
        GitError: git refused.
    """
    found: dict[str, None] = {}
    missing = []
    for pattern in patterns:
        words = ("--no-literal-pathspecs", "--glob-pathspecs", "ls-files", "-z", "--others", "--", pattern)
        output = users_git(root, *words)
        if output.status:
            raise failure(words, output.stderr)
        names = [name for name in output.stdout.split(b"\0") if name and not name.endswith(b"/")]
        found |= dict.fromkeys(_checked(root, name) for name in names)
        if not names:
            missing.append(pattern)
    _check_size(root, found)
    return list(found), missing


def bring(copies: Copies, tree: Path) -> None:
    """Copy files of the user's folder into a tree that nobody else writes yet.

    Raises:
        GitError: one is gone, or cannot be read or written.
        UsageError: one leads out of the repository by now.
    """
    for name in copies.names:
        source, folder = inside(copies.source, name), (tree / name).parent.resolve()
        if not folder.is_relative_to(tree.resolve()):
            raise GitError(f"{name} cannot be copied: {Path(name).parent} is a link in the agents' tree.")
        target = folder / Path(name).name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)
            target.chmod(stat.S_IMODE(source.stat().st_mode) | stat.S_IRUSR | stat.S_IWUSR)
        except OSError as err:
            raise GitError(
                f"{name} cannot be copied from {copies.source}: {err.strerror}.", "Is it still there?"
            ) from err


def remember(paths: SessionPaths, names: Iterable[str]) -> None:
    """Keep the names for as long as the session's folder is there."""
    paths.copied.parent.mkdir(parents=True, exist_ok=True)
    paths.copied.write_bytes(b"\0".join(os.fsencode(name) for name in names))


def known(paths: SessionPaths) -> frozenset[bytes]:
    """The names that were remembered."""
    try:
        return frozenset(name for name in paths.copied.read_bytes().split(b"\0") if name)
    except FileNotFoundError:
        return frozenset()


def without(names: Iterable[bytes], copied: frozenset[bytes]) -> list[bytes]:
    """The names that are no copied file and nothing in its place.

    >>> without([b".env", b".env/x", b".envrc"], frozenset([b".env"]))
    [b'.envrc']
    """
    return [name for name in names if not copied or not (copied & {name, *parents(name)})]


def patterns(names: Iterable[str]) -> bytes:
    r"""Lines for an exclude file that name exactly these files.

    >>> print(patterns([".env", "a[1] b"]).decode(), end="")
    /.env
    /a\[1\]\ b
    """
    return b"".join(os.fsencode("/" + SPECIAL.sub(r"\\\1", name)) + b"\n" for name in names)


def parents(name: bytes) -> Iterable[bytes]:
    """The folders around a file, the nearest first.

    >>> list(parents(b"a/b/c"))
    [b'a/b', b'a']
    """
    while b"/" in name:
        name = name.rpartition(b"/")[0]
        yield name


def _checked(root: Path, name: bytes) -> str:
    text = shown(name)
    if os.fsencode(text) != name or not text.isprintable():
        raise UsageError(
            f"The file {text!r} has a name that cannot be copied.", "Rename it, or leave it out of `copy`."
        )
    path = inside(root, text)
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError as err:
        raise UsageError(f"{text} cannot be copied: {err.strerror}.", "Leave it out of `copy`.") from err
    if not regular:
        raise UsageError(f"{text} cannot be copied: it is no regular file.", "Leave it out of `copy`.")
    return text


def inside(root: Path, name: str) -> Path:
    """The file itself, whose links are followed; raises UsageError if they lead out of the repository."""
    top = root.resolve()
    found = (top / name).resolve()
    if not found.is_relative_to(top) or found.is_relative_to(top / ".git"):
        raise UsageError(f"{name} cannot be copied: it is a link that leads out of {root}.", "Leave it out of `copy`.")
    return found


def _check_size(root: Path, names: Iterable[str]) -> None:
    sizes = [(root / name).stat().st_size for name in names]
    if len(sizes) > FILES or sum(sizes) > BYTES:
        raise UsageError(
            f"`copy` names {len(sizes)} files with {sum(sizes) // 1024 // 1024} MB; "
            f"at most {FILES} with {BYTES // 1024 // 1024} MB are copied.",
            "Name fewer; what can be made again is better made by `setup`.",
        )
