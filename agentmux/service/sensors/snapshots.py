"""Takes each agent's tree a moment after it changed, and tells how it differs from the one before."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from agentmux.errors import GitError
from agentmux.room.claims import WRITES_LIMIT
from agentmux.room.commands import ReportSnapshot, ReportWritten
from agentmux.room.events import Warned
from agentmux.room.state import ROOM
from agentmux.service.room import Room
from agentmux.service.sensors.files import watch_files
from agentmux.workspace import history
from agentmux.workspace.snapshot import LARGE

SETTLE = 0.3
"""Seconds without a change after which a tree is taken."""
LONGEST = 1.0
"""Seconds after a change in which a tree is taken at the latest, however much goes on."""
SHARE = 0.1
"""How much of the time may be spent on one agent's snapshots: where they take long, they are taken less often."""
REST = 0.5
"""Seconds between two snapshots at most, unless all of a tree is looked at: a busy machine makes everything long."""
SLACK = 1.0
"""Seconds by which the news of a write may be late."""
POLL = 20.0
"""Seconds between two looks at a tree that cannot be watched."""


@dataclass(slots=True)
class _Tree:
    since: float | None = None
    """When the first change came that no snapshot has yet; Unix seconds."""
    names: set[bytes] = field(default_factory=set)
    """What changed since, relative to the tree."""
    lost: bool = True
    """Whether anything else may have changed, too."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    taking: asyncio.Lock = field(default_factory=asyncio.Lock)


class SnapshotSensor:
    """Reports the agents' trees to the room, one snapshot at a time for each agent.

    Args:
        room: takes the reports.
        stop: ends the watching.
    """

    def __init__(self, room: Room, stop: asyncio.Event) -> None:
        self.room = room
        self.stop = stop
        self._trees: defaultdict[str, _Tree] = defaultdict(_Tree)
        self._watched: set[str] = set()

    def watch(self, agent: str) -> None:
        """Begin to watch the agent's tree, unless it is watched already."""
        if agent not in self._watched:
            self._watched.add(agent)
            self.room.spawn(self._watch(agent))
            self.room.spawn(self._take_when_changed(agent))

    async def take(self, agent: str) -> None:
        """Look at the agent's whole tree now, and report it if it is another.

        Whatever keeps it from being taken is a warning, told once.
        """
        self._trees[agent].lost = True
        await self._take(agent)

    async def _take(self, agent: str) -> float:
        """Take the tree, reading what may have changed; how many seconds that took."""
        tree = self._trees[agent]
        async with tree.taking:
            since = self.room.clock() - SLACK if tree.since is None else tree.since
            among = None if tree.lost else tree.names
            tree.since, tree.names, tree.lost = None, set(), False
            before = self.room.state.agents[agent].tree
            try:
                taken = await asyncio.to_thread(history.take, self.room.paths, agent, before, among)
            except (GitError, OSError) as err:
                tree.lost = True
                self._warn(f"No snapshot of {agent}'s files could be taken: {err}")
                return 0.0
            if taken.large:
                names = ", ".join(taken.large)
                self._warn(f"Larger than {LARGE >> 20} MiB, and in no snapshot or merge of {agent}'s work: {names}.")
            if taken.tree != taken.parent:
                await self._report(agent, taken, since)
            return taken.seconds

    def _changed(self, agent: str, names: set[bytes], lost: bool) -> None:
        tree = self._trees[agent]
        if tree.since is None:
            tree.since = self.room.clock() - SLACK
        tree.names |= names
        tree.lost = tree.lost or lost
        tree.changed.set()

    async def _watch(self, agent: str) -> None:
        """Follow the tree's changes; where the system does not let it be watched, look now and then."""
        try:
            await watch_files(self.room, agent, self.stop, partial(self._changed, agent))
        except (OSError, RuntimeError) as err:
            self._warn(
                f"{agent}'s files cannot be watched ({err}), so they are looked at every {POLL:.0f} s. More folders "
                "can be watched after `sysctl fs.inotify.max_user_watches=524288`."
            )
            while not self.stop.is_set():
                self._changed(agent, set(), lost=True)
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self.stop.wait()

    async def _take_when_changed(self, agent: str) -> None:
        tree, clock = self._trees[agent], asyncio.get_running_loop().time
        whole_at = 0.0
        while True:
            await tree.changed.wait()
            known = 0.0 if tree.since is None else self.room.clock() - tree.since - SLACK
            await _quiet(tree.changed, min(LONGEST, LONGEST - known))
            if whole := tree.lost:
                await asyncio.sleep(whole_at - clock())
            pause = await self._take(agent) / SHARE
            whole_at = clock() + pause if whole else whole_at
            await asyncio.sleep(min(pause, REST))

    async def _report(self, agent: str, taken: history.Taken, since: float) -> None:
        paths = [change.path for change in taken.changed]
        first = ReportSnapshot(
            agent=agent,
            tree=taken.tree,
            parent=taken.parent,
            paths=paths[:WRITES_LIMIT],
            files=len(paths),
            added=sum(change.added or 0 for change in taken.changed),
            removed=sum(change.removed or 0 for change in taken.changed),
            seconds=round(taken.seconds, 3),
            since=since,
        )
        await self.room.submit(ROOM, first)
        for start in range(WRITES_LIMIT, len(paths), WRITES_LIMIT):
            await asyncio.sleep(0)  # the room answers others in between
            more = ReportWritten(agent=agent, paths=paths[start : start + WRITES_LIMIT], since=since)
            await self.room.submit(ROOM, more)

    def _warn(self, text: str) -> None:
        if all(text != told for _, told in self.room.state.warnings):
            self.room.record(ROOM, [Warned(text=text)])


async def _quiet(changed: asyncio.Event, longest: float) -> None:
    """Return when nothing has changed for `SETTLE`, after `longest` at the latest; what comes later is news again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(longest):
            while changed.is_set():
                changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(SETTLE):
                        await changed.wait()
    changed.clear()
