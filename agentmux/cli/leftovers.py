"""What dead sessions left behind, shown and removed."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from agentmux.cli.output import notice, on_terminal
from agentmux.sandbox.base import Leftover


def found() -> list[Leftover]:
    """Containers and tmux servers of sessions that no room runs for."""
    from agentmux.paths import SessionPaths
    from agentmux.sandbox.leftovers import leftovers
    from agentmux.service.lock import room_alive

    return leftovers(lambda session: room_alive(SessionPaths.of(session)))


def clean(there: Sequence[Leftover], *, sure: bool) -> None:
    """Offer to remove the leftovers; `sure` removes them without asking."""
    from agentmux.sandbox.leftovers import remove

    for leftover in there:
        notice(f"{leftover.kind} {leftover.name}, of session {leftover.session}{_way_back(leftover.session)}")
    if not there:
        notice("Nothing is left of dead sessions.")
    elif sure or (on_terminal() and typer.confirm("Remove them?", err=True)):
        for leftover in there:
            remove(leftover)
        notice(f"Removed {len(there)}.")
    else:
        notice("Nothing was removed; --yes removes without asking.")


def _way_back(session: str) -> str:
    """What can be done with a session that nobody stopped, instead of removing what is left of it."""
    from agentmux.paths import SessionPaths
    from agentmux.service.session import info

    paths = SessionPaths.of(session)
    lost = paths.log.exists() and info(paths).status == "lost"
    return f", whose room was lost: `agentmux attach {session}` takes it up again" if lost else ""
