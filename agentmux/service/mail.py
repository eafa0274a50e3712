"""A member's unread messages, on their way to it as data and as text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from agentmux.room.commands import ReadInbox
from agentmux.room.state import Message
from agentmux.service import facts
from agentmux.service.tools.base import Caller, quoted

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


async def take(caller: Caller, how: Literal["reply", "inbox", "hook"]) -> list[dict[str, Any]]:
    """The caller's unread messages, oldest first; they count as delivered (`how`) and read from now on."""
    if not caller.unread:
        return []
    room = caller.room
    taken = await caller.submit(ReadInbox(how=how))
    return [facts.of_message(room.state.messages[m["id"]], room.clock()) for m in taken.reply["messages"]]


def as_typed(message: Message) -> str:
    """A message as one line for a prompt."""
    return f"[{message.sender}] {CONTROL.sub(' ', message.text).strip()}"


def letters(mail: Sequence[Mapping[str, Any]]) -> str:
    """Messages as text for a model."""
    return "\n\n".join([f"Unread messages ({len(mail)}):", *map(_letter, mail)])


def _letter(message: Mapping[str, Any]) -> str:
    head = f"[{message['id']}] {message['from']} to {message['to']}"
    if "reply_to" in message:
        head += f", in reply to {message['reply_to']}"
    if "ask" in message:
        head += f", a question: answer with say, reply_to={message['id']}"
    return f"{head}\n    {quoted(message['text'])}"
