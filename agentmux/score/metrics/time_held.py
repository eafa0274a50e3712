"""How long the human has the panes."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def time_held(recording: Recording, members: Sequence[str]) -> Measure:
    """Time that the human held the agents' panes (typing, taken over, or in a shell), added up."""
    seconds = 0.0
    events: list[Recorded] = []
    since: dict[str, Recorded] = {}
    for recorded in recording.of(ev.PaneHeld, ev.PaneReleased):
        match recorded.event:
            case ev.PaneHeld(agent=agent) if agent in members:
                since.setdefault(agent, recorded)
            case ev.PaneReleased(agent=agent, seconds=held) if agent in members:
                since.pop(agent, None)
                seconds += held
            case _:
                continue
        events.append(recorded)
    seconds += sum(recording.end - recorded.at for recorded in since.values())
    return Measure(seconds, events)


METRIC = Metric("human", "seconds", time_held)
