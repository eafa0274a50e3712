"""The tools over MCP, made when they are first asked for: their SDK takes longer to import than a room to start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from agentmux.service.tools.base import RoomLike

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager


class LateTools:
    """An ASGI application with the room's tools; its first request waits until they are there.

    Args:
        room: takes what the tools ask for.
        listed_to: called with the member that was given the list of tools.
        body_limit: bytes that a request may have.
    """

    def __init__(self, room: RoomLike, listed_to: Callable[[str], None], body_limit: int) -> None:
        self._wanted = (room, listed_to, body_limit)
        self._app: ASGIApp | None = None
        self._there = asyncio.Event()
        self._over = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Take requests until exit."""
        try:
            yield
        finally:
            self._over.set()
            if self._serving:
                await asyncio.wait({self._serving})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
            self._serving.add_done_callback(lambda _: self._there.set())
        await self._there.wait()
        if self._app is None:
            await self._serving  # it says why
            return
        await self._app(scope, receive, send)

    async def _serve(self) -> None:
        """One task from beginning to end, as the SDK wants it."""
        sessions = await asyncio.to_thread(self._make)
        async with sessions.run():
            self._app = sessions.asgi_app
            self._there.set()
            await self._over.wait()

    def _make(self) -> StreamableHTTPSessionManager:
        from agentmux.service.mcp import mcp_sessions

        return mcp_sessions(*self._wanted)


def load() -> None:
    """Import what the first request needs; blocks for most of a second."""
    import agentmux.service.mcp  # noqa: F401
