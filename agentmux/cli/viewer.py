"""The app, opened from the command line."""

from __future__ import annotations

from agentmux.cli.output import notice
from agentmux.paths import SessionPaths


def open_app(paths: SessionPaths) -> None:
    """Show the session until the human leaves, and say how to come back to it."""
    from agentmux.ui.app import run

    if run(paths) == "stopped":
        notice(f"Session {paths.id} is stopped; its recording stays in {paths.folder}.")
    else:
        notice(
            f"Session {paths.id} goes on. `agentmux attach {paths.id}` shows it, `agentmux stop {paths.id}` ends it."
        )
