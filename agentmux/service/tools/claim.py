"""`claim`: a lease on paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from agentmux.room.commands import Claim
from agentmux.room.decision import Decision
from agentmux.room.events import Mode
from agentmux.service import facts
from agentmux.service.tools.base import Arguments, Caller, Tool


class Args(Arguments):
    """What to claim, and why."""

    paths: list[str] = Field(
        description=(
            "Paths relative to the repository's top ('README.md', 'src/api'), or patterns ('a/*.py', '**/test_*.py'). "
            "A folder covers all below it; '*.py' is files of that kind anywhere."
        )
    )
    mode: Mode = Field("exclusive", description="'shared' lets others who claim it as shared in, too.")
    intent: str = Field("", description="What you are going to do there, in a few words; others read it.")
    lease_minutes: float | None = Field(
        None,
        gt=0,
        le=24 * 60,
        description="How long it lasts without you writing there; the session decides if left out.",
    )


async def _run(caller: Caller, args: Args) -> Decision:
    lease = args.lease_minutes * 60 if args.lease_minutes else None
    decision = await caller.submit(Claim(paths=args.paths, mode=args.mode, intent=args.intent, lease=lease))
    if decision.refusal:
        return decision
    granted = caller.room.state.claims[decision.reply["granted"]["id"]]
    return Decision(reply=facts.of_lease(granted, caller.room.clock()))


def _show(reply: Mapping[str, Any]) -> str:
    minutes = round(reply["seconds_left"] / 60)
    return f"Claim {reply['id']} is yours: {', '.join(reply['paths'])} ({reply['mode']}, {minutes} min)."


TOOL = Tool(
    name="claim",
    description=(
        "Claim files before you edit them, so that nobody edits them at the same time. You get all of the paths or "
        "none; if something is in the way, you are told who holds it and why, and you wait in line: work on something "
        "else, or talk to the holder. Claim little, release early; writing inside a claim renews it."
    ),
    args=Args,
    run=_run,
    show=_show,
)
