"""Places in the network: what agents want to reach, and what the human allows."""

from __future__ import annotations

from agentmux.room import commands as cmd
from agentmux.room.decision import Decision, refuse
from agentmux.room.draft import Context
from agentmux.room.events import EgressDenied, EgressGranted, EgressRefused, EgressUsed
from agentmux.room.state import ALL
from agentmux.room.who import no_agent


def ask(context: Context, command: cmd.AskEgress) -> Decision:
    """Refused unless the human has allowed it; the same refusal is a fact only once.

    What a CLI looks for while it starts is news of its own: nobody is asked about that.
    """
    if problem := no_agent(context.state, command.agent):
        return problem
    known = context.state.egress.get((command.agent, command.place))
    if known and known.said == "always":
        return Decision()
    if known and known.said == "once":
        return Decision((EgressUsed(agent=command.agent, place=command.place),))
    refused = refuse(f"{command.place} is not on the list of places that {command.agent} may reach.")
    if known:
        return refused
    starting = context.state.agents[command.agent].state == "starting"
    return Decision((EgressRefused(agent=command.agent, place=command.place, quiet=starting),), refusal=refused.refusal)


def allow(context: Context, command: cmd.Allow) -> Decision:
    """The agent, or every one, may reach the place from now on."""
    agents = _meant(context, command.agent)
    if isinstance(agents, Decision):
        return agents
    granted = [EgressGranted(agent=agent, place=command.place, once=command.once) for agent in agents]
    return Decision(tuple(granted), {"agents": agents})


def deny(context: Context, command: cmd.Deny) -> Decision:
    """The agent, or every one, may not reach the place from now on, and the human is not asked again."""
    agents = _meant(context, command.agent)
    if isinstance(agents, Decision):
        return agents
    denied = [EgressDenied(agent=agent, place=command.place) for agent in agents]
    return Decision(tuple(denied), {"agents": agents})


def _meant(context: Context, agent: str) -> list[str] | Decision:
    """The agents that a command is about, or its refusal."""
    if agent == ALL:
        return list(context.state.agents)
    return no_agent(context.state, agent) or [agent]
