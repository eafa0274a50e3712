"""What one agent wrote: which of its snapshots tell of a file, or of one that a pattern covers or somebody names."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cached_property

from agentmux.room.events import Recorded, SnapshotTaken
from agentmux.room.globs import Pattern, matches

Taken = Sequence[tuple[Recorded, SnapshotTaken]]


class Writes:
    """The files that an agent's snapshots name.

    Each question costs about the same, however many snapshots there are: a path is looked at once, when it is first
    asked for.

    Args:
        taken: the agent's snapshots, the oldest first.
    """

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._covered: dict[str, list[int]] = {}

    @cached_property
    def whole(self) -> bool:
        """Whether every snapshot names all of its files."""
        return all(event.files <= len(event.paths) for _, event in self._taken)

    @property
    def files(self) -> Collection[str]:
        """Every file that was written."""
        return self._places.keys()

    def last_in(self, patterns: Sequence[Pattern], first: int, until: float) -> Recorded | None:
        """The last snapshot with a file that one of the patterns covers; None if there is none.

        Args:
            patterns: what counts.
            first: the number of the event from which on a snapshot counts.
            until: the moment until which it does (Unix seconds).
        """
        begin = bisect_left(self._taken, first, key=lambda pair: pair[0].seq)
        end = bisect_right(self._taken, until, key=lambda pair: pair[0].at)
        found = -1
        for places in map(self._of, patterns):
            at = bisect_left(places, end) - 1
            found = max(found, places[at] if at >= 0 else -1)
        return self._taken[found][0] if found >= begin else None

    def first_named(self, name: str) -> float | None:
        """When the agent first wrote a file that has this path, lies below it, or ends with it; None: never.

        Args:
            name: names of folders and files with `/` between, without one at its ends.
        """
        return self._named.get(name)

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Each file's snapshots."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, (_, event) in enumerate(self._taken):
            for path in event.paths:
                places[path].append(place)
        return dict(places)

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        """Each folder's and file's files: those at it and those below; the root is empty."""
        below: dict[str, list[str]] = defaultdict(list)
        for path in self._places:
            below[""].append(path)
            end = -1
            while (end := path.find("/", end + 1)) >= 0:
                below[path[:end]].append(path)
            below[path].append(path)
        return dict(below)

    @cached_property
    def _named(self) -> dict[str, float]:
        """When a file was first written to which this part of its path belongs, whole names long."""
        named: dict[str, float] = {}
        for path, places in self._places.items():
            at = min(self._taken[place][0].at for place in places)
            names = path.split("/")
            for begin in range(len(names)):
                for end in range(begin + 1, len(names) + 1):
                    part = "/".join(names[begin:end])
                    named[part] = min(at, named.get(part, at))
        return named

    def _of(self, pattern: Pattern) -> list[int]:
        """The snapshots with a file that the pattern covers."""
        if pattern.text not in self._covered:
            files = [path for path in self._below.get(pattern.root, ()) if matches(pattern, path)]
            self._covered[pattern.text] = sorted({place for path in files for place in self._places[path]})
        return self._covered[pattern.text]
