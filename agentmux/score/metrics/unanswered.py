"""Questions that nobody answered."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def unanswered(recording: Recording, members: Sequence[str]) -> Measure:
    """The agents' questions after which nobody of those that were asked wrote to the asker any more."""
    open_ = [one.recorded for one in recording.said_by(members) if one.event.ask and one.answer is None]
    return Measure(len(open_), open_)


METRIC = Metric("communication", "count", unanswered)
