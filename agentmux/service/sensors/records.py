"""Follows the records of CLIs whose agents use the user's login: their requests do not pass the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agentmux.room.events import AgentStateChanged, Recorded, Warned
from agentmux.room.state import ROOM
from agentmux.service.records import AT_ONCE, FILES, Found, RecordFiles
from agentmux.service.room import Room
from agentmux.service.sensors.tree import watch_tree

SETTLE = 1.0
"""Seconds between two looks at an agent's records."""
Used = Callable[[str, Found], Awaitable[object]]


@dataclass(slots=True)
class _Agent:
    files: RecordFiles
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def told(self, _names: set[bytes], _lost: bool) -> None:
        """Something changed; what, is found in the files themselves."""
        self.changed.set()


class RecordSensor:
    """Tells of each reply that an agent's CLI notes down, once, whichever room was there when it came.

    Args:
        room: what it has recorded is not told again.
        stop: ends the watching.
        used: takes what an agent used.
    """

    def __init__(self, room: Room, stop: asyncio.Event, used: Used) -> None:
        self.room = room
        self.stop = stop
        self.used = used
        self._agents: dict[str, _Agent] = {}

    def watch(self, agent: str) -> None:
        """Begin to follow the agent's records, if it uses a login and its CLI keeps some."""
        login = self.room.session.agent(agent).profile.login if self.room.session.agent(agent).login else None
        if login and login.records and agent not in self._agents:
            home = self.room.paths.agent_home(agent)
            entry = self._agents[agent] = _Agent(RecordFiles(home, login.records))
            folder = home / login.records.folder.removeprefix("~/")
            self.room.spawn(self._watch(agent, watch_tree(folder, self.stop, entry.told)))
            self.room.spawn(self._look_when_changed(agent, entry))

    def follow(self, entry: Recorded) -> None:
        """Look when a turn begins or ends, too: then something is new even if nothing tells of it."""
        if isinstance(entry.event, AgentStateChanged) and entry.event.agent in self._agents:
            self._agents[entry.event.agent].changed.set()

    async def _watch(self, agent: str, watching: Awaitable[None]) -> None:
        try:
            await watching
        except (OSError, RuntimeError) as err:
            self._warn(f"The records of {agent}'s CLI cannot be watched ({err}): tokens count at the end of its turns.")

    async def _look_when_changed(self, agent: str, entry: _Agent) -> None:
        entry.changed.set()
        while True:
            await entry.changed.wait()
            entry.changed.clear()
            known = self.room.state.agents[agent].records
            found = await asyncio.to_thread(entry.files.new, known)
            for one in found:
                await self.used(agent, one)
            if len(found) == AT_ONCE:
                entry.changed.set()
            if entry.files.too_many:
                self._warn(f"{agent}'s CLI keeps more than {FILES} records: the tokens in others are not counted.")
            await asyncio.sleep(SETTLE)

    def _warn(self, text: str) -> None:
        if all(text != told for _, told in self.room.state.warnings):
            self.room.record(ROOM, [Warned(text=text)])
