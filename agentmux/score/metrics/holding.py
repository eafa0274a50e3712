"""How long claims are held."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def holding(recording: Recording, members: Sequence[str]) -> Measure:
    """Time that the agents held claims, from grant to end, each claim by itself and added up."""
    held = [one for one in recording.held if one.event.holder in members]
    seconds = sum((recording.until(one.ended) - one.granted.at for one in held), 0.0)
    return Measure(seconds, [event for one in held for event in (one.granted, one.ended) if event])


METRIC = Metric("claims", "seconds", holding)
