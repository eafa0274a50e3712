"""How long the session was at work."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.score.metric import Measure, Metric
from agentmux.score.metrics.working_time import working
from agentmux.score.recording import Recording


def wall_time(recording: Recording, members: Sequence[str]) -> Measure:
    """Time from the agents' first start until the last of them stopped working: went idle or ended.

    Agents that still work when the recording ends do so until then. None where the log tells of no start.
    """
    starts = [recorded for recorded, event in recording.all(ev.AgentStarted) if event.agent in members]
    spans = [span for name in members for span in working(recording, name)]
    if not starts or not spans:
        return Measure(None)
    _, last = max(spans, key=lambda span: recording.until(span[1]))
    return Measure(recording.until(last) - starts[0].at, [starts[0], *([last] if last else [])])


METRIC = Metric("work", "seconds", wall_time)
