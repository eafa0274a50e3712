"""What agents write: snapshots of their files, and their commits."""

from __future__ import annotations

from agentmux.room.events.event import Event


class SnapshotTaken(Event):
    """The agent's files are another tree than before; it lies in the host's repository, as does its `parent`.

    `parent` is the tree of the snapshot before, or the base's. `paths` are the first of the `files` that differ; of
    these paths, `unclaimed` lie in nobody's claim. Lines `added` and `removed` are those of text files. It took
    `seconds`.
    """

    kind = "snapshot.taken"
    agent: str
    tree: str
    parent: str
    paths: list[str]
    files: int
    added: int = 0
    removed: int = 0
    unclaimed: int = 0
    seconds: float = 0.0


class Trespassed(Event):
    """The agent wrote these files inside a claim of somebody else; told once for each file and claim."""

    kind = "trespass"
    agent: str
    paths: list[str]
    claim: int
    holder: str


class CommitsKept(Event):
    """Commits that the agent made in its own git lie in the host's repository now, unless they did before.

    `refs` are all under which the agent's commits are kept, with the commit of each. `commits` are the subjects of
    the newest of the `count` new ones by their ids, the oldest first. `left_out` were not kept, for they hold what no
    snapshot takes: `files` are the first names of that.
    """

    kind = "commits.kept"
    agent: str
    refs: dict[str, str]
    commits: dict[str, str]
    count: int
    left_out: int = 0
    files: list[str] = []
