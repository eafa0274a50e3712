"""An agent's snapshots one after another: kept in the host's repository as a chain of commits under one ref."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from agentmux.paths import SessionPaths
from agentmux.workspace.git import Git
from agentmux.workspace.snapshot import Changed, changes, look
from agentmux.workspace.start import start_of


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot: its tree, the one before (`parent`), how they differ, what is too large for it, how long it took."""

    tree: str
    parent: str
    changed: tuple[Changed, ...]
    large: tuple[str, ...]
    seconds: float


def snapshots_ref(agent: str) -> str:
    """The ref in the host's repository from which all snapshots of the agent are reached, so that none is lost.

    >>> snapshots_ref("ada")
    'refs/agentmux/snapshots/ada'
    """
    return f"refs/agentmux/snapshots/{agent}"


def take(paths: SessionPaths, agent: str, before: str, among: set[bytes] | None = None) -> Taken:
    """Take the agent's tree as it is now, and keep it if it is another than `before` (empty: what it started from).

    `among` are the only files and folders that may have changed since it was last looked at, if that is known. Raises
    GitError.
    """
    began = time.monotonic()
    host = Git(paths.git)
    parent = before or host.line("rev-parse", "--verify", f"{start_of(paths, agent)}^{{tree}}")
    tree, large = look(paths, agent, among)
    changed: list[Changed] = []
    if tree != parent:
        with ThreadPoolExecutor(1) as beside:  # what takes time is to wait for git
            kept = beside.submit(_keep, paths, agent, tree)
            changed = changes(paths, parent, tree)
        kept.result()
    return Taken(tree, parent, tuple(changed), tuple(large), time.monotonic() - began)


def _keep(paths: SessionPaths, agent: str, tree: str) -> None:
    host, ref = Git(paths.git), snapshots_ref(agent)
    words = ("commit-tree", tree, "-m", f"Snapshot of {agent}", "-p")
    made = host.call(*words, ref)
    # The first one has none before it.
    commit = os.fsdecode(made.stdout).strip() if not made.status else host.line(*words, start_of(paths, agent))
    host.run("update-ref", ref, commit)
