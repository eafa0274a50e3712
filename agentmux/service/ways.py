"""The agents' ways out of their places: to their models, and to what they may reach in the network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from starlette.types import ASGIApp

from agentmux import yamlfile
from agentmux.gateway.egress import REGISTRIES, egress
from agentmux.gateway.usage import Tokens
from agentmux.paths import SessionPaths
from agentmux.room.budget import exhausted
from agentmux.service.doors import Doors
from agentmux.service.logins import hosts_of
from agentmux.service.models import upstream_of
from agentmux.service.room import Room
from agentmux.service.serve import FOR_THE_SANDBOX, PRIVATE, bind, serving

Used = Callable[[str, Tokens], Awaitable[None]]
"""Told which agent has used what."""


async def serve_ways(room: Room, used: Used, servers: AsyncExitStack) -> None:
    """Serve all of a session's ways out until `servers` is left; raises SessionError if a socket cannot be made."""
    paths, session = room.paths, room.session
    if paths.script.exists():
        await servers.enter_async_context(serving(_scripted(paths), {paths.script_sock: PRIVATE}))
    doors = Doors(room)
    for spec in session.agents:
        listener = bind(paths.egress_sock(spec.name), FOR_THE_SANDBOX)
        rules = [*REGISTRIES, *session.layout.allow, *spec.profile.hosts, *hosts_of(spec)]
        await servers.enter_async_context(egress(listener, rules, partial(doors.ask, spec.name)))
        if spec.profile.model and not spec.login:
            from agentmux.gateway.model import model_app  # with an HTTP client, which is quick to do without

            closed = partial(exhausted, room.state, spec.name)
            gateway = model_app(upstream_of(paths, spec), partial(used, spec.name), closed)
            await servers.enter_async_context(serving(gateway, {paths.model_sock(spec.name): FOR_THE_SANDBOX}))


def _scripted(paths: SessionPaths) -> ASGIApp:
    """The session's scripted model; few sessions have one."""
    from agentmux.gateway.scripted_model.script import Script
    from agentmux.gateway.scripted_model.server import scripted_model

    return scripted_model(yamlfile.load(paths.script, Script))
