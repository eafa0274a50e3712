"""From a session to the places of its agents."""

from __future__ import annotations

from agentmux.config import Session
from agentmux.paths import SessionPaths
from agentmux.sandbox.base import Box, Sandbox
from agentmux.sandbox.detect import make
from agentmux.sandbox.place import agent_user
from agentmux.service.outfit import env_of, fill_argv, known_of


def sandbox_of(session: Session) -> Sandbox:
    """The sandbox that the session's agents run in."""
    return make(session.sandbox)


def owner_of(session: Session) -> tuple[int, int] | None:
    """The user and group that the agents run as, where they are not the room's own."""
    return agent_user() if session.sandbox != "process" else None


def box_of(paths: SessionPaths, session: Session, agent: str, *, resumed: bool = False) -> Box:
    """The agent's place: its command with everything filled in, its environment and its limits.

    Args:
        paths: where the session lives.
        session: what it was started with.
        agent: whose place.
        resumed: whether its program shall go on with its last conversation, if it can.
    """
    profile = session.agent(agent).profile
    known = known_of(session, agent)
    return Box(
        paths=paths,
        agent=agent,
        argv=fill_argv(profile.resume if resumed and profile.resume else profile.command, known),
        env={**session.layout.env, **env_of(session, agent)},
        limits=session.layout.limits,
        network=session.layout.network,
        image=session.image,
    )
