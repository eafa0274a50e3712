"""How often claims of others are broken."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def trespasses(recording: Recording, members: Sequence[str]) -> Measure:
    """Files that agents wrote inside a claim of somebody else, each once for each agent and claim.

    None where the log tells of no snapshot: then nobody looked.
    """
    if not any(event.agent in members for _, event in recording.all(ev.SnapshotTaken)):
        return Measure(None)
    off = [(recorded, event) for recorded, event in recording.all(ev.Trespassed) if event.agent in members]
    return Measure(sum(len(event.paths) for _, event in off), [recorded for recorded, _ in off])


METRIC = Metric("claims", "count", trespasses)
