"""What agents spend, as short texts: tokens, how full the context is, estimated money. Pure."""

from __future__ import annotations

from textual.content import Content

from agentmux.room.budget import budget_of, money, share, spent
from agentmux.room.events import BudgetLevel
from agentmux.room.state import Agent, Budget, State
from agentmux.ui.format import name_style, thousands

FULL = 0.8
"""From this share on a context calls for attention: CLIs compact it about there."""
STYLES: dict[BudgetLevel | None, str] = {
    None: "$muted",
    "warn": "$warning",
    "pause": "bold $error",
    "stop": "bold $error",
}

Fact = tuple[str, str]
"""A text and its style."""


def context(agent: Agent) -> list[Fact]:
    """How full its context is, where that is known."""
    full = agent.fill.share
    if full is None:
        return []
    return [(f"ctx {full:.0%}", "$warning" if full >= FULL else "$muted")]


def cost(state: State, agent: Agent | None) -> list[Fact]:
    """An estimate of the money, for None of all agents; with the share of the budget, once it calls for attention."""
    name = agent.name if agent else None
    used, budget = spent(state, name), agent.budget if agent else state.budget
    if budget is None or budget.level is None:
        return [(money(used), "$muted")] if used.tokens else []
    return [(f"{money(used)} ({share(budget, used):.0%})".strip(), STYLES[budget.level])]


def tokens(agent: Agent) -> list[Fact]:
    """Tokens in and out."""
    total = agent.tokens_in + agent.tokens_out
    return [(f"{thousands(total)} tokens", "$muted")] if total else []


def limits(budget: Budget | None) -> str:
    """A budget as people write it.

    >>> limits(Budget(tokens=2_000_000, usd=5)), limits(Budget(usd=0.5)), limits(None)
    ('$5.00 2.0M', '$0.50', '')
    """
    if budget is None:
        return ""
    parts = [f"${budget.usd:,.2f}"] if budget.usd else []
    return " ".join([*parts, *([thousands(budget.tokens)] if budget.tokens else [])])


def table(state: State) -> list[Content]:
    """A line for each agent, and one for the session, under a heading."""
    lines = [Content.styled(f"{'':<16} {'in':>6} {'cached':>6} {'out':>6}  {'ctx':>4}  {'cost':>8}  budget", "$muted")]
    for name in (*state.agents, None):
        used, budget = spent(state, name), budget_of(state, name)
        counts = " ".join(f"{thousands(number):>6}" for number in (used.tokens_in, used.cached, used.tokens_out))
        full = state.agents[name].fill.share if name else None
        ctx = "" if full is None else f"{full:.0%}"
        lines.append(
            Content.assemble(
                (f"{name or 'all':<16}", name_style(state, name) if name else "bold"),
                f" {counts}  {ctx:>4}  {money(used):>8}  ",
                (limits(budget) or "none", STYLES[budget.level if budget else None]),
            )
        )
    return lines
