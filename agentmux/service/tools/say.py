"""`say`: a message to all or one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from agentmux.room.commands import Say
from agentmux.room.decision import Decision
from agentmux.service.tools.base import Arguments, Caller, Tool


class Args(Arguments):
    """What to say, and to whom."""

    text: str = Field(description="The message, plain text, at most 64 KiB.")
    to: str = Field("all", description="A member's name, 'you' for the human, or 'all'.")
    ask: bool = Field(False, description="True makes it a question, which stays open until somebody answers it.")
    default: str | None = Field(None, description="With ask: what you will do if nobody cares to answer.")
    reply_to: int | None = Field(None, description="The id of the message that this answers.")


async def _run(caller: Caller, args: Args) -> Decision:
    return await caller.submit(Say(**args.model_dump()))


def _show(reply: Mapping[str, Any]) -> str:
    return f"Sent to {', '.join(reply['to'])} as message {reply['id']}."


TOOL = Tool(
    name="say",
    description=(
        "Send a message to a teammate, to the human, or to all. Use it to say what you are about to change that others "
        "depend on, to settle who does what, and to answer questions (with reply_to). Answers come at the end of the "
        "replies of later calls; `inbox` waits for them."
    ),
    args=Args,
    run=_run,
    show=_show,
)
