"""Permissions."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.fold.on import on
from agentmux.room.state import Permission, State


@on(ev.PermissionAsked)
def _permission_asked(state: State, event: ev.PermissionAsked) -> None:
    state.permissions[event.id] = Permission(
        event.id, event.agent, event.tool, event.what, event.covers, since=state.at
    )
    state.next_permission = max(state.next_permission, event.id + 1)


@on(ev.PermissionAnswered)
def _permission_answered(state: State, event: ev.PermissionAnswered) -> None:
    asked = state.permissions.pop(event.id, None)
    if asked and asked.covers and event.answer == "always":
        state.permitted.add((asked.agent, asked.tool, asked.covers))


@on(ev.PermissionWithdrawn)
def _permission_withdrawn(state: State, event: ev.PermissionWithdrawn) -> None:
    state.permissions.pop(event.id, None)
