"""Tokens that went into the agents' models."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording
from agentmux.score.usage import usage


def tokens_in(recording: Recording, members: Sequence[str]) -> Measure:
    """Tokens that went into the agents' models, as their providers told.

    None where the log has nothing of one of the agents.
    """
    used = usage(recording, members)
    return Measure(sum(event.tokens_in for _, event in used) if used else None, [recorded for recorded, _ in used])


METRIC = Metric("cost", "tokens", tokens_in)
