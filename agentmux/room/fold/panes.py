"""Panes."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.fold.on import change_agent, on
from agentmux.room.state import State


@on(ev.PaneHeld)
def _pane_held(state: State, event: ev.PaneHeld) -> None:
    change_agent(state, event.agent, held=event.how, held_at=state.at, viewer=event.viewer)


@on(ev.PaneReleased)
def _pane_released(state: State, event: ev.PaneReleased) -> None:
    if agent := state.agents.get(event.agent):
        change_agent(state, agent.name, held=None, held_seconds=agent.held_seconds + event.seconds)


@on(ev.PaneResized)
def _pane_resized(state: State, event: ev.PaneResized) -> None:
    change_agent(state, event.agent, size=(event.columns, event.rows))
