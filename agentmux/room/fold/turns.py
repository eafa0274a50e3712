"""Turns."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.fold.on import change_agent, on
from agentmux.room.state import State


@on(ev.TurnAwaited)
def _turn_awaited(state: State, event: ev.TurnAwaited) -> None:
    change_agent(state, event.agent, waits=event.after, why=f"waits until {event.after} is done")


@on(ev.TurnBegan)
def _turn_began(state: State, event: ev.TurnBegan) -> None:
    change_agent(
        state,
        event.agent,
        waits="",
        why=f"goes on from the work of {event.after}",
        after=event.after,
        start=event.start,
        start_tree=event.tree,
    )


@on(ev.TurnSkipped)
def _turn_skipped(state: State, event: ev.TurnSkipped) -> None:
    change_agent(state, event.agent, state="done", since=state.at, waits="", why="skipped", skipped=True)


@on(ev.TurnDone)
def _turn_done(state: State, event: ev.TurnDone) -> None:
    if agent := state.agents.get(event.agent):
        held_back = agent.held_back + 1 if event.failing else 0
        done = {"done_tree": event.tree, "done_at": state.at, "failing": tuple(event.failing)}
        change_agent(state, event.agent, held_back=held_back, **done)
