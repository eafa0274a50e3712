"""Whether something may be typed at an agent's prompt now, and if not, why. Pure: what is known in, a sentence out."""

from __future__ import annotations

from agentmux.config import Profile
from agentmux.room.state import Agent
from agentmux.room.status import NO_PROMPT, Verdict, half_typed


def standing_obstacle(agent: Agent) -> str:
    """What forbids typing whatever the screen shows; empty if nothing does."""
    if agent.ended:
        return f"it has ended ({agent.state})"
    if agent.pane is None:
        return "it has no pane yet"
    if agent.held:
        return f"you hold its pane ({agent.held})"
    return f"it is paused ({agent.paused})" if agent.paused else ""


def obstacle(agent: Agent, profile: Profile, verdict: Verdict | None) -> str:
    """What forbids typing now; empty if nothing does.

    Args:
        agent: as the log tells it.
        profile: its profile.
        verdict: what the profile's rules say of its screen; None where they must not be asked.
    """
    if standing := standing_obstacle(agent):
        return standing
    if profile.hooks and agent.state != "idle":  # its prompt is empty while it works, too
        return f"its hooks tell: {agent.state}"
    if verdict is None:
        return "its pane is in copy mode, or its program is over"
    if verdict.state == "idle":
        return ""
    if verdict.state == "needs you":
        return f"a dialog is open: {verdict.line}"
    if half_typed(profile.screen, agent.name, verdict.line):
        return f"half a line is typed at its prompt: {verdict.line}"
    return f"{verdict.rule}: {verdict.line}" if verdict.rule == NO_PROMPT else f"it works: {verdict.line}"
