"""Places in the network that agents want to reach."""

from __future__ import annotations

from agentmux.room.events.event import Event


class EgressRefused(Event):
    """The agent wanted to reach a place (a host, or host:port) that is not on its list; told once.

    `quiet` where the human is not asked: the CLI looked for news of its own while it was starting.
    """

    kind = "egress.refused"
    agent: str
    place: str
    quiet: bool = False


class EgressGranted(Event):
    """The human lets the agent reach the place: for one connection (`once`), or for the rest of the session."""

    kind = "egress.granted"
    agent: str
    place: str
    once: bool = False


class EgressDenied(Event):
    """The human does not let the agent reach the place, and is not asked about it again."""

    kind = "egress.denied"
    agent: str
    place: str


class EgressUsed(Event):
    """The one connection that was granted has been made."""

    kind = "egress.used"
    agent: str
    place: str
