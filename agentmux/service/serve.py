"""One HTTP server on several unix sockets."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from agentmux.errors import SessionError
from agentmux.paths import SessionPaths

PRIVATE = 0o600
FOR_THE_SANDBOX = 0o666
"""An agent may run as another user than the room; the folder around its socket is what keeps others out."""
GRACE = 1
"""Seconds that calls under way get when the room stops."""


def room_sockets(paths: SessionPaths, agents: list[str]) -> dict[Path, int]:
    """Where a session's room listens, and with which file modes: the human's socket, and one per agent."""
    return {paths.room_sock: PRIVATE} | {paths.agent_sock(agent): FOR_THE_SANDBOX for agent in agents}


@asynccontextmanager
async def serving(app: ASGIApp, sockets: Mapping[Path, int]) -> AsyncGenerator[None]:
    """Serve `app` on unix sockets (path -> file mode) from entry until exit; the sockets are gone afterwards.

    Entry returns when all of them answer. Sockets that an earlier room left behind are replaced, so the caller must
    hold the session's lock. Signals stay the caller's business.

    Raises:
        SessionError: a socket cannot be made.
    """
    listeners: list[socket.socket] = []
    try:
        for path, mode in sockets.items():
            listeners.append(bind(path, mode))
        server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                ws="none",
                lifespan="on",
                timeout_graceful_shutdown=GRACE,
            )
        )
        running = asyncio.create_task(server.serve(sockets=listeners))
        running.add_done_callback(lambda _: server.up.set())
        await server.up.wait()
        if running.done():
            await running
        try:
            yield
        finally:
            server.stop.set()
            await running
    finally:
        for listener in listeners:
            listener.close()
        for path in sockets:
            path.unlink(missing_ok=True)


class _Server(uvicorn.Server):
    """Told when to stop, where the original looks ten times a second; takes over no signal handlers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.stop = asyncio.Event()

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        await self.stop.wait()


def bind(path: Path, mode: int) -> socket.socket:
    """A bound socket; nobody can connect before the server listens, so its mode is right from the first moment."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        listener.bind(os.fspath(path))
        path.chmod(mode)
    except OSError as error:
        listener.close()
        raise SessionError(f"The room cannot listen on {path}: {error.strerror or error}.") from error
    return listener
