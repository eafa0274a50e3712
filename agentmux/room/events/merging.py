"""Checks, merges and tests of the result."""

from __future__ import annotations

from typing import Literal

from agentmux.room.events.event import Event

MergeHow = Literal["clean", "union", "conflict", "missing"]


class CheckRan(Event):
    """A command was run on a tree; `log` is a file under the session's `out`.

    `check` is the published check that it is; None for one of the layout. `agent` has the tree, empty for the merged
    one. `tail` is the end of what it printed, where it failed.
    """

    kind = "check.ran"
    command: str
    tree: str
    status: int
    seconds: float
    log: str = ""
    check: int | None = None
    agent: str = ""
    tail: list[str] = []


class CheckPublished(Event):
    """A command that must stay true, by the event's actor, on whose files it passed.

    `files` (name to text) are put over the tree while it runs, and are part of no merge.
    """

    kind = "check.published"
    id: int
    command: str
    files: dict[str, str] = {}


class CheckWithdrawn(Event):
    """The check need not hold any more."""

    kind = "check.withdrawn"
    id: int


class Merged(Event):
    """The agents' work became a branch of the user's repository."""

    kind = "merge.done"
    branch: str
    commit: str
    order: list[str]
    passed: int
    failed: int
    how: MergeHow = "clean"


class MergeRefused(Event):
    """The agents' work does not fit together; nothing was written. Paths map to the number of conflicting hunks."""

    kind = "merge.refused"
    order: list[str]
    files: dict[str, int]


class MergeTried(Event):
    """The agents' work was merged for the tests of the features, into no branch.

    `how`: `clean`, `union` (it did not fit together, and where it did not, all lines of both were kept), `conflict`
    (`files` maps paths to the number of conflicting hunks), or `missing` (no agent has changed a file). Without a
    `tree` there was nothing to test.
    """

    kind = "merge.tried"
    how: MergeHow
    tree: str = ""
    order: list[str]
    files: dict[str, int] = {}


class FeatureTested(Event):
    """A feature's tests ran on a tree: the merged one, or that of `agent` alone; `log` is a file under `out`.

    `passed` and `failed` count tests; None where what was printed does not tell. The feature `holds` with the exit
    status 0 and at least one test that passed.
    """

    kind = "feature.tested"
    feature: str
    tree: str
    agent: str = ""
    status: int
    passed: int | None = None
    failed: int | None = None
    seconds: float | None = None
    log: str = ""

    @property
    def holds(self) -> bool:
        """Whether the feature is there."""
        return self.status == 0 and bool(self.passed)
