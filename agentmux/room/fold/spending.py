"""Spending."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.fold.on import change_agent, on
from agentmux.room.state import Budget, State, changed


@on(ev.ModelUsed)
def _model_used(state: State, event: ev.ModelUsed) -> None:
    if agent := state.agents.get(event.agent):
        change_agent(
            state,
            agent.name,
            tokens_in=agent.tokens_in + event.tokens_in,
            tokens_cached=agent.tokens_cached + event.cached,
            tokens_out=agent.tokens_out + event.tokens_out,
            usd=agent.usd + (event.cost or 0.0),
            unpriced=agent.unpriced + (event.tokens_in + event.tokens_out if event.cost is None else 0),
            fill=agent.fill.after(event.model, event.tokens_in, event.window),
            records={**agent.records, event.record: event.position} if event.record else agent.records,
        )


@on(ev.BudgetSet)
def _budget_set(state: State, event: ev.BudgetSet) -> None:
    limited = event.tokens or event.usd
    _budget(state, event.agent, Budget(event.tokens, event.usd, event.warn, event.stop) if limited else None)


@on(ev.BudgetReached)
def _budget_reached(state: State, event: ev.BudgetReached) -> None:
    agent = state.agents.get(event.agent) if event.agent else None
    if known := agent.budget if agent else state.budget:
        _budget(state, event.agent, changed(known, level=event.level))


def _budget(state: State, agent: str | None, budget: Budget | None) -> None:
    if agent is None:
        state.budget = budget
    else:
        change_agent(state, agent, budget=budget)
