"""`agentmux answer`: what an agent asks permission for."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from agentmux.cli import options

if TYPE_CHECKING:
    from agentmux.room.state import Permission


class Word(StrEnum):
    """What can be said to a request."""

    yes = "yes"
    no = "no"
    always = "always"


def answer(
    word: Annotated[Word | None, typer.Argument(help="The answer; without one, what is asked is listed.")] = None,
    number: Annotated[int | None, typer.Argument(help="Of the request, where there are several.")] = None,
    text: Annotated[str, typer.Option("--text", help="What to do instead, told with a no.")] = "",
    session: Annotated[
        str | None, typer.Option("--session", "-s", help="The session.", autocompletion=options.sessions)
    ] = None,
) -> None:
    """Answer an agent that asks for permission, where its layout says `permissions: ask`."""
    from agentmux.cli.output import show
    from agentmux.cli.reach import reach
    from agentmux.errors import SessionError
    from agentmux.room.commands import Answer
    from agentmux.service.client import RoomClient
    from agentmux.service.session import state_of

    paths = reach(session)
    waiting = list(state_of(paths).permissions.values())
    if word is None:
        for asked in waiting:
            show(_line(asked))
        return
    chosen = number if number is not None else _only(waiting).id
    done = RoomClient(paths).send_blocking(Answer(id=chosen, answer=word.value, text=text))
    if not done.ok:
        raise SessionError(done.refused, done.hint)
    show(f"{word.value} to {done.reply['agent']} for request {chosen} ({done.reply['tool']}).")


def _only(waiting: list[Permission]) -> Permission:
    from agentmux.errors import SessionError, UsageError

    if not waiting:
        raise SessionError("Nobody asks for permission.")
    if len(waiting) > 1:
        lines = "; ".join(map(_line, waiting))
        raise UsageError(f"There are {len(waiting)} requests: {lines}.", "Add the number of one.")
    return waiting[0]


def _line(asked: Permission) -> str:
    first, *more = asked.brief.splitlines() or [""]
    return f"{asked.id} {asked.agent} {asked.tool}: {first}{' …' if more else ''}"
