"""From events to the state. Each event costs about the same, however long the log is.

What an event changes stands in the file that is called like the event's own in `events/`.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentmux.room.events import Recorded
from agentmux.room.fold import (
    agents,
    claims,
    egress,
    files,
    merging,
    messages,
    panes,
    permissions,
    session,
    spending,
    tasks,
    turns,
)
from agentmux.room.fold.on import HANDLERS
from agentmux.room.state import State

TOPICS = (agents, claims, egress, files, merging, messages, panes, permissions, session, spending, tasks, turns)
"""Importing one makes its functions handlers."""


def fold(events: Iterable[Recorded], state: State | None = None) -> State:
    """Apply the events, in order, to the given state (in place) or to an empty one, and return it.

    Events that change nothing in the state, or that this program does not know, move only its `seq` and `at`.
    """
    if state is None:
        state = fold(events, State(unseen=True))
        state.unseen = False
        return state
    for recorded in events:
        apply(state, recorded)
    return state


def apply(state: State, recorded: Recorded) -> None:
    """Apply one event in place."""
    state.seq = recorded.seq
    state.at = recorded.at
    state.actor = recorded.actor
    if handler := HANDLERS.get(type(recorded.event)):
        handler(state, recorded.event)
