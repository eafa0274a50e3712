"""`release`: give up claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from agentmux.room.commands import Release
from agentmux.room.decision import Decision
from agentmux.service.tools.base import Arguments, Caller, Tool


class Args(Arguments):
    """Which claims; with neither, all of one's own."""

    id: int | None = Field(None, description="The number of one claim.")
    paths: list[str] = Field(
        [], description="Paths as you claimed them: every claim of yours with no other paths ends."
    )


async def _run(caller: Caller, args: Args) -> Decision:
    return await caller.submit(Release(id=args.id, paths=args.paths))


def _show(reply: Mapping[str, Any]) -> str:
    return f"Released: {', '.join(map(str, reply['released'])) or 'nothing, you held no claim'}."


TOOL = Tool(
    name="release",
    description=(
        "Give up a claim by its number, claims by their paths, or all of your claims if you name neither. Call it as "
        "soon as you are done with the files: a teammate may be waiting for them."
    ),
    args=Args,
    run=_run,
    show=_show,
    idempotent=True,
)
