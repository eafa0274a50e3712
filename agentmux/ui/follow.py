"""Following the log: every new event is folded into the state, and the screen is told. Nothing is polled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from agentmux.room.events import Recorded
from agentmux.room.fold import fold
from agentmux.room.state import State
from agentmux.service.log import LogReader, news

Told = Callable[[list[Recorded]], None]


class Watch(Protocol):
    """What tells that a file has grown (`agentmux.watch.FileWatch`)."""

    def add(self, path: Path, callback: Callable[[], None]) -> None:
        """Call back when the file grows or is created."""

    def remove(self, path: Path, callback: Callable[[], None]) -> None:
        """No longer."""

    def close(self) -> None:
        """Watch nothing."""


class Follower:
    """Keeps `state` at the end of the log.

    Args:
        log: the session's log.
        watch: wakes us when the log grows.
        told: takes the new events, right after they were folded into the state.
    """

    def __init__(self, log: Path, watch: Watch, told: Told) -> None:
        self.state = State()
        self._log = log
        self._watch = watch
        self._told = told
        # SQLite connections belong to the thread that opened them.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log")
        self._woken = asyncio.Event()
        self._reader: LogReader | None = None

    async def run(self) -> None:
        """Follow until cancelled."""
        loop = asyncio.get_running_loop()
        self._watch.add(news(self._log), self._woken.set)
        try:
            # The first read may hold a day's events: they are folded in the thread, into a state that nobody sees yet.
            events, self.state = await loop.run_in_executor(self._thread, self._open)
            self._told(events)
            while True:
                await self._woken.wait()
                self._woken.clear()
                if events := await loop.run_in_executor(self._thread, self._read, self.state.seq):
                    fold(events, self.state)
                    self._told(events)
        finally:
            self._watch.remove(news(self._log), self._woken.set)
            self._thread.shutdown(wait=False)

    def _open(self) -> tuple[list[Recorded], State]:
        self._reader = LogReader(self._log)
        return self._reader.replay()

    def _read(self, after: int) -> list[Recorded]:
        assert self._reader
        return self._reader.read(after=after)
