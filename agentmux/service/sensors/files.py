"""Watches the agents' work trees; what an agent writes keeps its claims alive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agentmux.room.commands import Touched
from agentmux.room.state import ROOM
from agentmux.service.room import Room
from agentmux.service.sensors.tree import watch_tree
from agentmux.workspace.repo import shown

BUNDLE = 500
"""Paths in one report; between two of them the room answers others."""
Changed = Callable[[set[bytes], bool], None]


async def watch_files(room: Room, agent: str, stop: asyncio.Event, changed: Changed) -> None:
    """Report the paths that change in the agent's tree, in bundles, until `stop` or the end of the tree.

    `changed` is called before with their names, and with whether anything else may have changed as well. Raises what
    `watch_tree` does (OSError, RuntimeError) where the system lets no more folders be watched.
    """

    async def report(names: set[bytes], lost: bool) -> None:
        changed(names, lost)
        paths = sorted(map(shown, names))
        for start in range(0, len(paths), BUNDLE):
            await room.submit(ROOM, Touched(agent=agent, paths=paths[start : start + BUNDLE]))
            await asyncio.sleep(0)

    await watch_tree(room.paths.tree(agent), stop, report)
