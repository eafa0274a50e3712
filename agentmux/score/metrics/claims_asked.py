"""How many claims were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def claims_asked(recording: Recording, members: Sequence[str]) -> Measure:
    """Claims that were asked for, granted or not; one that is granted after a wait by a ruling counts once."""
    asked = {one.event.id: one.granted for one in recording.held if one.event.holder in members}
    asked |= {one.event.id: one.refused for one in recording.waited if one.event.asker in members}
    return Measure(len(asked), sorted(asked.values(), key=attrgetter("seq")))


METRIC = Metric("claims", "count", claims_asked)
