"""Claims that nobody gave back."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def held_at_end(recording: Recording, members: Sequence[str]) -> Measure:
    """Claims that the agents still held when their program, or else the recording, ended."""
    kept = [one.granted for one in recording.held if one.event.holder in members and (one.by_exit or not one.ended)]
    return Measure(len(kept), kept)


METRIC = Metric("claims", "count", held_at_end)
