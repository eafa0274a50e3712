"""How many lines change."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def lines_changed(recording: Recording, members: Sequence[str]) -> Measure:
    """Lines of text files that agents added and removed, from each snapshot to the next: what is done twice, twice.

    None where the log tells of no snapshot.
    """
    taken = [(recorded, event) for recorded, event in recording.all(ev.SnapshotTaken) if event.agent in members]
    if not taken:
        return Measure(None)
    added, removed = (sum(getattr(event, side) for _, event in taken) for side in ("added", "removed"))
    return Measure({"added": added, "removed": removed}, [recorded for recorded, _ in taken])


METRIC = Metric("work", "count", lines_changed)
