"""What the human does."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.room.state import YOU
from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording

KINDS = ("message", "typing", "take over", "shell", "pause", "interrupt", "ruling", "permission", "network")
ACTS: dict[type[ev.Event], str] = {
    ev.PaneHeld: "",
    ev.AgentPaused: "pause",
    ev.AgentInterrupted: "interrupt",
    ev.RulingSettled: "ruling",
    ev.PermissionAnswered: "permission",
    ev.EgressGranted: "network",
    ev.EgressDenied: "network",
}


def interventions(recording: Recording, members: Sequence[str]) -> Measure:
    """The human's acts by kind: message, typing, take over, shell, pause, interrupt, ruling, permission, network.

    For one agent those that concern it: messages to it or to all, rulings on claims that it asked for or held, and what
    was done to its pane or allowed to it. A pause and its end are one act, as are a hold and its release; answers that
    the room gives in the human's name (`always`) are none.
    """
    rulings = {event.id: {event.asker, *event.holders} for _, event in recording.all(ev.RulingRaised)}
    waited = {one.event.id: {one.event.asker} for one in recording.waited}
    asked = {event.id: {event.agent} for _, event in recording.all(ev.PermissionAsked)}
    acts: dict[str, list[Recorded]] = {kind: [] for kind in KINDS}
    for recorded in recording.of(*ACTS):
        event = recorded.event
        if recorded.actor != YOU:
            continue
        if isinstance(event, ev.RulingSettled):
            kind, about = "ruling", rulings.get(event.id) or waited.get(event.id, set())
        elif isinstance(event, ev.PermissionAnswered):
            kind, about = "permission", asked.get(event.id, set())
        else:
            kind = event.how if isinstance(event, ev.PaneHeld) else ACTS[type(event)]
            about = {getattr(event, "agent", "")}
        if about.intersection(members):
            acts[kind].append(recorded)
    acts["message"] = [one.recorded for one in recording.said_by([YOU]) if one.recipients.intersection(members)]
    done = sorted((one for events in acts.values() for one in events), key=attrgetter("seq"))
    return Measure({kind: len(events) for kind, events in acts.items()}, done)


METRIC = Metric("human", "count", interventions)
