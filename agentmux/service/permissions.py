"""Permissions: what an agent's CLI would ask in a dialog of its own is asked of the human through the room.

```
hook PermissionRequest: tool_name, tool_input ->
{"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {"behavior": "allow"}}}
{"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {"behavior": "deny", "message": text}}}
{}                                                     no answer: the CLI asks in its own dialog
```
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from agentmux.room.commands import AskPermission, WithdrawPermission
from agentmux.room.events import PermissionAnswered, PermissionAsked, PermissionWithdrawn, Recorded
from agentmux.room.state import ROOM, Permission
from agentmux.service.tool_calls import Request
from agentmux.service.tools.base import RoomLike

PATIENCE = 12 * 3600.0
"""Seconds that a hook waits; the CLIs' own limits, in the profiles, are a little longer."""
Gone = Callable[[], Awaitable[None]]
"""Returns when the hook has ended, so that nobody waits for its answer any more."""


class Permissions:
    """Asks the human, and waits for the answer.

    Args:
        room: takes the questions, and tells of the answers.
    """

    def __init__(self, room: RoomLike) -> None:
        self.room = room
        self._waiting: dict[int, asyncio.Future[PermissionAnswered | None]] = {}
        self._allowed: Counter[tuple[str, str, str]] = Counter()
        room.follow(self.follow)

    def follow(self, entry: Recorded) -> None:
        """Hand an answer to the hook that waits for it."""
        match entry.event:
            case PermissionAsked(id=number):
                self._waiting[number] = asyncio.get_running_loop().create_future()
            case PermissionAnswered(id=number) if waiting := self._waiting.get(number):
                waiting.set_result(entry.event)
            case PermissionWithdrawn(id=number) if waiting := self._waiting.get(number):
                waiting.set_result(None)

    async def ask(self, member: str, request: Request, gone: Gone) -> dict[str, Any]:
        """What the hook of this member's CLI prints: the human's answer, or nothing."""
        asked = AskPermission(agent=member, tool=request.tool, what=request.what, covers=request.covers)
        decision = await self.room.submit(ROOM, asked)
        if decision.refusal:
            return {}
        number = decision.reply["id"]
        answered, ended = self._waiting[number], asyncio.ensure_future(_until(gone))
        try:
            await asyncio.wait((answered, ended), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if answered.done():
                reply = _reply(answered.result())
                if reply is ALLOWED:
                    self._allowed[member, request.tool, request.what] += 1
                return reply
            elsewhere = not ended.done()
            why = "left to its own dialog" if elsewhere else "its CLI waits no longer"
            await self.room.submit(ROOM, WithdrawPermission(id=number, why=why, elsewhere=elsewhere))
            return {}
        finally:
            ended.cancel()
            del self._waiting[number]

    async def settled(self, member: str, request: Request | None = None) -> None:
        """The member's CLI has gone on: after this request, or (None) whatever became of all of them.

        What was allowed from here is no sign that another request for the same was answered elsewhere.
        """
        if request and self._allowed[member, request.tool, request.what]:
            self._allowed[member, request.tool, request.what] -= 1
            return
        if request is None:
            self._allowed = Counter({key: number for key, number in self._allowed.items() if key[0] != member})
        for asked in self.open(member):
            if request is None or (asked.tool, asked.what) == (request.tool, request.what):
                await self.room.submit(ROOM, WithdrawPermission(id=asked.id, why="answered in its pane"))

    def open(self, member: str) -> list[Permission]:
        """What the member waits for."""
        return [asked for asked in self.room.state.permissions.values() if asked.agent == member]


async def _until(gone: Gone) -> None:
    await gone()


def _reply(answer: PermissionAnswered | None) -> dict[str, Any]:
    if answer is None:
        return {}
    if answer.answer != "no":
        return ALLOWED
    return _decided({"behavior": "deny", "message": answer.text or "The human said no."})


def _decided(decision: dict[str, str]) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}}


ALLOWED = _decided({"behavior": "allow"})
"""The answer yes."""
