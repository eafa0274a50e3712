"""The snapshots that a session's log tells of."""

from __future__ import annotations

from dataclasses import dataclass

from agentmux.paths import SessionPaths
from agentmux.room.events import SnapshotTaken
from agentmux.service.log import LogReader


@dataclass(frozen=True, slots=True)
class Past:
    """A snapshot, and when it was taken (Unix seconds)."""

    at: float
    taken: SnapshotTaken


def snapshots_of(paths: SessionPaths, agent: str = "") -> list[Past]:
    """The agent's snapshots, or everybody's, the oldest first; raises SessionError if the log cannot be read."""
    with LogReader(paths.log) as reader:
        return [
            Past(entry.at, entry.event)
            for entry in reader.read()
            if isinstance(entry.event, SnapshotTaken) and agent in ("", entry.event.agent)
        ]
