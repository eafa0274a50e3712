"""What the agents cost."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording
from agentmux.score.usage import usage


def money(recording: Recording, members: Sequence[str]) -> Measure:
    """What the agents' models cost, by list prices at that time.

    None where the log has nothing of one of the agents, or the price of one reply is unknown: never a guess.
    """
    used = usage(recording, members)
    costs = [event.cost for _, event in used if event.cost is not None]
    known = used and len(costs) == len(used)
    return Measure(fsum(costs) if known else None, [recorded for recorded, _ in used])


METRIC = Metric("cost", "USD", money)
