"""The session itself."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.fold.on import on
from agentmux.room.state import Agent, State


@on(ev.SessionCreated)
def _created(state: State, event: ev.SessionCreated) -> None:
    state.session, state.repo, state.base = event.session, event.repo, event.base
    state.layout, state.sandbox, state.task, state.created = event.layout, event.sandbox, event.task, state.at
    state.features = tuple(event.features)
    state.flow = event.flow
    state.agents = {name: Agent(name, event.profiles.get(name, ""), since=state.at) for name in event.agents}


@on(ev.RoomStarted)
def _room_started(state: State, event: ev.RoomStarted) -> None:
    state.room_pid, state.stopped, state.failed = event.pid, False, ""
    state.permissions.clear()  # who waited for an answer waited at the room before


@on(ev.Progress)
def _progress(state: State, event: ev.Progress) -> None:
    state.progress[event.step] = (event.text, event.done)


@on(ev.Warned)
def _warned(state: State, event: ev.Warned) -> None:
    state.warnings.append((state.at, event.text))


@on(ev.SessionFailed)
def _failed(state: State, event: ev.SessionFailed) -> None:
    state.failed = event.reason


@on(ev.SessionStopped)
def _stopped(state: State, _event: ev.SessionStopped) -> None:
    state.stopped, state.room_pid = True, None


@on(ev.SessionImported)
def _imported(state: State, event: ev.SessionImported) -> None:
    state.stopped, state.room_pid, state.imported = True, None, event.origin
