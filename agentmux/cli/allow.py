"""`agentmux allow`: a place in the network that agents may reach."""

from __future__ import annotations

from typing import Annotated

import typer

from agentmux.cli import options


def allow(
    place: Annotated[str, typer.Argument(help="A host, or host:port, as `egress.refused` in the log names it.")],
    to: Annotated[str, typer.Option("--to", help="An agent's name, or all.")] = "all",
    once: Annotated[bool, typer.Option("--once", help="For one connection, not for the rest of the session.")] = False,
    no: Annotated[bool, typer.Option("--no", help="Refuse the place without being asked about it again.")] = False,
    session: Annotated[
        str | None, typer.Option("--session", "-s", help="The session.", autocompletion=options.sessions)
    ] = None,
) -> None:
    """Let agents reach a place in the network that was refused to them, or (--no) never."""
    from pydantic import ValidationError

    from agentmux.cli.output import show
    from agentmux.cli.reach import reach
    from agentmux.errors import SessionError, UsageError
    from agentmux.room.commands import Allow, Deny
    from agentmux.service.client import RoomClient

    if no and once:
        raise UsageError("--no and --once exclude each other.", "A place that is refused once is asked about again.")
    try:
        name = place.lower()
        wish = Deny(agent=to, place=name) if no else Allow(agent=to, place=name, once=once)
    except ValidationError as err:
        raise UsageError(f"'{place}' is no place in the network.", "Write a host or host:port.") from err
    paths = reach(session)
    answer = RoomClient(paths).send_blocking(wish)
    if not answer.ok:
        raise SessionError(answer.refused, answer.hint)
    how = "once" if once else "for the rest of the session"
    may = "may not" if no else "may"
    show(f"{', '.join(answer.reply['agents'])} {may} reach {wish.place} {how}.")
