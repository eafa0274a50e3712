"""What agents' own hooks tell the room, and what it answers: `POST /hook`.

The JSON that Claude Code and Codex write to a hook's standard input, and read from its output; `hook_forms.py` has
what other CLIs call the same:

```
hook_event_name    SessionStart UserPromptSubmit PreToolUse PostToolUse PermissionRequest Notification Stop
prompt                  of a UserPromptSubmit
tool_name, tool_input   of the tool; file_path, or the text of a patch as command
notification_type       of a Notification
stop_hook_active        of a Stop: an earlier answer already kept the agent from stopping
->
{"hookSpecificOutput": {"hookEventName": ..., "additionalContext": text}}    the model reads the text
{"decision": "block", "reason": text}                                        it goes on, and reads the text
{}                                                                           nothing to say
```
"""

from __future__ import annotations

import asyncio
import posixpath
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, model_validator

from agentmux.room.claims import touches
from agentmux.room.commands import ReportState, ReportTyped
from agentmux.room.events import AgentState
from agentmux.room.state import ROOM
from agentmux.sandbox.base import TREE
from agentmux.service.hook_forms import in_our_words
from agentmux.service.mail import as_typed, letters, take
from agentmux.service.tools.base import Caller, RoomLike

STATES: dict[str, AgentState] = {
    "SessionStart": "idle",
    "UserPromptSubmit": "working",
    "PostToolUse": "working",
    "PermissionRequest": "needs you",
    "Stop": "idle",
}
NOTIFICATIONS: dict[str, AgentState] = {
    "permission_prompt": "needs you",
    "elicitation_dialog": "needs you",
    "idle_prompt": "idle",
}
ASKING = ("AskUserQuestion", "ExitPlanMode")
"""Tools that are a question to the human."""
PATH_KEYS = ("file_path", "notebook_path")
PATCH_HEADS = ("*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: ")
TOOLS_SECONDS = 5.0
"""How long a first prompt waits until its agent has asked for the room's tools."""


class HookCall(BaseModel):
    """What a hook was told, as far as the room is interested."""

    hook_event_name: str
    prompt: str = ""
    tool_name: str = ""
    tool_input: Any = None
    cwd: str = TREE
    notification_type: str = ""
    stop_hook_active: bool = False

    _forms = model_validator(mode="before")(in_our_words)


class Hooks:
    """Answers hooks: takes the agent's state from them, hands over mail, and warns of others' claims.

    Args:
        room: takes the reports.
    """

    def __init__(self, room: RoomLike) -> None:
        self.room = room
        self._tools_known: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def tools_listed(self, member: str) -> None:
        """The member's CLI has got the list of the room's tools."""
        self._tools_known[member].set()

    async def answer(self, member: str, call: HookCall) -> dict[str, Any]:
        """What the hook of this member prints."""
        caller = Caller(self.room, member)
        name = call.hook_event_name
        if name == "Stop" and caller.unread and not call.stop_hook_active:
            return {"decision": "block", "reason": letters(await take(caller, "hook"))}
        if state := _state(call):
            await self.room.submit(ROOM, ReportState(agent=member, state=state, why=f"hook: {name}"))
        if name == "UserPromptSubmit":
            await self._confirm_typed(caller, call.prompt)
            await self._until_tools_are_known(member)
        if name != "PostToolUse":
            return {}
        context = [*self._warnings(member, call)]
        if mail := await take(caller, "hook"):
            context.append(letters(mail))
        if not context:
            return {}
        return {"hookSpecificOutput": {"hookEventName": name, "additionalContext": "\n\n".join(context)}}

    async def _confirm_typed(self, caller: Caller, prompt: str) -> None:
        """A message that was typed has arrived: it must not come again with this turn's next tool."""
        for number in list(caller.unread):
            if "".join(as_typed(self.room.state.messages[number]).split()) == "".join(prompt.split()):
                await self.room.submit(ROOM, ReportTyped(id=number, agent=caller.member))

    async def _until_tools_are_known(self, member: str) -> None:
        """Claude Code would begin its first turn without the tools of a server that it is still connecting to."""
        known = self._tools_known[member]
        try:
            async with asyncio.timeout(TOOLS_SECONDS):
                await known.wait()
        except TimeoutError:
            known.set()

    def _warnings(self, member: str, call: HookCall) -> Iterator[str]:
        """A sentence for each claim of somebody else that was written into."""
        paths = edited(call)
        for lease in self.room.state.claims.values():
            if lease.holder != member and lease.mode == "exclusive" and touches(lease, paths):
                intent = f" ({lease.intent})" if lease.intent else ""
                yield (
                    f"You changed {', '.join(paths)}, but {lease.holder} has claimed {', '.join(lease.paths)}{intent}. "
                    f"Talk to {lease.holder} with `say` before you go on there, or undo it."
                )


def edited(call: HookCall) -> list[str]:
    r"""The files that the tool wrote to, as paths in the work tree.

    >>> patch = "*** Begin Patch\n*** Update File: src/a.py\n+x\n*** Add File: /etc/b\n*** End Patch"
    >>> edited(HookCall(hook_event_name="PostToolUse", tool_name="apply_patch", tool_input={"command": patch}))
    ['src/a.py']
    """
    given = call.tool_input if isinstance(call.tool_input, dict) else {}
    named = [str(given[key]) for key in PATH_KEYS if given.get(key)] if call.tool_name != "Read" else []
    if call.tool_name == "apply_patch":
        lines = str(given.get("command", "")).splitlines()
        named += [line.removeprefix(head).strip() for line in lines for head in PATCH_HEADS if line.startswith(head)]
    places = (posixpath.relpath(posixpath.join(call.cwd, path), TREE) for path in named)
    return [place for place in places if not place.startswith("../")]


def _state(call: HookCall) -> AgentState | None:
    if call.hook_event_name == "PreToolUse":
        return "needs you" if call.tool_name in ASKING else None
    if call.hook_event_name == "Notification":
        return NOTIFICATIONS.get(call.notification_type)
    return STATES.get(call.hook_event_name)
