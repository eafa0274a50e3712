"""Turns: in some flows one agent begins when another is done."""

from __future__ import annotations

from agentmux.room.events.event import Event


class TurnAwaited(Event):
    """The agent does not start yet: its flow lets it wait until the agent `after` is done."""

    kind = "agent.waits"
    agent: str
    after: str


class TurnBegan(Event):
    """It is the agent's turn: it starts from what `after` has, the tree `tree`, which is the commit `start`."""

    kind = "agent.turn"
    agent: str
    after: str
    tree: str = ""
    start: str


class TurnSkipped(Event):
    """The human lets the flow go on without the agent."""

    kind = "agent.skipped"
    agent: str


class TurnDone(Event):
    """The agent says that it is done with its turn, and has this tree (empty: the base's).

    `failing` are the checks that do not hold on it.
    """

    kind = "agent.turn_done"
    agent: str
    tree: str
    failing: list[int] = []
