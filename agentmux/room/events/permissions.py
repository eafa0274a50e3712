"""Questions of agents' CLIs: may they use a tool?"""

from __future__ import annotations

from typing import Literal

from agentmux.room.events.event import Event

Permit = Literal["yes", "no", "always"]


class PermissionAsked(Event):
    """The agent's CLI asks whether it may use a tool; `what` is the command, or the change as a diff.

    `covers` is what an `always` goes for, from then on; empty: it can be answered for this once only.
    """

    kind = "permission.asked"
    id: int
    agent: str
    tool: str
    what: str
    covers: str = ""


class PermissionAnswered(Event):
    """The human answered, or the room in its name (`always`), `seconds` after it was asked; `text` goes with a no."""

    kind = "permission.answered"
    id: int
    answer: Permit
    text: str = ""
    seconds: float = 0.0


class PermissionWithdrawn(Event):
    """Nobody waits for the answer any more; `why` in a few words."""

    kind = "permission.withdrawn"
    id: int
    why: str = ""
