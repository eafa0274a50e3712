"""Snapshots."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.fold.on import change_agent, on
from agentmux.room.state import State


@on(ev.SnapshotTaken)
def _snapshot_taken(state: State, event: ev.SnapshotTaken) -> None:
    change_agent(state, event.agent, tree=event.tree)


@on(ev.Trespassed)
def _trespassed(state: State, event: ev.Trespassed) -> None:
    if event.claim in state.claims:
        key = event.claim, event.agent
        state.trespasses[key] = state.trespasses.get(key, frozenset()) | frozenset(event.paths)
