"""Panes: who types there, and how large they are."""

from __future__ import annotations

from typing import Literal

from agentmux.room.events.event import Event

HoldHow = Literal["typing", "take over", "shell"]


class PaneHeld(Event):
    """A human has the pane: nothing else types there. `viewer` is the process through which; 0 where nobody said."""

    kind = "pane.held"
    agent: str
    how: HoldHow
    viewer: int = 0


class PaneReleased(Event):
    """The human gave the pane back, after `seconds`."""

    kind = "pane.released"
    agent: str
    how: HoldHow
    seconds: float


class PaneResized(Event):
    """The pane has another size, in cells."""

    kind = "pane.resized"
    agent: str
    columns: int
    rows: int
