"""The demo without a human: the default answers, the merge, and a summary."""

from __future__ import annotations

import asyncio
from typing import Any

from agentmux.cli.follow import follow
from agentmux.cli.output import notice, show, show_json
from agentmux.errors import AgentmuxError, SessionError
from agentmux.paths import SessionPaths
from agentmux.room.commands import Command, Merge, Rule, Say
from agentmux.room.events import MessageSent, Recorded, RulingRaised, SessionFailed
from agentmux.room.fold import fold
from agentmux.room.state import YOU, State
from agentmux.service.client import RoomClient
from agentmux.service.process import shut_down, start_room
from agentmux.terminal.cast import files

DEADLINE = 300.0
"""Seconds that the agents get; a first build of the image counts."""


def play(paths: SessionPaths, *, as_json: bool) -> None:
    """Run the session to its end, merge, print the summary, and stop it.

    Raises:
        SessionError: it did not start, did not end in time, or its merged tree does not pass.
    """
    try:
        start_room(paths)
        summary = asyncio.run(_run(paths))
    finally:
        shut_down(paths)
    if as_json:
        show_json(summary)
    else:
        _describe(summary)
    if not summary["merged"] or summary["checks"]["failed"] or not summary["checks"]["passed"]:
        raise SessionError("The demo's work was not merged into a branch that passes.", f"See {paths.folder}.")


async def _run(paths: SessionPaths) -> dict[str, Any]:
    state = State()
    try:
        async with asyncio.timeout(DEADLINE):
            await _answer_until_all_ended(paths, state)
    except TimeoutError as err:
        doing = ", ".join(f"{agent.name} {agent.state}" for agent in state.agents.values())
        raise SessionError(
            f"The demo did not end within {DEADLINE:.0f} s: {doing or 'no agent ran'}.", f"See {paths.folder}."
        ) from err
    answer = await RoomClient(paths).send(Merge())
    if not answer.ok:
        notice(f"Not merged: {answer.refused}")
    return {
        "session": paths.id,
        "folder": str(paths.folder),
        "sandbox": state.sandbox,
        "agents": [{"name": a.name, "state": a.state, "exit": a.exit_status} for a in state.agents.values()],
        "claims": {"granted": state.granted, "refused": state.refused},
        "messages": len(state.messages),
        "merged": answer.ok,
        "branch": answer.reply.get("branch"),
        "checks": answer.reply.get("checks", {"passed": 0, "failed": 0}),
        "casts": [str(file) for name in state.agents for file in files(paths.cast(name))],
    }


async def _answer_until_all_ended(paths: SessionPaths, state: State) -> None:
    """Be the human who takes every default."""
    room = RoomClient(paths)
    async for recorded in follow(paths):
        fold([recorded], state)
        if isinstance(recorded.event, SessionFailed):
            raise _failure(recorded.event)
        if command := _reaction(recorded):
            await room.send(command)
        if state.agents and all(agent.ended for agent in state.agents.values()):
            return
    raise SessionError(f"The room of session {paths.id} ended too early.", f"See {paths.room_log}.")


def _reaction(recorded: Recorded) -> Command | None:
    match recorded.event:
        case RulingRaised(id=number):
            return Rule(id=number, choice="share", reason="the default")
        case MessageSent(to="you" | "all", ask=True, id=number, default=default) if recorded.actor != YOU:
            return Say(to=recorded.actor, text=default or "yes", reply_to=number)
        case _:
            return None


def _failure(event: SessionFailed) -> AgentmuxError:
    for line in event.tail:
        notice(f"  | {line}")
    return SessionError(event.reason, event.hint)


def _describe(summary: dict[str, Any]) -> None:
    for agent in summary["agents"]:
        show(f"{agent['name']}: {agent['state']}, exit {agent['exit']}")
    show(f"claims: {summary['claims']['granted']} granted, {summary['claims']['refused']} refused")
    show(f"messages: {summary['messages']}")
    show(f"branch: {summary['branch'] or 'none'}")
    show(f"checks: {summary['checks']['passed']} passed, {summary['checks']['failed']} failed")
    show(f"recordings: {' '.join(summary['casts'])}")
