"""How long agents work."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording

CHANGES = (ev.AgentStarted, ev.AgentStateChanged, ev.AgentPaused, ev.AgentResumed, ev.AgentExited, ev.SessionStopped)


def working_time(recording: Recording, members: Sequence[str]) -> Measure:
    """Time in the state `working`, added up over the agents; None where the log tells of no start."""
    if not any(event.agent in members for _, event in recording.all(ev.AgentStarted)):
        return Measure(None)
    spans = [span for name in members for span in working(recording, name)]
    seconds = sum((recording.until(end) - begin.at for begin, end in spans), 0.0)
    return Measure(seconds, [event for span in spans for event in span if event])


def working(recording: Recording, agent: str) -> list[tuple[Recorded, Recorded | None]]:
    """When an agent began and stopped to work, each time; None: it still does when the recording ends."""
    spans: list[tuple[Recorded, Recorded | None]] = []
    began: Recorded | None = None
    before_pause = False
    for recorded in recording.of(*CHANGES):
        event = recorded.event
        if getattr(event, "agent", agent) != agent:
            continue
        works = isinstance(event, ev.AgentStateChanged) and event.state == "working"
        if isinstance(event, ev.AgentPaused):
            before_pause = began is not None
        elif isinstance(event, ev.AgentResumed):
            works = before_pause
        if works and began is None:
            began = recorded
        elif began and not works:
            spans.append((began, recorded))
            began = None
    return [*spans, (began, None)] if began else spans


METRIC = Metric("work", "seconds", working_time)
