"""`peek`: what a teammate has right now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Self

from pydantic import Field, model_validator

from agentmux.errors import AgentmuxError, UnknownName
from agentmux.room.decision import Decision, refuse
from agentmux.service.tools.base import Arguments, Caller, Tool

LIMIT = 100_000
"""Characters in one reply; a model that needs more asks for single files."""


class Args(Arguments):
    """Whom to look at, and what of theirs."""

    agent: str = Field(description="The teammate's name.")
    file: str | None = Field(
        None, description="One file of theirs, relative to the repository's top, instead of the diff."
    )
    screen: bool = Field(False, description="True shows their terminal instead of the diff.")

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.file is not None and self.screen:
            raise ValueError("file and screen exclude each other")
        if self.file is not None and not _inside(self.file):
            raise ValueError("file: must be a path below the repository's top, without '..'")
        return self


async def _run(caller: Caller, args: Args) -> Decision:
    agents = caller.room.state.agents
    try:
        if args.agent not in agents:
            raise UnknownName("agent", args.agent, agents)
        text = await caller.room.peek(args.agent, file=args.file, screen=args.screen)
    except AgentmuxError as error:
        return refuse(error.message, error.hint)
    return Decision(reply={"agent": args.agent, "text": text[:LIMIT], "cut": len(text) > LIMIT})


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts and "\0" not in path


def _show(reply: Mapping[str, Any]) -> str:
    end = f"\n(cut after {LIMIT} characters; ask for single files)" if reply["cut"] else ""
    return (reply["text"] or "(nothing)") + end


TOOL = Tool(
    name="peek",
    description=(
        "Look at a teammate's work without disturbing them: their uncommitted and committed changes as a diff against "
        "the common base, one file as they have it now, or their screen. Use it before you build on what they make, "
        "instead of asking them for code."
    ),
    args=Args,
    run=_run,
    show=_show,
    read_only=True,
)
