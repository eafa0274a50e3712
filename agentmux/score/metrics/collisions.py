"""Files that several agents change."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def collisions(recording: Recording, members: Sequence[str]) -> Measure:
    """Files that more than one agent changed; for one agent, those of them that it changed, too.

    None where the log tells of no snapshot, or of one that names only the first of its files.
    """
    wrote = recording.files_of(recording.agents)
    if wrote is None or recording.files_of(members) is None:
        return Measure(None)
    writers: dict[str, set[str]] = {}
    for agent, path in wrote:
        writers.setdefault(path, set()).add(agent)
    both = {path for path, who in writers.items() if len(who) > 1 and who.intersection(members)}
    taken = recording.all(ev.SnapshotTaken)
    return Measure(len(both), [recorded for recorded, event in taken if both.intersection(event.paths)])


METRIC = Metric("work", "count", collisions)
