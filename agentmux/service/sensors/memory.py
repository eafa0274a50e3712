"""Hears of programs of the agents that were ended for want of memory, while the agents themselves go on."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from agentmux.errors import SandboxError
from agentmux.room.commands import ReportTrouble
from agentmux.room.state import ROOM
from agentmux.sandbox.base import Sandbox
from agentmux.service.room import Room


class MemorySensor:
    """Listens to the engine in a thread of its own, which waits there for as long as the room lives.

    Args:
        room: takes the reports.
        sandbox: knows of the ends.
    """

    def __init__(self, room: Room, sandbox: Sandbox) -> None:
        self.room = room
        self.sandbox = sandbox
        self._thread: threading.Thread | None = None

    def listen(self) -> None:
        """Begin, unless it listens already; again after the engine was lost."""
        if self._thread is None or not self._thread.is_alive():
            loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._hear, args=(loop,), daemon=True, name="memory")
            self._thread.start()

    def _hear(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(SandboxError, RuntimeError):  # the engine or the loop is gone, and with it who could be told
            for agent in self.sandbox.starved(self.room.paths.id):
                loop.call_soon_threadsafe(self._tell, agent)

    def _tell(self, agent: str) -> None:
        limit = self.room.session.layout.limits.memory
        text = f"ran out of memory (its limit is {limit}), and a program of its own was ended"
        self.room.spawn(self.room.submit(ROOM, ReportTrouble(agent=agent, what="memory", text=text)))
