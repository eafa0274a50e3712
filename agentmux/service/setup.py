"""The commands of `setup` in an agent's workspace: run before its program starts, told as progress, kept in a log."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from pathlib import Path
from typing import Self

from agentmux.errors import SessionError, SetupError
from agentmux.room.events import AgentSetUp, Progress
from agentmux.room.state import ROOM
from agentmux.sandbox.base import TIMED_OUT, Box, Ran, Sandbox
from agentmux.service.room import Room
from agentmux.terminal.recorder import Scrubber

SETUP_SECONDS = 3600.0
"""For one command."""
SHOWN = 60
"""Characters of a command that are shown where a sentence names it."""
TAIL = 12
"""Lines of a failed command that are shown."""
PROGRESS_SECONDS = 0.5
"""Between two lines of output that are told as progress; all are in the log."""


def shortened(command: str) -> str:
    r"""The beginning of a command, for a sentence; all of it is in the log.

    >>> shortened("npm ci\nnpm run build"), len(shortened("x" * 100))
    ('npm ci…', 60)
    """
    first, _, more = command.strip().partition("\n")
    return first[: SHOWN - 1] + "…" if more or len(first) > SHOWN else first


class Setups:
    """Runs the session's `setup.workspace` for each agent.

    Args:
        room: takes the events.
        sandbox: has the agents' places.
    """

    def __init__(self, room: Room, sandbox: Sandbox) -> None:
        self.room = room
        self.sandbox = sandbox
        self._closed = False
        self._running: dict[str, tuple[Box, asyncio.Task[Ran]]] = {}

    async def run(self, box: Box) -> None:
        """Run all commands in the agent's workspace, unless that was done.

        Raises:
            SetupError: one of them failed; it has the last lines.
            SessionError: the session is being stopped.
        """
        commands = self.room.session.layout.setup.workspace
        if not commands or self.room.state.agents[box.agent].set_up:
            return
        began = time.monotonic()
        log = self.room.paths.out / f"setup-{box.agent}.log"
        with _Report(self.room, box.agent, log) as report:
            for number, command in enumerate(commands, 1):
                report.begin(command, f"{number} of {len(commands)}: {shortened(command)}")
                ran = await self._command(box, command, report)
                report.end(ran)
                if ran.status:
                    seconds, tail = time.monotonic() - began, list(report.tail)
                    failed = AgentSetUp(agent=box.agent, command=command, status=ran.status, seconds=seconds, tail=tail)
                    self.room.record(ROOM, [failed.model_copy(update={"log": log.name})])
                    raise _error(command, ran.status, tail, log)
        seconds = time.monotonic() - began
        done = Progress(step=report.step, text=f"done in {seconds:.1f} s", done=True)
        self.room.record(ROOM, [AgentSetUp(agent=box.agent, seconds=seconds, log=log.name), done])

    async def end(self) -> None:
        """Begin nothing more, and end what is being run."""
        self._closed = True
        while self._running:
            boxes, tasks = zip(*self._running.values(), strict=True)
            await asyncio.gather(*(asyncio.to_thread(self.sandbox.remove, box) for box in boxes))
            await asyncio.wait(tasks, timeout=1)  # one that was about to begin is ended in the next round

    async def _command(self, box: Box, command: str, report: _Report) -> Ran:
        if self._closed:
            raise SessionError(f"The session {self.room.paths.id} is being stopped.")
        task = asyncio.create_task(asyncio.to_thread(self.sandbox.set_up, box, command, report.hear, SETUP_SECONDS))
        self._running[box.agent] = box, task
        try:
            return await task
        finally:
            del self._running[box.agent]


class _Report:
    """Writes what the commands print into the log, without the agent's secrets, and tells how far they are.

    `hear` is called in another thread, between `begin` and `end`.
    """

    def __init__(self, room: Room, agent: str, log: Path) -> None:
        self.step = f"setup {agent}"
        self.tail: deque[str] = deque(maxlen=TAIL)
        self._room = room
        self._loop = asyncio.get_running_loop()
        values = room.paths.scrub_file(agent).read_text(encoding="utf-8").splitlines()
        self._scrubber = Scrubber(values)
        self._log = log.open("a", encoding="utf-8")
        self._text = ""
        self._told = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()

    def begin(self, command: str, text: str) -> None:
        """A command begins."""
        self.tail.clear()
        self._text, self._told = text, 0.0
        print(f"$ {command}", file=self._log, flush=True)
        self._room.record(ROOM, [Progress(step=self.step, text=text)])

    def hear(self, line: str) -> None:
        """It has printed a line."""
        line = self._scrubber.mask(line)
        print(line, file=self._log, flush=True)
        self.tail.append(line)
        if time.monotonic() - self._told > PROGRESS_SECONDS:
            self._told = time.monotonic()
            progress = Progress(step=self.step, text=f"{self._text} · {line}")
            self._loop.call_soon_threadsafe(self._room.record, ROOM, [progress])

    def end(self, ran: Ran) -> None:
        """It has ended."""
        print(f"[ended with status {ran.status} after {ran.seconds:.1f} s]", file=self._log, flush=True)


def _error(command: str, status: int, tail: list[str], log: Path) -> SetupError:
    how = f"was ended after {SETUP_SECONDS:.0f} s" if status == TIMED_OUT else f"ended with status {status}"
    return SetupError(f"The setup command `{shortened(command)}` {how}.", tail, str(log))
