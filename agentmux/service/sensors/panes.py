"""Watches the agents' panes: their states by screen rules, their silence, and their ends.

Woken by the recordings and by tmux.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from agentmux.errors import SandboxError, TerminalError
from agentmux.room.commands import ReportExit, ReportState, ReportTrouble
from agentmux.room.state import ROOM
from agentmux.room.status import NO_PROMPT, Verdict, read_screen
from agentmux.sandbox.base import Sandbox
from agentmux.service.boxes import box_of
from agentmux.service.room import Room
from agentmux.terminal.control import ControlClient
from agentmux.terminal.screen import Screen
from agentmux.watch import FileWatch

SETTLE = 0.25
"""Seconds without output after which a screen is read; during steady output it is read once a second."""
AT_WORK = ("starting", "working")
QUIET = 3.0
"""Seconds without output after which an agent without rules counts as idle."""
SCREEN = "screen: "
"""Begins the reason of a state that was read from the screen."""
SAW_LIMIT = 200
"""Characters of a line that are recorded."""
NO_STATUS = 3.0
"""Seconds after which the end of a pane is reported without a status, if tmux has none."""


@dataclass(slots=True)
class _Pane:
    agent: str
    pane: str
    last_output: float = 0.0
    first_unread: float | None = None
    timer: asyncio.TimerHandle | None = None
    silence: asyncio.TimerHandle | None = None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    printed: asyncio.Event = field(default_factory=asyncio.Event)


class PaneSensor:
    """Reports the states and ends of the session's agents.

    Args:
        room: takes the reports.
        client: the room's own control client.
        watch: tells when a recording grows.
        sandbox: knows whether an agent ran out of memory.
        unrecorded: called with the agent whose recorder has ended before its program.
        prompted: called with the agent whose screen shows its empty prompt, whenever that was read.
    """

    def __init__(
        self,
        room: Room,
        client: ControlClient,
        watch: FileWatch,
        sandbox: Sandbox,
        unrecorded: Callable[[str], None],
        prompted: Callable[[str], None],
    ) -> None:
        self.room = room
        self.client = client
        self.watch = watch
        self.sandbox = sandbox
        self._unrecorded = unrecorded
        self._prompted = prompted
        self._panes: dict[str, _Pane] = {}
        client.subscribe("pipes", "%*", "#{pane_pipe}#{pane_dead}", self._piped)
        client.subscribe("ends", "%*", "#{pane_dead}|#{pane_dead_status}|#{pane_dead_signal}", self._ended)

    def add(self, agent: str, pane: str) -> None:
        """Follow an agent's pane (again, after a restart)."""
        entry = self._panes[agent] = _Pane(agent, pane)
        self.watch.add(self.room.paths.cast(agent), lambda: self._printed(entry))
        self._printed(entry)
        self._listen(entry)

    def close(self) -> None:
        """Follow nothing any more: the line to tmux has ended."""
        for entry in list(self._panes.values()):
            self._forget(entry)

    async def screen(self, agent: str) -> Screen | None:
        """The agent's screen now; None if it has no pane."""
        entry = self._panes.get(agent)
        return await self.client.capture(entry.pane) if entry else None

    async def verdict(self, agent: str) -> Verdict | None:
        """What the profile's rules say of the agent's screen now."""
        screen = await self.screen(agent)
        return self.judge(agent, screen) if screen else None

    async def until(self, agent: str, holds: Callable[[Screen], bool], seconds: float) -> bool:
        """Whether the agent's screen comes to a point where `holds`, within `seconds`; looks whenever it prints."""
        try:
            async with asyncio.timeout(seconds):
                while entry := self._panes.get(agent):
                    entry.printed.clear()
                    screen = await self.client.capture(entry.pane)
                    if screen is not None and holds(screen):
                        return True
                    await entry.printed.wait()
        except TimeoutError:
            pass
        return False

    def judge(self, agent: str, screen: Screen) -> Verdict | None:
        """What the profile's rules say of a screen; None where they must not be asked.

        A pane in copy mode shows its past, and a dead one its end: neither tells a state.
        """
        entry = self._panes.get(agent)
        if entry is None or screen.dead or screen.in_mode:
            return None
        rules = self.room.session.agent(agent).profile.screen
        quiet = asyncio.get_running_loop().time() - entry.last_output >= QUIET
        return read_screen(rules, agent, screen.text_rows(), screen.cursor_y, quiet=quiet)

    def _printed(self, entry: _Pane) -> None:
        loop = asyncio.get_running_loop()
        entry.printed.set()
        entry.last_output = loop.time()
        if entry.first_unread is None:
            entry.first_unread = loop.time()
        self._read_at(entry, min(entry.last_output + SETTLE, entry.first_unread + 1.0))
        if self.room.state.agents[entry.agent].trouble == "silent":
            self.room.spawn(self.room.submit(ROOM, ReportTrouble(agent=entry.agent)))

    def _listen(self, entry: _Pane) -> None:
        """Tell of an agent that works and prints nothing, once it has for long enough; else look again then."""
        loop, limit = asyncio.get_running_loop(), self.room.session.layout.silence
        agent = self.room.state.agents[entry.agent]
        silent = min(loop.time() - entry.last_output, self.room.clock() - agent.since)
        if silent >= limit and agent.state in AT_WORK and not agent.trouble:
            text = f"has printed nothing for {limit / 60:.3g} minutes, though it is {agent.state}"
            self.room.spawn(self.room.submit(ROOM, ReportTrouble(agent=entry.agent, what="silent", text=text)))
        entry.silence = loop.call_later(limit - silent if 0 < silent < limit else limit, self._listen, entry)

    def _read_at(self, entry: _Pane, when: float) -> None:
        if entry.timer:
            entry.timer.cancel()
        entry.timer = asyncio.get_running_loop().call_at(when, lambda: self.room.spawn(self._read(entry)))

    async def _read(self, entry: _Pane) -> None:
        async with entry.reading:
            entry.first_unread = None
            try:
                verdict = await self.verdict(entry.agent)
            except TerminalError:  # the line to tmux has ended, which whoever made it is told
                return
            if verdict is None or self._panes.get(entry.agent) is not entry:
                return
            quiet = asyncio.get_running_loop().time() - entry.last_output >= QUIET
            if self._hooks_decide(entry.agent, verdict, quiet=quiet):
                if verdict.state == "idle":
                    self._prompted(entry.agent)  # the hook may have said so before the prompt was there
                    if not quiet:
                        self._read_at(entry, entry.last_output + QUIET)
                return
            if verdict.state == "idle" and self.room.state.agents[entry.agent].state == "idle":
                self._prompted(entry.agent)  # away from its prompt too shortly to be seen, as by an interrupt there
            # What a rule matched is the CLI's own; any other line may hold whatever the human types.
            saw = verdict.line[:SAW_LIMIT] if verdict.rule != NO_PROMPT else ""
            await self.room.submit(
                ROOM, ReportState(agent=entry.agent, state=verdict.state, why=f"{SCREEN}{verdict.rule}", saw=saw)
            )
            now, quiet_from = asyncio.get_running_loop().time(), entry.last_output + QUIET
            if verdict.state == "working" and entry.timer and entry.timer.when() <= now < quiet_from:
                self._read_at(entry, quiet_from)

    def _hooks_decide(self, agent: str, verdict: Verdict, *, quiet: bool) -> bool:
        """Whether the screen has no say, because the agent's hooks tell its state.

        No hook tells of a dialog before the first one or between turns, nor when that is over, nor of an agent that
        waits at its prompt because it was interrupted, or has just come back to its conversation.
        """
        if not self.room.session.agent(agent).profile.hooks:
            return False
        entry = self.room.state.agents[agent]
        known = entry.state
        if known == "needs you":
            return not entry.why.startswith(SCREEN)
        dialog = known in ("starting", "idle") and verdict.state == "needs you"
        waits = known in ("starting", "working") and verdict.state == "idle" and quiet
        return not (dialog or waits)

    def _piped(self, pane: str, value: str) -> None:
        entry = next((e for e in self._panes.values() if e.pane == pane), None)
        if value == "00" and entry:
            self._unrecorded(entry.agent)

    def _ended(self, pane: str, value: str) -> None:
        dead, _, rest = value.partition("|")
        status, _, signal = rest.partition("|")
        entry = next((e for e in self._panes.values() if e.pane == pane), None)
        if dead != "1" or entry is None:
            return
        if status or signal:
            self._end(entry, int(status) if status else None, signal)
        else:
            # A tmux with libutempter can miss the end of its child; the end of another one makes it look again.
            self.client.send("run-shell -b true")
            asyncio.get_running_loop().call_later(NO_STATUS, self._end, entry, None, "")

    def _end(self, entry: _Pane, status: int | None, signal: str) -> None:
        if self._panes.get(entry.agent) is entry:
            self._forget(entry)
            self.room.spawn(self._report_end(entry.agent, status, signal))

    def _forget(self, entry: _Pane) -> None:
        del self._panes[entry.agent]
        self.watch.remove(self.room.paths.cast(entry.agent))
        entry.printed.set()
        for timer in (entry.timer, entry.silence):
            if timer:
                timer.cancel()

    async def _report_end(self, agent: str, status: int | None, signal: str) -> None:
        box = box_of(self.room.paths, self.room.session, agent)
        try:
            ended = await asyncio.to_thread(self.sandbox.ended, box)
            reason = "ran out of memory" if ended and ended.out_of_memory else ""
        except SandboxError as err:
            ended, reason = None, err.message
        status = ended.status if ended and ended.status is not None else status
        await self.room.submit(
            ROOM,
            ReportExit(agent=agent, status=status, signal=int(signal) if signal.isdigit() else None, reason=reason),
        )
