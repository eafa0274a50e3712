"""`inbox`: the unread messages, waited for if need be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from agentmux.room.decision import Decision
from agentmux.service.tools.base import Arguments, Caller, Tool


class Args(Arguments):
    """How long to wait."""

    wait: float = Field(0, ge=0, le=60, description="Seconds to wait for a message if there is none yet; 0 to 60.")


async def _run(caller: Caller, args: Args) -> Decision:
    """Only waits: every reply ends with the unread messages."""
    if args.wait and not caller.unread:
        await caller.room.wait_for_message(caller.member, args.wait)
    return Decision(reply={"count": len(caller.unread)})


def _show(reply: Mapping[str, Any]) -> str:
    return "" if reply["count"] else "No unread messages."


TOOL = Tool(
    name="inbox",
    description=(
        "Read your unread messages, and mark them read. With `wait` it returns as soon as one arrives: use that after "
        "a question whose answer you need, instead of asking again. You need not poll: unread messages come with every "
        "reply of every other tool."
    ),
    args=Args,
    run=_run,
    show=_show,
    delivers="inbox",
)
