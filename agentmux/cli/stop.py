"""`agentmux stop`: end a session's agents."""

from __future__ import annotations

from typing import Annotated

import typer

from agentmux.cli.options import Session


def stop(
    session: Session = None,
    everything: Annotated[bool, typer.Option("--all", help="Every session, and what dead ones left behind.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before removing leftovers.")] = False,
) -> None:
    """End a session: its agents, panes and room. What was recorded stays."""
    from agentmux.cli import leftovers
    from agentmux.cli.output import complain, show
    from agentmux.errors import AgentmuxError
    from agentmux.paths import SessionPaths
    from agentmux.service.process import shut_down
    from agentmux.service.session import find, info, listing

    found = [line for line in listing() if line.status in ("running", "lost")] if everything else [info(find(session))]
    failed = False
    for line in found:
        if line.status == "stopped":
            show(f"Session {line.id} was stopped already.")
            continue
        try:
            shut_down(SessionPaths.of(line.id))
        except AgentmuxError as err:  # the others are stopped all the same
            complain(err)
            failed = True
            continue
        show(f"Session {line.id} is stopped; its recording stays in {line.folder}.")
    if everything:
        leftovers.clean(leftovers.found(), sure=yes)
    if failed:
        raise typer.Exit(1)
