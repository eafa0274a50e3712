"""Snapshots: claims held against what was written."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import claims
from agentmux.room import commands as cmd
from agentmux.room.decide_claims import expire, renew_touched
from agentmux.room.decision import Decision
from agentmux.room.draft import Context, Draft
from agentmux.room.events import SnapshotTaken, Trespassed
from agentmux.room.who import no_agent

NAMED = 5
"""Files that a message about them names."""


def report_snapshot(context: Context, command: cmd.ReportSnapshot) -> Decision:
    """A fact; what it says of others' claims follows."""
    if problem := no_agent(context.state, command.agent):
        return problem
    draft = Draft(context)
    unclaimed = claims.unclaimed(draft.state, command.agent, command.paths, command.since)
    facts = command.model_dump(exclude={"do", "since"})
    draft.add(SnapshotTaken(**facts, unclaimed=unclaimed))
    _judge(draft, command.agent, command.paths, command.since)
    return draft.decision()


def report_written(context: Context, command: cmd.ReportWritten) -> Decision:
    """What more files of a snapshot say of others' claims."""
    if problem := no_agent(context.state, command.agent):
        return problem
    draft = Draft(context)
    _judge(draft, command.agent, command.paths, command.since)
    return draft.decision()


def _judge(draft: Draft, agent: str, paths: Sequence[str], since: float) -> None:
    """Tell writer and holder of each claim that was written into, once for each file; own claims are renewed."""
    expire(draft)
    for claim, written in claims.trespassed(draft.state, agent, paths, since).items():
        new = [path for path in written if path not in draft.state.trespasses.get((claim, agent), ())]
        if new:
            holder = draft.state.claims[claim].holder
            draft.add(Trespassed(agent=agent, paths=new, claim=claim, holder=holder))
            draft.tell(
                agent, f"You wrote {_named(new)} inside claim {claim} of {holder}. Talk to them before you go on."
            )
            draft.tell(holder, f"{agent} wrote {_named(new)} inside your claim {claim}.")
    renew_touched(draft, agent, paths)


def _named(paths: Sequence[str]) -> str:
    """The files, or the first of them and how many more there are.

    >>> _named(["a", "b"]), _named(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    more = len(paths) - NAMED
    return ", ".join(paths[:NAMED]) + (f" and {more} more" if more > 0 else "")
