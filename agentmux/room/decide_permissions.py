"""Permissions: what an agent's CLI asks before it uses a tool, and what the human says to it."""

from __future__ import annotations

from agentmux.room import commands as cmd
from agentmux.room.decision import Decision, refuse
from agentmux.room.draft import Context, Draft
from agentmux.room.events import AgentStateChanged, PermissionAnswered, PermissionAsked, PermissionWithdrawn
from agentmux.room.state import MESSAGE_LIMIT
from agentmux.room.who import no_agent


def ask(context: Context, command: cmd.AskPermission) -> Decision:
    """The human is asked, unless an `always` covers exactly this."""
    if problem := no_agent(context.state, command.agent):
        return problem
    draft = Draft(context)
    number = draft.state.next_permission
    draft.add(
        PermissionAsked(id=number, agent=command.agent, tool=command.tool, what=command.what, covers=command.covers)
    )
    agent = draft.state.agents[command.agent]
    if command.covers and (command.agent, command.tool, command.covers) in draft.state.permitted:
        draft.add(PermissionAnswered(id=number, answer="always"))
    elif not (agent.paused or agent.ended):
        draft.add(
            AgentStateChanged(agent=command.agent, state="needs you", why="hook: PermissionRequest", saw=command.tool)
        )
    return draft.decision({"id": number})


def answer(context: Context, command: cmd.Answer) -> Decision:
    """The agent gets its answer and goes on; an `always` answers what else waits and is covered, too."""
    asked = context.state.permissions.get(command.id)
    if asked is None:
        return refuse(f"Nobody waits for an answer to request {command.id}.", "It has been answered, or given up.")
    if command.answer == "always" and not asked.covers:
        return refuse("This can be answered for this once only.", "Answer yes or no.")
    if len(command.text.encode()) > MESSAGE_LIMIT:
        return refuse(f"The text is longer than {MESSAGE_LIMIT:,} bytes.")
    draft = Draft(context)
    seconds = context.now - asked.since
    draft.add(PermissionAnswered(id=command.id, answer=command.answer, text=command.text, seconds=seconds))
    for other in [*draft.state.permissions.values()]:
        if (other.agent, other.tool, other.covers) in draft.state.permitted:
            draft.add(PermissionAnswered(id=other.id, answer="always", seconds=context.now - other.since))
    _go_on(draft, asked.agent, f"you answered {command.answer}")
    return draft.decision({"agent": asked.agent, "tool": asked.tool})


def withdraw(context: Context, command: cmd.WithdrawPermission) -> Decision:
    """Nobody needs to answer; a second report of the same changes nothing."""
    asked = context.state.permissions.get(command.id)
    if asked is None:
        return Decision()
    draft = Draft(context)
    draft.add(PermissionWithdrawn(id=command.id, why=command.why))
    if not command.elsewhere:
        _go_on(draft, asked.agent, command.why)
    return draft.decision()


def drop_permissions(draft: Draft, agent: str) -> None:
    """The agent has ended, and waits for nothing any more."""
    for asked in [*draft.state.permissions.values()]:
        if asked.agent == agent:
            draft.add(PermissionWithdrawn(id=asked.id, why=f"{agent} has ended"))


def _go_on(draft: Draft, agent: str, why: str) -> None:
    """The agent works, unless it waits for another answer or is known to do something else."""
    waits = any(asked.agent == agent for asked in draft.state.permissions.values())
    if draft.state.agents[agent].state == "needs you" and not waits:
        draft.add(AgentStateChanged(agent=agent, state="working", why=why))
