"""Replies of the agents' models, as the log tells of them."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room.events import ModelUsed, Recorded
from agentmux.score.recording import Recording


def usage(recording: Recording, members: Sequence[str]) -> list[tuple[Recorded, ModelUsed]]:
    """Every reply to these agents; nothing at all if there is none to one of them, for a sum would say too little."""
    used = [(recorded, event) for recorded, event in recording.all(ModelUsed) if event.agent in members]
    return used if {event.agent for _, event in used}.issuperset(members) else []
