"""Writes the room's events as markers into the panes' recordings, so that a cast tells its session's story."""

from __future__ import annotations

from agentmux.paths import SessionPaths
from agentmux.room.events import (
    AgentPaused,
    AgentResumed,
    ClaimGranted,
    ClaimRefused,
    ClaimReleased,
    MessageSent,
    NoteAdded,
    PaneHeld,
    PaneReleased,
    PaneResized,
    Recorded,
    RulingSettled,
)
from agentmux.room.state import ALL
from agentmux.terminal.cast import RecorderLink


class Markers:
    """Follows the room and tells the recorders."""

    def __init__(self, paths: SessionPaths, agents: list[str]) -> None:
        self._links = {agent: RecorderLink(paths.recorder_sock(agent)) for agent in agents}

    def follow(self, entry: Recorded) -> None:
        """Mark the event in every recording that it concerns."""
        if isinstance(entry.event, PaneResized):
            self._links[entry.event.agent].resize(entry.event.columns, entry.event.rows)
        elif found := marker(entry):
            text, agent = found
            for name, link in self._links.items():
                if agent in (ALL, name):
                    link.marker(text)


def marker(entry: Recorded) -> tuple[str, str] | None:
    """What to write for an event, and in whose recording (`all`: in everybody's); None for what is no marker."""
    match entry.event:
        case ClaimGranted(holder=holder, paths=paths):
            return f"{holder} claims {', '.join(paths)}", ALL
        case ClaimRefused(asker=asker, paths=paths):
            return f"{asker} is refused {', '.join(paths)}", ALL
        case ClaimReleased(id=number):
            return f"claim {number} ends", ALL
        case MessageSent(to=to, sender=sender):
            return f"message {sender or entry.actor} > {to}", ALL
        case RulingSettled(choice=choice):
            return f"ruling: {choice}", ALL
        case NoteAdded(text=text):
            return f"{entry.actor}: {text}", ALL
        case PaneHeld(agent=agent, how=how):
            return f"{entry.actor} takes the pane ({how})", agent
        case PaneReleased(agent=agent, seconds=seconds):
            return f"{entry.actor} gives the pane back after {seconds:.0f} s", agent
        case AgentPaused(agent=agent, how=how):
            return f"paused ({how})", agent
        case AgentResumed(agent=agent):
            return "resumed", agent
    return None
