"""`agentmux attach`: the app on a session."""

from __future__ import annotations

from agentmux.cli.options import Session


def attach(
    session: Session = None,
) -> None:
    """Open the app on a session; its room is started again if it was lost."""
    from agentmux.cli.output import on_terminal
    from agentmux.cli.reach import reach
    from agentmux.cli.viewer import open_app
    from agentmux.errors import UsageError

    if not on_terminal():
        raise UsageError("The app needs a terminal.", "`agentmux log --follow` shows what happens without one.")
    open_app(reach(session))
