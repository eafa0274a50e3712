"""From a session folder to running agents: the tmux server, the image, and for each agent its clone, box and pane."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from agentmux.config import Session
from agentmux.errors import AgentmuxError, SessionError
from agentmux.paths import SessionPaths
from agentmux.room.commands import ReportExit
from agentmux.room.events import AgentStarted, AgentStateChanged, Event, Progress, Warned
from agentmux.room.state import ROOM
from agentmux.sandbox.base import Box, Sandbox
from agentmux.sandbox.detect import WITH_IMAGES
from agentmux.service import late
from agentmux.service.boxes import box_of
from agentmux.service.logins import lend, variables_of
from agentmux.service.outfit import lay_files, lay_patches
from agentmux.service.room import Room
from agentmux.service.scrub import secret_values
from agentmux.service.session import write_session
from agentmux.service.setup import Setups
from agentmux.service.tokens import write_private
from agentmux.terminal.tmux import Recording, TmuxServer
from agentmux.workspace.clone import create_workspace
from agentmux.workspace.copied import Copies

P = ParamSpec("P")
T = TypeVar("T")
FIRST_SIZE = (100, 30)
"""Columns and rows of a pane that no viewer has sized yet."""


class Launcher:
    """Starts a session's agents, and starts them again.

    Args:
        room: where progress and results are recorded.
        tmux: the session's server; it runs when an agent is started.
        sandbox: where agents run.
    """

    def __init__(self, room: Room, tmux: TmuxServer, sandbox: Sandbox) -> None:
        self.room = room
        self.tmux = tmux
        self.sandbox = sandbox
        self.setups = Setups(room, sandbox)
        self._closed = False
        self._one_at_a_time: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def paths(self) -> SessionPaths:
        """The session's folder."""
        return self.room.paths

    @property
    def session(self) -> Session:
        """What the session was started with."""
        return self.room.session

    async def start(self, agents: list[str]) -> None:
        """Start agents, all at once; one that fails does not keep the others from their work.

        Raises:
            AgentmuxError: there is no image for them, or not a single agent of the session has ever run.
        """
        if self.sandbox.name in WITH_IMAGES and not self.session.image:
            await self._image()
        tried = await asyncio.gather(*map(self.start_agent, agents), return_exceptions=True)
        failures = [error for error in tried if error]
        if failures and not any(agent.started for agent in self.room.state.agents.values()):
            raise failures[0]
        for agent, error in zip(agents, tried, strict=True):
            if error:
                self._record(Warned(text=f"{agent} could not be started: {error}"))

    async def start_agent(self, agent: str) -> None:
        """Start an agent that never ran or has ended; what an earlier try has made is used.

        Raises:
            AgentmuxError: it could not be started; it has failed, and may be tried again.
        """
        async with self._one_at_a_time[agent]:
            known = self.room.state.agents[agent]
            if known.started and not known.ended:
                raise SessionError(f"{agent} is running already.")
            if known.ended:
                self._record(AgentStateChanged(agent=agent, state="starting", why="started again"))
            try:
                await self._clone(agent)
                await self._step(self._furnish, agent)
                had_one = known.tokens_out > 0 or (known.worked and self.session.agent(agent).login)
                box = box_of(self.paths, self.session, agent, resumed=had_one)
                await self.setups.run(box)
                await self._step(self._lend, agent)
                # CLIs ask for their tools as they start, and begin their task without them if no answer comes at once.
                await asyncio.to_thread(late.load)
                await self._open(box, again=known.started is not None)
            except AgentmuxError as err:
                self._record(AgentStateChanged(agent=agent, state="failed", why=err.message), *self._given_up(agent))
                raise

    def _given_up(self, agent: str) -> list[Progress]:
        """The ends of the agent's steps that are still said to be going on."""
        steps = self.room.state.progress.items()
        return [
            Progress(step=step, text="failed", done=True)
            for step, (_, done) in steps
            if step.endswith(f" {agent}") and not done
        ]

    async def take_up(self) -> None:
        """Find the panes of the agents that run, and report what ended unseen."""
        panes = await asyncio.to_thread(self.tmux.panes)
        for agent in list(self.room.state.agents.values()):
            pane = panes.get(agent.name)
            if agent.ended or agent.started is None:
                continue
            if pane is None:
                await self.room.submit(ROOM, ReportExit(agent=agent.name, reason="its tmux server is gone"))
            elif not pane.piped and not pane.dead:
                await self.record_again(agent.name)

    async def record_again(self, agent: str) -> None:
        """Start a new recorder where one has ended; the recording goes on in the same file, and the gap is told."""
        pane = self.room.state.agents[agent].pane
        assert pane is not None
        await asyncio.to_thread(self.tmux.record, pane, self._recording(agent))
        self._record(Warned(text=f"The recorder of {agent} had ended; it was started again, something may be missing."))

    async def close(self) -> None:
        """Start nothing more, and wait until nothing is being started, so that what is removed now stays away."""
        self._closed = True
        await self.setups.end()
        for lock in list(self._one_at_a_time.values()):
            async with lock:
                pass

    async def _step(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A step of a start, in a thread; none begins once the session is being stopped."""
        if self._closed:
            raise SessionError(f"The session {self.paths.id} is being stopped.")
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except OSError as err:
            raise SessionError(f"{err.filename or self.paths.folder}: {err.strerror}.") from err

    async def _image(self) -> None:
        # Imported here: the docker SDK takes a while, and most starts need none of this.
        from agentmux.sandbox.containers import ContainerSandbox
        from agentmux.service.images import make_image

        assert isinstance(self.sandbox, ContainerSandbox)
        connect, loop = self.sandbox.engine, asyncio.get_running_loop()

        def tell(progress: Progress) -> None:
            loop.call_soon_threadsafe(self._record, progress)

        image = await self._step(make_image, self.paths, self.session, tell, connect)
        self.room.session = self.session.model_copy(update={"image": image})
        await self._step(write_session, self.paths, self.session)

    async def _clone(self, agent: str) -> None:
        if self.paths.tree(agent).exists():
            return
        step = f"clone {agent}"
        self._record(Progress(step=step, text="copying the repository"))
        copies = Copies(Path(self.session.repo), self.session.copied)
        start = self.room.state.agents[agent].start or self.session.base
        await self._step(create_workspace, self.paths, agent, start, copies)
        brought = f", with {', '.join(copies.names)}" if copies.names else ""
        self._record(Progress(step=step, text=f"ready{brought}", done=True))

    async def _open(self, box: Box, *, again: bool) -> None:
        step = f"start {box.agent}"
        self._record(Progress(step=step, text=f"preparing its place ({self.sandbox.name})"))
        container = await self._step(self.sandbox.prepare, box)
        pane = await self._step(self._pane, box)
        self._record(
            AgentStarted(agent=box.agent, pane=pane, container=container, restarted=again),
            Progress(step=step, text="running", done=True),
        )

    def _pane(self, box: Box) -> str:
        """The agent's pane: a new one, or the one that a room opened that was killed before it could say so."""
        known = self.tmux.panes().get(box.agent)
        if known and not known.dead:
            return known.pane
        return self.tmux.open_pane(
            box.agent,
            self.sandbox.pane_argv(box),
            self.sandbox.pane_env(box),
            self.paths.tree(box.agent),
            self._recording(box.agent),
            *(self.room.state.agents[box.agent].size or FIRST_SIZE),
        )

    def _furnish(self, agent: str) -> None:
        """Lay out what the agent finds in its place: home, sockets, its task, the secrets that its profile names.

        A secret that this room does not know, since it was started from another terminal, stays as it was.
        """
        spec = self.session.agent(agent)
        self.paths.agent_home(agent).mkdir(parents=True, exist_ok=True)
        lay_files(self.paths, self.session, agent)
        self.paths.sockets(agent).mkdir(parents=True, exist_ok=True)
        if spec.profile.patches:
            lay_patches(self.paths, self.session, agent)
        self.paths.task_file(agent).write_text(spec.task or self.session.task, encoding="utf-8")
        known = _assignments(self.paths.secret_env(agent)) | os.environ
        named = {name: known[name] for name in (*spec.profile.secrets, *variables_of(spec)) if name in known}
        named["AGENTMUX_TOKEN"] = self.paths.token(agent).read_text(encoding="utf-8").strip()
        write_private(self.paths.secret_env(agent), [f"{name}={value}" for name, value in named.items()])
        write_private(self.paths.scrub_file(agent), [*named.values(), *secret_values(self.session)])

    def _lend(self, agent: str) -> None:
        """Give the agent the user's login, if it uses it; not before, since commands that set it up need none."""
        spec, scrub = self.session.agent(agent), self.paths.scrub_file(agent)
        if spec.login:
            hidden = lend(self.paths, spec, _assignments(self.paths.secret_env(agent)) | os.environ)
            write_private(scrub, [*scrub.read_text(encoding="utf-8").splitlines(), *hidden])

    def _recording(self, agent: str) -> Recording:
        paths = self.paths
        return Recording(paths.cast(agent), paths.recorder_sock(agent), paths.scrub_file(agent))

    def _record(self, *events: Event) -> None:
        self.room.record(ROOM, events)


def _assignments(file: Path) -> dict[str, str]:
    """The `KEY=value` lines of a file; none where there is no file."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {name: value for name, _, value in (line.partition("=") for line in lines)}
