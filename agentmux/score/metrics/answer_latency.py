"""How long answers take."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def answer_latency(recording: Recording, members: Sequence[str]) -> Measure:
    """Median time from an agent's question until somebody who was asked next wrote to the asker.

    Questions that nobody answered are left out (`unanswered` counts them). None where none was answered.
    """
    answered = [(one.recorded, one.answer) for one in recording.said_by(members) if one.event.ask and one.answer]
    if not answered:
        return Measure(None)
    seconds = median(answer.at - question.at for question, answer in answered)
    return Measure(seconds, [event for pair in answered for event in pair])


METRIC = Metric("communication", "seconds", answer_latency)
