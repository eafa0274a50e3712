"""How soon claims begin."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def first_claim(recording: Recording, members: Sequence[str]) -> Measure:
    """Time from an agent's first start to the first claim that it was granted; of several, from the first of both.

    None where no claim was granted, or the log tells of no start.
    """
    starts = [recorded for recorded, event in recording.all(ev.AgentStarted) if event.agent in members]
    grants = [one.granted for one in recording.held if one.event.holder in members]
    if not starts or not grants:
        return Measure(None)
    return Measure(grants[0].at - starts[0].at, [starts[0], grants[0]])


METRIC = Metric("claims", "seconds", first_claim)
