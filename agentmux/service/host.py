"""The room process put together: log, room, sockets, launcher, sensors, delivery."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from collections import defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

from agentmux.errors import AgentmuxError, LoggedError, SessionError
from agentmux.gateway import prices
from agentmux.gateway.usage import Tokens
from agentmux.paths import SessionPaths
from agentmux.room.budget import exhausted
from agentmux.room.commands import (
    BeginTurn,
    Command,
    Explain,
    Interrupt,
    Merge,
    PublishCheck,
    ReportUsed,
    Restart,
    RunChecks,
    Stop,
    Test,
)
from agentmux.room.decision import Decision, Refusal
from agentmux.room.events import (
    AgentExited,
    AgentInTrouble,
    AgentPaused,
    AgentResumed,
    AgentStarted,
    BudgetReached,
    Event,
    Recorded,
    RoomStarted,
    SessionFailed,
    SessionStopped,
    Warned,
)
from agentmux.room.state import ROOM, YOU
from agentmux.sandbox.base import Sandbox
from agentmux.service import late, lock
from agentmux.service.boxes import box_of, owner_of, sandbox_of
from agentmux.service.commits import Commits
from agentmux.service.delivery import Delivery
from agentmux.service.explain import explain
from agentmux.service.holds import Holds
from agentmux.service.http import room_app
from agentmux.service.launch import FIRST_SIZE, Launcher
from agentmux.service.log import Log
from agentmux.service.logins import take_back
from agentmux.service.markers import Markers
from agentmux.service.merge import Merger
from agentmux.service.peek import peek
from agentmux.service.published import Published
from agentmux.service.records import Found
from agentmux.service.room import Room
from agentmux.service.sensors.disk import watch_disk
from agentmux.service.sensors.memory import MemorySensor
from agentmux.service.sensors.panes import PaneSensor
from agentmux.service.sensors.records import RecordSensor
from agentmux.service.sensors.snapshots import SnapshotSensor
from agentmux.service.serve import room_sockets, serving
from agentmux.service.session import load, state_of
from agentmux.service.tokens import ensure_tokens, forget
from agentmux.service.turns import Turns
from agentmux.service.verdict import Examiner
from agentmux.service.ways import serve_ways
from agentmux.terminal.control import ControlClient
from agentmux.terminal.tmux import TmuxServer
from agentmux.watch import FileWatch

ENDING = 20.0
"""Seconds that an agent which was ended may take until its pane knows."""


class Host:
    """One session's room with everything that it needs around it. Lives from `run` until `Stop`.

    Args:
        paths: the session's folder; its lock must be held.
        sandbox: where its agents run.
    """

    def __init__(self, paths: SessionPaths, sandbox: Sandbox) -> None:
        self.paths = paths
        self.sandbox = sandbox
        self.log = Log(paths.log)
        self.room = Room(paths, load(paths), self.log, state_of(paths), self._peek, self._failed)
        self.tmux = TmuxServer(paths.tmux_sock)
        self.launcher = Launcher(self.room, self.tmux, sandbox)
        self.prices = prices.load()
        self.memory = MemorySensor(self.room, sandbox)
        self.stopped = asyncio.Event()
        self.snapshots = SnapshotSensor(self.room, self.stopped)
        self.records = RecordSensor(self.room, self.stopped, self._noted)
        self.commits = Commits(self.room, sandbox)
        self.published = Published(self.room, sandbox, self.snapshots.take)
        self.turns = Turns(self.room, self.launcher, self._open_tmux, self.snapshots.take, self.published.judge)
        self.client: ControlClient | None = None
        self.sensor: PaneSensor | None = None
        self.delivery: Delivery | None = None
        self.failure: SessionError | None = None
        self.watch = FileWatch()
        self._end: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._freezing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until the session is stopped or the process is asked to end; `ready` is called once it answers."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopped.set)
        self.room.perform(Merge, Merger(self.room, self.sandbox, self.commits).perform)
        self.room.perform(Test, Examiner(self.room, self.sandbox).perform)
        self.room.perform(Restart, self._restart)
        self.room.perform(BeginTurn, self.turns.perform)
        self.room.perform_for(PublishCheck, self.published.publish)
        self.room.perform_for(RunChecks, self.published.run)
        self.room.perform(Interrupt, self._interrupt)
        self.room.perform(Explain, self._explain)
        self.room.perform(Stop, self._stop)
        agents = [spec.name for spec in self.room.session.agents]
        self.room.follow(Markers(self.paths, agents).follow)
        self.room.follow(self._follow)
        self.room.follow(Holds(self.room).follow)
        self.room.follow(self.records.follow)
        tokens = ensure_tokens(self.paths, [*agents, YOU], owner=owner_of(self.room.session))
        async with AsyncExitStack() as servers:
            await servers.enter_async_context(serving(room_app(self.room, tokens), room_sockets(self.paths, agents)))
            await serve_ways(self.room, self._used, servers)
            self.room.record(ROOM, [RoomStarted(pid=os.getpid(), restarted=self.room.state.room_pid is not None)])
            ready()
            self.room.spawn(self._begin())
            self.room.spawn(watch_disk(self.room, self.stopped))
            await self.stopped.wait()
        if self.client:
            await self.client.close()
        self.watch.close()
        self.log.close()
        if self.failure:
            raise self.failure

    async def _noted(self, agent: str, found: Found) -> None:
        await self._used(agent, found.noted.tokens, found.noted.window, found.record, found.position)

    async def _used(
        self, agent: str, tokens: Tokens, window: int | None = None, record: str = "", position: int = 0
    ) -> None:
        used = ReportUsed(
            agent=agent,
            model=tokens.model,
            tokens_in=tokens.taken,
            cached=tokens.cached,
            cache_written=tokens.written,
            tokens_out=tokens.given,
            cost=self.prices.cost(tokens),
            window=window or self.prices.window(tokens.model),
            record=record,
            position=position,
        )
        await self.room.submit(ROOM, used)

    def _failed(self, error: BaseException) -> None:
        """Background work went wrong. The session goes on with a warning; without its log it cannot, and ends."""
        with suppress(OSError):  # the disk may be full
            traceback.print_exception(error)
        try:
            known = isinstance(error, AgentmuxError)
            text = str(error) if known else f"Something unforeseen went wrong; {self.paths.room_log} has the details."
            self.room.record(ROOM, [Warned(text=text)])
        except SessionError as err:
            self.failure = err
            self.stopped.set()

    # -- agents and their panes --------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        """Go on with what an earlier room has left, at whatever step it was killed, and start what is missing."""
        self.room.spawn(asyncio.to_thread(late.load))
        for agent in self.room.state.agents.values():
            if agent.started:
                self.snapshots.watch(agent.name)
                self.records.watch(agent.name)
                self.memory.listen()
            if not agent.ended and exhausted(self.room.state, agent.name, ("stop",)):
                self.room.spawn(self._end_agents([agent.name]))
            if agent.paused == "freeze":  # it may not have come to that
                self._change_freeze(agent.name, frozen=True)
        await self._take_up()
        try:
            await self.turns.start()
        except AgentmuxError as err:
            tail = list(err.tail) if isinstance(err, LoggedError) else []
            self.room.record(ROOM, [SessionFailed(reason=err.message, hint=err.hint, tail=tail)])

    async def _take_up(self) -> None:
        await self.launcher.take_up()
        if await asyncio.to_thread(self.tmux.alive):
            await self._watch_panes()

    async def _open_tmux(self) -> None:
        await asyncio.to_thread(self.tmux.start, *FIRST_SIZE)
        await self._watch_panes()

    async def _watch_panes(self) -> None:
        """Follow the panes of the tmux server, which runs, unless that is done already."""
        async with self._connecting:
            if self.client:
                return
            self.client = await ControlClient.connect(self.paths.tmux_sock, on_closed=self._tmux_gone)
            self.sensor = PaneSensor(self.room, self.client, self.watch, self.sandbox, self._unrecorded, self._prompted)
            self.delivery = Delivery(self.room, self.client, self.sensor)
            self.room.follow(self.delivery.follow)
            for agent in self.room.state.agents.values():
                if agent.pane and not agent.ended:
                    self.sensor.add(agent.name, agent.pane)
                    self.delivery.look(agent.name)

    def _tmux_gone(self) -> None:
        """The line to tmux has ended; perhaps with the server and all panes, perhaps alone."""
        if self.sensor and self.delivery:
            self.sensor.close()
            self.room.unfollow(self.delivery.follow)
        self.client = self.sensor = self.delivery = None
        if not (self._end or self.stopped.is_set()):
            self.room.spawn(self._take_up())

    async def _peek(self, agent: str, *, file: str | None = None, screen: bool = False) -> str:
        return await peek(self.room, self.sensor, agent, file, screen=screen)

    def _prompted(self, agent: str) -> None:
        """An agent stands at its empty prompt: what waits for it can be typed."""
        if self.delivery:
            self.delivery.look(agent)

    def _unrecorded(self, agent: str) -> None:
        self.room.spawn(self.launcher.record_again(agent))

    # -- effects of events and commands ------------------------------------------------------------------------------

    def _follow(self, entry: Recorded) -> None:
        match entry.event:
            case AgentPaused(agent=agent, how="freeze") if entry.actor != ROOM:
                self._change_freeze(agent, frozen=True)
            case AgentInTrouble(agent=agent, what="disk"):
                self._change_freeze(agent, frozen=True)
            case AgentResumed(agent=agent, how="freeze") if entry.actor != ROOM:
                self._change_freeze(agent, frozen=False)
            case BudgetReached(agent=agent, level="stop"):
                self.room.spawn(self._end_agents([agent] if agent else list(self.room.state.agents)))
            case AgentExited(agent=agent):
                self.room.spawn(self._collect(agent))
            case AgentStarted(agent=agent, pane=pane):
                self.snapshots.watch(agent)
                self.records.watch(agent)
                self.memory.listen()
                if self.sensor:
                    self.sensor.add(agent, pane)

    async def _collect(self, agent: str) -> None:
        """Take what an agent that ended has left; at the end of the session all of that is done once more."""
        await self.snapshots.take(agent)
        if not self._end:
            await self.commits.keep(agent)

    def _change_freeze(self, agent: str, *, frozen: bool) -> None:
        self.room.spawn(self._freeze(agent, frozen=frozen))

    async def _freeze(self, agent: str, *, frozen: bool) -> None:
        """Freeze the agent or let it go on; when that fails it is told, and what is true instead is recorded."""
        effect = self.sandbox.freeze if frozen else self.sandbox.thaw
        async with self._freezing[agent]:
            try:
                await asyncio.to_thread(effect, box_of(self.paths, self.room.session, agent))
            except AgentmuxError as err:
                known = self.room.state.agents[agent]
                events: list[Event] = [Warned(text=str(err))]
                if known.paused == ("freeze" if frozen else None) and not known.ended:
                    events.append((AgentResumed if frozen else AgentPaused)(agent=agent, how="freeze"))
                self.room.record(ROOM, events)

    async def _end_agents(self, agents: list[str]) -> None:
        """End the agents' programs; the panes tell how they ended."""
        for agent in agents:
            await asyncio.to_thread(self.sandbox.remove, box_of(self.paths, self.room.session, agent))

    async def _interrupt(self, command: Command) -> Decision:
        assert isinstance(command, Interrupt)
        pane = self.room.state.agents[command.agent].pane
        if self.client is None or pane is None:
            return Decision(refusal=Refusal(f"{command.agent} has no pane to type into."))
        self.client.key(pane, self.room.session.agent(command.agent).profile.interrupt)
        return Decision()

    async def _explain(self, command: Command) -> Decision:
        return await explain(self.room, self.sensor, command)

    async def _restart(self, command: Command) -> Decision:
        assert isinstance(command, Restart)
        if not self.room.state.agents[command.agent].ended:
            await self._end_agent(command.agent)
        if self.room.state.agents[command.agent].started is None:
            await self.turns.begin(command.agent, YOU)
            return Decision()
        await self._open_tmux()
        await self.launcher.start_agent(command.agent)
        return Decision()

    async def _end_agent(self, agent: str) -> None:
        """End an agent that still runs, perhaps without doing anything, and wait until that is a fact."""
        over = asyncio.Event()

        def look(_: Recorded) -> None:
            if self.room.state.agents[agent].ended:
                over.set()

        self.room.follow(look)
        try:
            await self._end_agents([agent])
            async with asyncio.timeout(ENDING):
                await over.wait()
        except TimeoutError:
            raise SessionError(f"{agent} was ended, but its pane does not say so.", "Try again.") from None
        finally:
            self.room.unfollow(look)

    async def _stop(self, _: Command) -> Decision:
        self._end = self._end or asyncio.create_task(self._end_everything())
        await asyncio.shield(self._end)
        return Decision()

    async def _end_everything(self) -> None:
        """End the agents, then tmux, then the room itself; what an engine refuses to remove is told, and left."""
        try:
            self.turns.close()
            await self.launcher.close()
            boxes = [box_of(self.paths, self.room.session, spec.name) for spec in self.room.session.agents]
            removed = await asyncio.gather(
                *(asyncio.to_thread(self.sandbox.remove, box) for box in boxes), return_exceptions=True
            )
            agents = [agent.name for agent in self.room.state.agents.values() if agent.started]
            await asyncio.gather(*(self.snapshots.take(agent) for agent in agents))
            await self.commits.keep_all()
            await asyncio.to_thread(self.tmux.kill)
            await asyncio.to_thread(forget, self.paths)
            await asyncio.to_thread(take_back, self.paths, self.room.session)
            self.room.record(ROOM, [Warned(text=str(error)) for error in removed if error])
            self.room.record(YOU, [SessionStopped()])
        finally:
            asyncio.get_running_loop().call_soon(self.stopped.set)


def main(paths: SessionPaths, ready: Callable[[], None]) -> None:
    """Be the session's room.

    Raises:
        SessionError: another room already is, or the session was recorded elsewhere.
        SandboxError: its engine does not answer.
    """
    if state_of(paths).imported:
        raise SessionError(f"The session {paths.id} was recorded elsewhere; its agents are not started here.")
    handle = lock.take(paths)
    try:
        asyncio.run(_be_the_room(paths, ready))
    finally:
        os.close(handle)


async def _be_the_room(paths: SessionPaths, ready: Callable[[], None]) -> None:
    await Host(paths, sandbox_of(load(paths))).run(ready)
    # A download or a build may still run in a thread that cannot be told to end, and would be waited for.
    sys.stdout.flush()
    os._exit(0)
