"""What was spent, and how that stands to what may be."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, fields
from operator import attrgetter

from agentmux.room.events import BudgetLevel
from agentmux.room.state import Budget, State

LEVELS: tuple[BudgetLevel, ...] = ("warn", "pause", "stop")


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens in (of these, `cached` ones) and out, and an estimate of their price in USD, but for `unpriced` tokens."""

    tokens_in: int = 0
    cached: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    unpriced: int = 0

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.tokens_in + self.tokens_out


_amounts = attrgetter(*(field.name for field in fields(Spent)))


def spent(state: State, agent: str | None) -> Spent:
    """What an agent has spent; for None what all of them have."""
    agents = state.agents.values() if agent is None else [state.agents[agent]]
    return added(Spent(a.tokens_in, a.tokens_cached, a.tokens_out, a.usd, a.unpriced) for a in agents)


def added(parts: Iterable[Spent]) -> Spent:
    """All of it together."""
    columns = list(zip(*map(_amounts, parts), strict=True))
    return Spent(*map(sum, columns))


def budget_of(state: State, agent: str | None) -> Budget | None:
    """An agent's own budget, for None the session's."""
    return state.budget if agent is None else state.agents[agent].budget


def share(budget: Budget, spent: Spent) -> float:
    """How much of the budget is used: 1.0 is all of it. The limit that is nearer counts."""
    return max(spent.tokens / budget.tokens if budget.tokens else 0.0, spent.usd / budget.usd if budget.usd else 0.0)


def level(budget: Budget, spent: Spent) -> BudgetLevel | None:
    """What so much spending leads to."""
    used = share(budget, spent)
    if used >= max(budget.stop, 1.0):
        return "stop"
    return "pause" if used >= 1.0 else "warn" if used >= budget.warn else None


HELD: Container[BudgetLevel | None] = ("pause", "stop")


def used_up(state: State, name: str | None, levels: Container[BudgetLevel | None] = HELD) -> str:
    """That this budget (an agent's own, for None the session's) has come to such a level, as a sentence; else empty."""
    budget = budget_of(state, name)
    if budget is None or budget.level not in levels:
        return ""
    return f"{owner(name)} budget is used up: {compared(budget, spent(state, name))}."


def exhausted(state: State, agent: str, levels: Container[BudgetLevel | None] = HELD) -> str:
    """Why the agent may spend no more, as a sentence; empty while none of its budgets has come to such a level."""
    return used_up(state, agent, levels) or used_up(state, None, levels)


def compared(budget: Budget, spent: Spent) -> str:
    """What was spent beside what may be; money is an estimate.

    >>> compared(Budget(tokens=2_000_000, usd=5), Spent(340_000, usd=1.234))
    '340,000 of 2,000,000 tokens, ~$1.23 of $5.00'
    """
    parts = [f"{spent.tokens:,} of {budget.tokens:,} tokens"] if budget.tokens else []
    parts += [f"{money(spent) or '~$0.00'} of ${budget.usd:,.2f}"] if budget.usd else []
    return ", ".join(parts)


def money(spent: Spent) -> str:
    """An estimate of money; `+` where some of it is unknown, `$?` where all is, empty where nothing was spent.

    >>> money(Spent(usd=0.314)), money(Spent(usd=0.314, unpriced=4)), money(Spent(unpriced=9)), money(Spent())
    ('~$0.31', '~$0.31+', '$?', '')
    >>> money(Spent(usd=0.0042)), money(Spent(usd=1234.5))
    ('<$0.01', '~$1,234')
    """
    if not spent.usd:
        return "$?" if spent.unpriced else ""
    more = "+" if spent.unpriced else ""
    if spent.usd < 0.01:
        return f"<$0.01{more}"
    return f"~${spent.usd:,.0f}{more}" if spent.usd >= 1000 else f"~${spent.usd:,.2f}{more}"


def owner(agent: str | None) -> str:
    """Whose budget it is, at the beginning of a sentence."""
    return f"{agent}'s" if agent else "The session's"
