"""`note`: the shared scratchpad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from agentmux.room.commands import Note
from agentmux.room.decision import Decision
from agentmux.service import facts
from agentmux.service.tools.base import Arguments, Caller, Tool, quoted

NEWEST = 100
"""How many lines are read."""


class Args(Arguments):
    """What to write, if anything."""

    text: str | None = Field(None, min_length=1, description="A line to append; leave it out to read.")


async def _run(caller: Caller, args: Args) -> Decision:
    if args.text is not None:
        return await caller.submit(Note(text=args.text))
    now = caller.room.clock()
    return Decision(reply={"notes": [facts.of_note(line, now) for line in caller.room.state.notes[-NEWEST:]]})


def _show(reply: Mapping[str, Any]) -> str:
    if "notes" not in reply:
        return "Noted."
    return "\n".join(f"{line['by']}: {quoted(line['text'])}" for line in reply["notes"]) or "The scratchpad is empty."


TOOL = Tool(
    name="note",
    description=(
        "Read the scratchpad that all share, or append a line to it. Use it for what everybody should still know "
        "later, such as a decision, an interface, or a trap; use `say` for what concerns somebody now."
    ),
    args=Args,
    run=_run,
    show=_show,
)
