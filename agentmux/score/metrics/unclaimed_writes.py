"""How much is written that nobody claimed."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.score.metric import Measure, Metric, share
from agentmux.score.recording import Recording


def unclaimed_writes(recording: Recording, members: Sequence[str]) -> Measure:
    """Files that agents wrote in nobody's claim / files that they wrote, in each snapshot anew.

    Of a snapshot that names only the first of its files, these are counted. None where the log tells of no snapshot.
    """
    taken = [(recorded, event) for recorded, event in recording.all(ev.SnapshotTaken) if event.agent in members]
    unclaimed = sum(event.unclaimed for _, event in taken)
    written = sum(len(event.paths) for _, event in taken)
    return Measure(share(unclaimed, written), [recorded for recorded, event in taken if event.unclaimed])


METRIC = Metric("claims", "share", unclaimed_writes)
