"""From a write in an agent's clone to its snapshot, in a small repository and in one of 5,000 files."""

from __future__ import annotations

import time
from pathlib import Path

from agentmux.room.events import SnapshotTaken
from agentmux.service.log import LogReader
from scripts.bench.desk import repository, running, wait
from scripts.bench.row import Row

SMALL, LARGE = 50, 5000


def measure(folder: Path, rounds: int) -> list[Row]:
    """The large one's seconds, and as a multiple of the small one's."""
    small = _writes(folder, SMALL, rounds)
    large = _writes(folder, LARGE, rounds)
    ratios = [much / little for much, little in zip(large, small, strict=True)]
    return [
        Row(f"a write until its snapshot, {LARGE:,} files", "s", large, most=2),
        Row("the same", f"x {SMALL} files", ratios),
    ]


def _writes(folder: Path, files: int, rounds: int) -> list[float]:
    found = []
    with running(folder, ["silent"], repository(folder / "repo", files)) as paths, LogReader(paths.log) as reader:
        news = Snapshots(reader)
        for turn in range(rounds + 1):
            begin = time.perf_counter()
            (paths.tree("ada") / f"written{turn}.py").write_text("NEW = 1\n")
            wait(lambda turn=turn: news.name(f"written{turn}.py"), "no snapshot was taken")
            found.append(time.perf_counter() - begin)
    return found[1:]  # the first one comes while the session still begins


class Snapshots:
    """What a log tells of snapshots, read on from where it was read up to."""

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self._read = 0

    def name(self, path: str) -> bool:
        """Whether a new one tells of this path."""
        found = self._log.read(self._read)
        self._read = found[-1].seq if found else self._read
        return any(isinstance(one.event, SnapshotTaken) and path in one.event.paths for one in found)
