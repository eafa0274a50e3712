"""Gives panes back that are held through a viewer that has ended: it may have been killed while its human typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from agentmux.room.commands import Unhold
from agentmux.room.events import PaneHeld, PaneReleased, Recorded
from agentmux.room.state import YOU
from agentmux.service.room import Room
from agentmux.watch import watch_process


class Holds:
    """Watches the viewers that hold panes, those of an earlier room as well.

    Args:
        room: its state says which panes are held.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._stop: dict[str, Callable[[], None]] = {}
        for agent in room.state.agents.values():
            if agent.held:
                self._watch(agent.name, agent.viewer)

    def follow(self, entry: Recorded) -> None:
        """Watch from the beginning of a hold to its end."""
        match entry.event:
            case PaneHeld(agent=agent, viewer=viewer):
                self._watch(agent, viewer)
            case PaneReleased(agent=agent) if stop := self._stop.pop(agent, None):
                stop()

    def _watch(self, agent: str, viewer: int) -> None:
        if viewer:
            self._stop[agent] = watch_process(viewer, partial(self._ended, agent, viewer))

    def _ended(self, agent: str, viewer: int) -> None:
        self._stop.pop(agent, None)
        self._room.spawn(self._room.submit(YOU, Unhold(agent=agent, viewer=viewer)))
