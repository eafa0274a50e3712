"""`agentmux doctor`: does this machine have what agentmux needs?"""

from __future__ import annotations

from typing import Annotated

import typer

from agentmux.cli.options import AsJson

MARKS = {"ok": "✓", "note": "!", "bad": "✗"}


def doctor(
    as_json: AsJson = False,
    clean: Annotated[bool, typer.Option("--clean", help="Remove what dead sessions left behind.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --clean: do not ask.")] = False,
) -> None:
    """Check this machine, and say how to mend what is missing. Exit status 1 if agentmux cannot work."""
    from dataclasses import asdict

    from agentmux.cli import leftovers
    from agentmux.cli.checks import findings
    from agentmux.cli.output import on_terminal, show, show_json

    found = []
    for finding in findings():
        found.append(finding)
        if not as_json:
            show(f"{MARKS[finding.verdict]} {finding.name:<10} {finding.text}")
            if finding.fix:
                show(f"{'':13}{finding.fix}")
    left = leftovers.found()
    healthy = all(finding.verdict != "bad" for finding in found)
    if as_json:
        show_json(
            {
                "ok": healthy,
                "checks": [asdict(finding) for finding in found],
                "leftovers": [asdict(leftover) for leftover in left],
            }
        )
    elif left:
        show(f"! leftovers  {len(left)} of dead sessions")
    if clean or (left and not as_json and on_terminal()):
        leftovers.clean(left, sure=clean and yes)
    elif left and not as_json:
        show(f"{'':13}`agentmux doctor --clean` removes them.")
    raise typer.Exit(0 if healthy else 1)
