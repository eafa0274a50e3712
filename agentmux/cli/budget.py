"""`agentmux budget`: what a session may spend, and what it has spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentmux.cli.options import AsJson, Session

if TYPE_CHECKING:
    from agentmux.room.state import State


def budget(
    session: Session = None,
    agent: Annotated[str | None, typer.Option("--agent", help="This agent's budget, not the session's.")] = None,
    usd: Annotated[float | None, typer.Option("--usd", min=0, help="Limit of the estimated money; 0: none.")] = None,
    tokens: Annotated[
        str | None, typer.Option("--tokens", help="Limit of the tokens in and out, like 500k or 2M; 0: none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what agents have spent (money is an estimate), or set another budget; it lets go on whom it held back."""
    from agentmux.cli.output import show_json, show_table
    from agentmux.errors import UnknownName
    from agentmux.service.session import find, state_of

    if usd is not None or tokens is not None:
        _set(session, agent, _tokens(tokens), usd)
        return
    state = state_of(find(session))
    if agent is not None and agent not in state.agents:
        raise UnknownName("agent", agent, state.agents)
    names = [agent] if agent else [*state.agents, None]
    if as_json:
        show_json([_facts(state, name) for name in names])
    else:
        headings = ["WHO", "TOKENS IN", "CACHED", "OUT", "CONTEXT", "ESTIMATE", "BUDGET"]
        show_table(headings, [_row(state, name) for name in names])


def _set(session: str | None, agent: str | None, tokens: int | None, usd: float | None) -> None:
    from agentmux.cli.output import show
    from agentmux.cli.reach import reach
    from agentmux.errors import SessionError
    from agentmux.room.budget import budget_of, compared, spent
    from agentmux.room.commands import SetBudget
    from agentmux.service.client import RoomClient
    from agentmux.service.session import state_of

    paths = reach(session)
    answer = RoomClient(paths).send_blocking(SetBudget(agent=agent, tokens=tokens, usd=usd))
    if not answer.ok:
        raise SessionError(answer.refused, answer.hint)
    state = state_of(paths)
    known = budget_of(state, agent)
    used = f"has used {compared(known, spent(state, agent))}" if known else "has no budget any more"
    show(f"{agent or f'Session {paths.id}'} {used}.")


def _tokens(text: str | None) -> int | None:
    from agentmux.config import count
    from agentmux.errors import UsageError

    try:
        return None if text is None else count(text)
    except ValueError as err:
        raise UsageError(f"'{text}' is no number of tokens.", "Write it like 500000, 500k or 2M.") from err


def _facts(state: State, agent: str | None) -> dict[str, Any]:
    """What programs get of an agent, for None of all together; `context` is a share, None where nobody knows."""
    from dataclasses import asdict

    from agentmux.room.budget import budget_of, spent

    known = budget_of(state, agent)
    return {
        "agent": agent,
        **asdict(spent(state, agent)),
        "context": state.agents[agent].fill.share if agent else None,
        "budget": asdict(known) if known else None,
    }


def _row(state: State, agent: str | None) -> list[str]:
    from agentmux.room.budget import budget_of, compared, money, spent

    used, known = spent(state, agent), budget_of(state, agent)
    full = state.agents[agent].fill.share if agent else None
    return [
        agent or "all",
        *(f"{number:,}" for number in (used.tokens_in, used.cached, used.tokens_out)),
        "" if full is None else f"{full:.0%}",
        money(used),
        compared(known, used) if known else "none",
    ]
