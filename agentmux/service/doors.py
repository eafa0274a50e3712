"""The ways out of the sandboxes: a connection to a place that is not listed waits a little for the human's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agentmux.room.commands import AskEgress
from agentmux.room.events import EgressDenied, EgressGranted, Recorded
from agentmux.room.state import ROOM
from agentmux.service.tools.base import RoomLike

HOLD = 20.0
"""Seconds from the question within which an answer lets the connection itself go on.

Longer, and programs would give up by themselves, with a worse error than a refusal. What tries again after that is
refused at once, so that nothing hangs twice where nobody is there to answer.
"""


class Doors:
    """Asks the human about places, and lets through what was allowed.

    Args:
        room: its state says what the human has said.
    """

    def __init__(self, room: RoomLike) -> None:
        self.room = room
        self._answered: dict[tuple[str, str], asyncio.Event] = {}
        room.follow(self.follow)

    def follow(self, entry: Recorded) -> None:
        """Wake the connections that wait for this answer."""
        match entry.event:
            case EgressGranted(agent=agent, place=place) | EgressDenied(agent=agent, place=place):
                if waiting := self._answered.pop((agent, place), None):
                    waiting.set()

    async def ask(self, agent: str, place: str, given_up: Callable[[], bool]) -> bool:
        """Whether the agent may reach the place, within `HOLD` seconds after the human was asked.

        An agent that has given up meanwhile does not use up what was granted for once.
        """
        while not given_up():
            decision = await self.room.submit(ROOM, AskEgress(agent=agent, place=place))
            if decision.refusal is None:
                return True
            if not await self._answer(agent, place):
                return False
        return False

    async def _answer(self, agent: str, place: str) -> bool:
        """Whether there has been an answer while it was waited for."""
        known = self.room.state.egress.get((agent, place))
        if known is None or known.said != "refused":
            return known is not None and known.said != "no"
        answered = self._answered.setdefault((agent, place), asyncio.Event())
        try:
            async with asyncio.timeout(known.since + HOLD - self.room.clock()):
                await answered.wait()
        except TimeoutError:
            return False
        return True
