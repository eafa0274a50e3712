"""`agentmux say`: a message from the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from agentmux.cli import options


def say(
    text: Annotated[str, typer.Argument(help="The message.")],
    to: Annotated[str, typer.Option("--to", help="An agent's name, or all.")] = "all",
    ask: Annotated[
        bool, typer.Option("--ask", help="Make it a question, which stays open until it is answered.")
    ] = False,
    session: Annotated[
        str | None, typer.Option("--session", "-s", help="The session.", autocompletion=options.sessions)
    ] = None,
) -> None:
    """Send a message to one agent or to all."""
    from agentmux.cli.output import show
    from agentmux.cli.reach import reach
    from agentmux.errors import SessionError, UnknownName
    from agentmux.room.commands import Say
    from agentmux.service.client import RoomClient
    from agentmux.service.session import load

    paths = reach(session)
    agents = [spec.name for spec in load(paths).agents]
    if to not in ("all", *agents):
        raise UnknownName("agent", to, [*agents, "all"])
    answer = RoomClient(paths).send_blocking(Say(to=to, text=text, ask=ask))
    if not answer.ok:
        raise SessionError(answer.refused, answer.hint)
    show(f"Message {answer.reply['id']} to {', '.join(answer.reply['to'])} in session {paths.id}.")
