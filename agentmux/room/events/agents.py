"""Agents: what they are doing, and what happens to them."""

from __future__ import annotations

from typing import Literal

from agentmux.room.events.event import Event

AgentState = Literal["starting", "working", "needs you", "idle", "done", "paused", "failed", "gone"]
PauseHow = Literal["soft", "freeze"]
Trouble = Literal["silent", "disk", "memory"]


class AgentSetUp(Event):
    """The commands of `setup` ran in the agent's workspace, up to the one that failed (then with its last lines)."""

    kind = "agent.setup"
    agent: str
    command: str = ""
    """The one that failed; empty if none did."""
    status: int = 0
    seconds: float = 0.0
    log: str = ""
    tail: list[str] = []


class AgentStarted(Event):
    """The agent's program was started in its pane (again, when `restarted`)."""

    kind = "agent.started"
    agent: str
    pane: str
    container: str | None = None
    restarted: bool = False


class AgentStateChanged(Event):
    """The agent is in another state; `why` names the rule, hook or event that said so."""

    kind = "agent.state"
    agent: str
    state: AgentState
    why: str = ""
    saw: str = ""
    """The line that the rule matched, or the tool that the hook told of."""


class AgentExited(Event):
    """The agent's program ended: with an exit status, or by a signal, or `reason` says how."""

    kind = "agent.exited"
    agent: str
    status: int | None = None
    signal: int | None = None
    reason: str = ""


class TaskTyped(Event):
    """The agent's task was typed at its prompt and submitted."""

    kind = "agent.task_typed"
    agent: str


class AgentInTrouble(Event):
    """Something is wrong with an agent that runs; `text` says it in words that go on after its name.

    `silent`: it prints nothing while at work. `disk`: its files outgrew their limit, and it was frozen. `memory`: a
    program of its own was ended for want of memory.
    """

    kind = "agent.trouble"
    agent: str
    what: Trouble
    text: str


class TroubleOver(Event):
    """What was wrong with the agent has passed."""

    kind = "agent.trouble_over"
    agent: str


class AgentPaused(Event):
    """An agent was paused: `soft` (no prompts, tools say so) or `freeze` (its processes stand still).

    `why` says why the room did it (`budget`); empty where the human did.
    """

    kind = "agent.paused"
    agent: str
    how: PauseHow
    why: str = ""


class AgentResumed(Event):
    """An agent that was paused like that goes on, after `seconds`."""

    kind = "agent.resumed"
    agent: str
    how: PauseHow = "soft"
    seconds: float = 0.0


class AgentInterrupted(Event):
    """The human sent the agent's interrupt key."""

    kind = "agent.interrupted"
    agent: str


class ToolUsed(Event):
    """The agent used one of its tools; `what` is the command, or what else it was given, as far as it is short.

    `error` is what it failed with, empty where it worked or its CLI does not tell.
    """

    kind = "tool.used"
    agent: str
    tool: str
    what: str = ""
    error: str = ""
