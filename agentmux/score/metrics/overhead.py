"""How much of what agents do is talk."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from agentmux.room import events as ev
from agentmux.score.metric import Measure, Metric, share
from agentmux.score.recording import Recording

BY_ACTOR = (ev.ClaimGranted, ev.ClaimRefused, ev.ClaimReleased, ev.TaskAdded, ev.TaskChanged, ev.NoteAdded)
BY_AGENT = (ev.PermissionAsked, ev.ModelUsed, ev.SnapshotTaken)
"""Those of which the room tells; they name their agent."""


def overhead(recording: Recording, members: Sequence[str]) -> Measure:
    """Messages / all of the agents' acts.

    Acts are what the log tells of an agent's own doing: messages, claims asked for (granted or refused) and given back,
    tasks and notes, requests for permission, replies of its model, and snapshots of what it changed. Consequences
    (receipts, leases that ran out, what the room says) are none. None where an agent has done nothing.
    """
    said = [one.recorded for one in recording.said_by(members)]
    acts = [*said, *(act for act in recording.of(*BY_ACTOR) if act.actor in members and _own(act.event))]
    acts += [act for act in recording.of(*BY_AGENT) if getattr(act.event, "agent", None) in members]
    return Measure(share(len(said), len(acts)), sorted(acts, key=attrgetter("seq")))


def _own(event: ev.Event) -> bool:
    return not isinstance(event, ev.ClaimReleased) or event.why == "released"


METRIC = Metric("communication", "share", overhead)
