"""How many messages."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def messages(recording: Recording, members: Sequence[str]) -> Measure:
    """Messages that agents sent; the room's own and the human's are not counted."""
    said = recording.said_by(members)
    return Measure(len(said), [one.recorded for one in said])


METRIC = Metric("communication", "count", messages)
