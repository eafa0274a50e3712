"""How handlers of events are named, and what several of them do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentmux.room import events as ev
from agentmux.room.state import State, changed

Handler = Callable[[State, Any], None]
"""Changes the state by one event; the state's `at` and `actor` are the event's already."""
HANDLERS: dict[type[ev.Event], Handler] = {}


def on(kind: type[ev.Event]) -> Callable[[Handler], Handler]:
    """Makes a function the handler of this kind of events."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


def change_agent(session: State, name: str, **changes: Any) -> None:
    """Give an agent other values (its `state` may be one of them), if there is one of that name."""
    if agent := session.agents.get(name):
        if session.unseen:
            vars(agent).update(changes)
        else:
            session.agents[name] = changed(agent, **changes)


def wrote(state: State, *texts: str | None) -> None:
    """The event's doer wrote these texts; `pace.py` reads it."""
    minute, writes, size = state.written.get(state.actor, (0, 0, 0))
    now = int(state.at // 60)
    writes, size = (writes, size) if minute == now else (0, 0)
    state.written[state.actor] = now, writes + 1, size + sum(len(text.encode()) for text in texts if text)
