"""Agents."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.fill import Fill
from agentmux.room.fold.on import change_agent, on
from agentmux.room.state import Agent, State


@on(ev.AgentSetUp)
def _agent_set_up(state: State, event: ev.AgentSetUp) -> None:
    change_agent(state, event.agent, set_up=event.status == 0, setup_tail=tuple(event.tail))


@on(ev.AgentStarted)
def _agent_started(state: State, event: ev.AgentStarted) -> None:
    change_agent(
        state,
        event.agent,
        state="starting",
        since=state.at,
        why="",
        saw="",
        waits="",
        skipped=False,
        pane=event.pane,
        container=event.container,
        started=state.at,
        paused=None,
        pause_why="",
        fill=Fill(),
        exit_status=None,
        exit_signal=None,
        trouble=None,
    )


@on(ev.AgentStateChanged)
def _agent_state(state: State, event: ev.AgentStateChanged) -> None:
    if agent := state.agents.get(event.agent):
        since = agent.since if agent.state == event.state else state.at
        change_agent(
            state,
            agent.name,
            state=event.state,
            why=event.why,
            saw=event.saw,
            since=since,
            worked=agent.worked or event.state == "working",
            trouble=_still_in_trouble(agent, event.state),
        )


def _still_in_trouble(agent: Agent, state: ev.AgentState) -> ev.Trouble | None:
    """Silence is over with the work; that memory ran out is worth knowing until the next work begins."""
    passed = {"silent": True, "memory": state == "working", "disk": False, None: True}[agent.trouble]
    return None if passed and agent.state != state else agent.trouble


@on(ev.AgentExited)
def _agent_exited(state: State, event: ev.AgentExited) -> None:
    change_agent(state, event.agent, exit_status=event.status, exit_signal=event.signal, paused=None, trouble=None)


@on(ev.AgentInTrouble)
def _agent_in_trouble(state: State, event: ev.AgentInTrouble) -> None:
    change_agent(state, event.agent, trouble=event.what, trouble_text=event.text)


@on(ev.TroubleOver)
def _trouble_over(state: State, event: ev.TroubleOver) -> None:
    change_agent(state, event.agent, trouble=None)


@on(ev.TaskTyped)
def _task_typed(state: State, event: ev.TaskTyped) -> None:
    change_agent(state, event.agent, tasked=state.at)


@on(ev.AgentPaused)
def _agent_paused(state: State, event: ev.AgentPaused) -> None:
    if agent := state.agents.get(event.agent):
        change_agent(
            state,
            agent.name,
            state="paused",
            since=state.at,
            paused=event.how,
            paused_at=state.at,
            pause_why=event.why,
            before_pause=agent.state,
        )


@on(ev.AgentResumed)
def _agent_resumed(state: State, event: ev.AgentResumed) -> None:
    if agent := state.agents.get(event.agent):
        change_agent(state, agent.name, state=agent.before_pause, since=state.at, paused=None, pause_why="")
