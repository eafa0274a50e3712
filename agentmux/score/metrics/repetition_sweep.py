"""How much `repetition` depends on its threshold."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric, Number
from agentmux.score.recording import Recording

TAUS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def repetition_sweep(recording: Recording, members: Sequence[str]) -> Measure:
    """`repetition` for other thresholds: tau = 0.5, 0.6, 0.7, 0.8, 0.9 and 1.0. None where no agent sent a message."""
    said = recording.said_by(members)
    if not said:
        return Measure(None)
    alike = {one.recorded.seq: recording.repeated[one.event.id] for one in said}
    shares: dict[str, Number] = {str(tau): sum(value >= tau for value in alike.values()) / len(said) for tau in TAUS}
    return Measure(shares, [one.recorded for one in said if alike[one.recorded.seq] >= TAUS[0]])


METRIC = Metric("communication", "share", repetition_sweep)
