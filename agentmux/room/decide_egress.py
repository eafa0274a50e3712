"""Places in the network: what agents want to reach, and what the human allows."""

from __future__ import annotations

from agentmux.room import commands as cmd
from agentmux.room.decision import Decision, refuse
from agentmux.room.draft import Context
from agentmux.room.events import EgressGranted, EgressRefused, EgressUsed
from agentmux.room.state import ALL
from agentmux.room.who import no_agent


def ask(context: Context, command: cmd.AskEgress) -> Decision:
    """Refused unless the human has allowed it; the same refusal is a fact only once."""
    if problem := no_agent(context.state, command.agent):
        return problem
    said = context.state.egress.get((command.agent, command.place))
    if said == "always":
        return Decision()
    if said == "once":
        return Decision((EgressUsed(agent=command.agent, place=command.place),))
    refused = refuse(f"{command.place} is not on the list of places that {command.agent} may reach.")
    if said == "refused":
        return refused
    return Decision((EgressRefused(agent=command.agent, place=command.place),), refusal=refused.refusal)


def allow(context: Context, command: cmd.Allow) -> Decision:
    """The agent, or every one, may reach the place from now on."""
    if command.agent != ALL and (problem := no_agent(context.state, command.agent)):
        return problem
    agents = list(context.state.agents) if command.agent == ALL else [command.agent]
    granted = [EgressGranted(agent=agent, place=command.place, once=command.once) for agent in agents]
    return Decision(tuple(granted), {"agents": agents})
