"""The room process when what it stands on breaks: killed at any step, sandboxes that fail, tmux clients that die."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import Any

import pytest

from agentmux.errors import SandboxError
from agentmux.paths import SessionPaths
from agentmux.room.commands import Pause, Restart, Resume, Stop
from agentmux.room.events import AgentStarted, Recorded
from agentmux.room.state import YOU, State
from agentmux.sandbox.base import Box
from agentmux.sandbox.process import ProcessSandbox
from agentmux.service import lock, process, session
from agentmux.service.host import Host
from agentmux.service.log import LogReader
from tests.fixtures.waiting import PATIENCE


class Shaky(ProcessSandbox):
    """Fails at what `broken` names, as `("prepare", "bob")`, and stands still at it while `gate` is closed."""

    def __init__(self) -> None:
        self.broken: set[tuple[str, str]] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.removed: list[str] = []

    def _try(self, what: str, box: Box) -> None:
        if (what, box.agent) in self.broken:
            raise SandboxError(f"The engine cannot {what} {box.agent}.")

    def prepare(self, box: Box) -> str | None:
        self.gate.wait(PATIENCE)
        self._try("prepare", box)
        return super().prepare(box)

    def freeze(self, box: Box) -> None:
        self._try("freeze", box)
        super().freeze(box)

    def thaw(self, box: Box) -> None:
        self._try("thaw", box)
        super().thaw(box)

    def ended(self, box: Box) -> None:
        self._try("ended", box)

    def remove(self, box: Box) -> None:
        self.removed.append(box.agent)
        self._try("remove", box)
        super().remove(box)


class Hosted:
    """A room in this process."""

    def __init__(self, host: Host, sandbox: Shaky) -> None:
        self.host = host
        self.sandbox = sandbox
        self.running = asyncio.create_task(host.run(lambda: None))

    @property
    def state(self) -> State:
        return self.host.room.state

    async def send(self, command: Any) -> Any:
        return await self.host.room.submit(YOU, command)

    async def until(self, holds: Callable[[State], object], seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not holds(self.state):  # noqa: ASYNC110  # also for what no event tells
                await asyncio.sleep(0.02)


@pytest.fixture
def made(make: Callable[..., SessionPaths]) -> SessionPaths:
    """A session of two shells that has no room yet."""
    return make(ada="shell", bob="shell")


@pytest.fixture
async def hosted(made: SessionPaths) -> AsyncIterator[Hosted]:
    """Its room, in a sandbox that can be broken."""
    sandbox = Shaky()
    hosted = Hosted(Host(made, sandbox), sandbox)
    yield hosted
    sandbox.gate.set()
    sandbox.broken.clear()
    if not hosted.running.done():
        await hosted.send(Stop())
    await asyncio.wait_for(hosted.running, 10)


def runs(*agents: str) -> Callable[[State], bool]:
    return lambda state: all(state.agents[name].started and not state.agents[name].ended for name in agents)


async def test_an_agent_that_cannot_start_keeps_nobody_from_work_and_can_be_tried_again(hosted):
    hosted.sandbox.broken.add(("prepare", "bob"))
    await hosted.until(lambda s: s.agents["bob"].ended and s.agents["ada"].started)
    await hosted.until(lambda s: s.warnings)
    assert hosted.state.agents["bob"].why == "The engine cannot prepare bob."
    assert all(done for _, done in hosted.state.progress.values())
    assert "bob could not be started" in hosted.state.warnings[0][1]
    assert not hosted.state.failed

    again = await hosted.send(Restart(agent="bob"))
    assert "cannot prepare bob" in again.refusal.reason
    hosted.sandbox.broken.clear()
    assert not (await hosted.send(Restart(agent="bob"))).refusal
    await hosted.until(runs("ada", "bob"))
    await hosted.until(lambda s: s.agents["bob"].state == "idle")


async def test_a_session_of_which_no_agent_starts_has_failed(hosted):
    hosted.sandbox.broken |= {("prepare", "ada"), ("prepare", "bob")}
    await hosted.until(lambda s: s.failed)
    assert "The engine cannot prepare" in hosted.state.failed


async def test_of_two_restarts_one_starts(hosted):
    await hosted.until(runs("ada", "bob"))
    os.kill(hosted.host.tmux.panes()["ada"].pid, signal.SIGKILL)
    await hosted.until(lambda s: s.agents["ada"].ended)
    decisions = await asyncio.gather(hosted.send(Restart(agent="ada")), hosted.send(Restart(agent="ada")))
    assert sorted(bool(d.refusal) for d in decisions) == [False, True]
    await hosted.until(runs("ada"))


async def test_what_did_not_freeze_does_not_count_as_frozen(hosted):
    await hosted.until(runs("ada"))
    hosted.sandbox.broken.add(("freeze", "ada"))
    await hosted.send(Pause(agent="ada", how="freeze"))
    await hosted.until(lambda s: s.warnings)
    assert hosted.state.agents["ada"].paused is None


async def test_what_did_not_thaw_still_counts_as_frozen(hosted):
    await hosted.until(runs("ada"))
    await hosted.send(Pause(agent="ada", how="freeze"))
    hosted.sandbox.broken.add(("thaw", "ada"))
    await hosted.send(Resume(agent="ada"))
    await hosted.until(lambda s: s.warnings)
    assert hosted.state.agents["ada"].paused == "freeze"
    hosted.sandbox.broken.clear()
    await hosted.send(Resume(agent="ada"))
    await hosted.until(lambda s: s.agents["ada"].paused is None)


async def test_an_end_is_reported_although_the_engine_is_down(hosted):
    await hosted.until(runs("ada"))
    hosted.sandbox.broken.add(("ended", "ada"))
    os.kill(hosted.host.tmux.panes()["ada"].pid, signal.SIGKILL)
    await hosted.until(lambda s: s.agents["ada"].ended)
    assert hosted.state.agents["ada"].exit_signal == signal.SIGKILL


async def test_a_stop_while_agents_start_leaves_no_agent(hosted, made):
    hosted.sandbox.gate.clear()
    await hosted.until(lambda s: "start ada" in s.progress and "start bob" in s.progress)
    stopping = asyncio.create_task(hosted.send(Stop()))
    await asyncio.sleep(0)
    assert hosted.sandbox.removed == []
    hosted.sandbox.gate.set()
    assert not (await stopping).refusal
    assert sorted(hosted.sandbox.removed) == ["ada", "bob"]
    assert not any(agent.started for agent in hosted.state.agents.values())
    assert not hosted.host.tmux.alive()


async def test_two_stops_are_one(hosted, made):
    await hosted.until(runs("ada", "bob"))
    await asyncio.gather(hosted.send(Stop()), hosted.send(Stop()))
    await hosted.running
    with LogReader(made.log) as reader:
        kinds = [type(entry.event).kind for entry in reader.read()]
    assert kinds.count("session.stopped") == 1
    assert len(hosted.sandbox.removed) == 2


async def test_a_stop_ends_what_it_can_and_tells_the_rest(hosted):
    await hosted.until(runs("ada", "bob"))
    hosted.sandbox.broken.add(("remove", "bob"))
    assert not (await hosted.send(Stop())).refusal
    assert hosted.state.stopped
    assert [text for _, text in hosted.state.warnings] == ["The engine cannot remove bob."]
    assert not hosted.host.tmux.alive()


async def test_the_room_sees_panes_again_after_its_line_to_tmux_was_cut(hosted):
    await hosted.until(lambda s: all(a.state == "idle" for a in s.agents.values()))
    first = hosted.host.client
    first._process.kill()
    await hosted.until(lambda _: hosted.host.client not in (None, first))
    os.kill(hosted.host.tmux.panes()["ada"].pid, signal.SIGKILL)
    await hosted.until(lambda s: s.agents["ada"].ended)
    assert not hosted.state.agents["bob"].ended
    assert not hosted.state.warnings


async def test_an_agent_that_works_in_silence_is_not_looked_at_again_and_again(hosted, monkeypatch):
    monkeypatch.setattr("agentmux.service.sensors.panes.QUIET", 0.3)
    await hosted.until(lambda s: s.agents["ada"].state == "idle")
    looks = 0
    sensor = hosted.host.sensor
    capture = hosted.host.client.capture

    async def counted(*args, **kwargs):
        nonlocal looks
        looks += 1
        return await capture(*args, **kwargs)

    monkeypatch.setattr(hosted.host.client, "capture", counted)
    hosted.host.client.send(f"send-keys -t {hosted.state.agents['ada'].pane} 'half a line'")
    await hosted.until(lambda s: s.agents["ada"].state == "working")
    quiet = sensor._panes["ada"].last_output + 0.6
    await hosted.until(lambda _: asyncio.get_running_loop().time() > quiet)
    assert looks < 10


def test_a_room_killed_at_any_step_of_the_start_is_finished_by_the_next(made):
    """What is in the log after a kill is any beginning of it; the world may be further by then, never less far."""
    killed = Killed(made)
    for length in range(killed.first_start + 1, 0, -3):
        state = killed.after(length)
        assert not state.failed
        assert not state.warnings


def test_an_agent_whose_room_was_killed_before_its_pane_opened_is_started(made):
    killed = Killed(made)
    started = entries(made)[killed.first_start - 1].event
    assert isinstance(started, AgentStarted)
    other = ({"ada", "bob"} - {started.agent}).pop()
    before = killed.state
    subprocess.run(["tmux", "-S", made.tmux_sock, "kill-window", "-t", f"=hub:={other}"], check=True)
    after = killed.after(killed.first_start)
    assert after.agents[started.agent].pane == before.agents[started.agent].pane
    assert after.agents[other].pane != before.agents[other].pane
    assert not after.agents[other].ended


class Killed:
    """A session whose room is killed again and again, with less and less of its log written."""

    def __init__(self, paths: SessionPaths) -> None:
        self.paths = paths
        self.state = self._start()
        kinds = [isinstance(entry.event, AgentStarted) for entry in entries(paths)]
        self.first_start = kinds.index(True) + 1

    def after(self, length: int) -> State:
        """The session once a room has taken it up that finds only the first `length` events."""
        assert self.state.room_pid
        os.kill(self.state.room_pid, signal.SIGKILL)
        os.close(lock.take(self.paths, patience=PATIENCE))
        with closing(sqlite3.connect(self.paths.log)) as log, log:
            log.execute("DELETE FROM events WHERE seq > ?", (length,))
        self.state = self._start()
        return self.state

    def _start(self) -> State:
        process.start_room(self.paths)
        deadline = time.monotonic() + PATIENCE
        while not runs("ada", "bob")(state := session.state_of(self.paths)):
            assert time.monotonic() < deadline, state
            time.sleep(0.02)
        return state


def entries(paths: SessionPaths) -> list[Recorded]:
    with LogReader(paths.log) as reader:
        return reader.read()
