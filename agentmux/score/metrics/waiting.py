"""How long refused claims wait."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def waiting(recording: Recording, members: Sequence[str]) -> Measure:
    """Time that refused claims stood in line, until granted, free, withdrawn or the end, each by itself, added up."""
    waited = [one for one in recording.waited if one.event.asker in members]
    seconds = sum((recording.until(one.ended) - one.refused.at for one in waited), 0.0)
    return Measure(seconds, [event for one in waited for event in (one.refused, one.ended) if event])


METRIC = Metric("claims", "seconds", waiting)
