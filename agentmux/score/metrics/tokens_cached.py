"""Tokens that models read from a cache, of those that went in."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording
from agentmux.score.usage import usage


def tokens_cached(recording: Recording, members: Sequence[str]) -> Measure:
    """Tokens that models read from a cache, of those that went in, as their providers told.

    None where the log has nothing of one of the agents.
    """
    used = usage(recording, members)
    return Measure(sum(event.cached for _, event in used) if used else None, [recorded for recorded, _ in used])


METRIC = Metric("cost", "tokens", tokens_cached)
