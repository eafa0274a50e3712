"""`agentmux explain`: why an agent counts as working, idle or waiting for you."""

from __future__ import annotations

from typing import Annotated

import typer

from agentmux.cli import options


def explain(
    session: Annotated[str, typer.Argument(help="Its id or the beginning of it.", autocompletion=options.sessions)],
    agent: Annotated[str, typer.Argument(help="The agent's name.")],
    as_json: options.AsJson = False,
) -> None:
    """Print which rule or hook decided an agent's state, what it saw, and whether typing to it is safe."""
    from agentmux.cli.output import show, show_json
    from agentmux.service.explanation import explanation, lines_of
    from agentmux.service.session import find

    told = explanation(find(session), agent)
    if as_json:
        show_json(told)
        return
    for line in lines_of(told):
        show(line)
