"""Whether agents talk before they write."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.score.metric import Measure, Metric, share
from agentmux.score.metrics.path_mentions import paths_in
from agentmux.score.recording import Recording


def plan_first(recording: Recording, members: Sequence[str]) -> Measure:
    """Share of the agents whose first message came before the first change of their files and names a path.

    Whether the message says what will be done there is not looked at. Agents that changed no file are left out; None
    where none of them did.
    """
    first: dict[str, Recorded] = {}
    for recorded, event in recording.all(ev.SnapshotTaken):
        if event.agent in members:
            first.setdefault(event.agent, recorded)
    plans = []
    for agent, change in first.items():
        said = recording.said_by((agent,))
        if said and said[0].recorded.seq < change.seq and paths_in(said[0].event.text):
            plans.append(said[0].recorded)
    return Measure(share(len(plans), len(first)), [*plans, *first.values()])


METRIC = Metric("communication", "share", plan_first)
