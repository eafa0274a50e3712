"""Budgets: what is spent is counted, and at the limits agents are warned about, paused and stopped.

A paused agent gets no prompts, and its gateway passes no more requests on to the model. At the stop, which only what
was under way already or went around the gateway can reach, its program is ended. Raising the budget lets it go on.
"""

from __future__ import annotations

from agentmux.room import commands as cmd
from agentmux.room.budget import LEVELS, budget_of, exhausted, level, share, spent
from agentmux.room.decision import Decision, refuse
from agentmux.room.draft import Context, Draft
from agentmux.room.events import AgentPaused, AgentResumed, BudgetReached, BudgetSet, ModelUsed, Warned
from agentmux.room.state import OVER_BUDGET, Budget
from agentmux.room.who import no_agent

RAISE = "`$` in the app raises it, and so does `agentmux budget`."


def report_used(context: Context, command: cmd.ReportUsed) -> Decision:
    """A reply was paid for; what that leads to."""
    if problem := no_agent(context.state, command.agent):
        return problem
    draft = Draft(context)
    draft.add(ModelUsed.model_validate(command.model_dump(exclude={"do"})))
    if command.cost is None:
        _tell_unpriced(draft, command)
    _reach(draft)
    return draft.decision()


def set_budget(context: Context, command: cmd.SetBudget) -> Decision:
    """Other limits from now on; whom the old ones held back goes on, if these let it."""
    agent = command.agent
    if agent is not None and (problem := no_agent(context.state, agent)):
        return problem
    if command.tokens is None and command.usd is None:
        return refuse("A budget has a limit in tokens, in USD, or both.", "0 takes a limit away.")
    known = budget_of(context.state, agent) or Budget()
    draft = Draft(context)
    draft.add(
        BudgetSet(
            agent=agent,
            tokens=(known.tokens if command.tokens is None else command.tokens) or None,
            usd=(known.usd if command.usd is None else command.usd) or None,
            warn=known.warn,
            stop=known.stop,
        )
    )
    _reach(draft)
    _let_go_on(draft)
    return draft.decision()


def hold_back(draft: Draft) -> None:
    """Pause every agent that may spend no more."""
    for agent in [*draft.state.agents.values()]:
        if not (agent.paused or agent.ended) and exhausted(draft.state, agent.name):
            draft.add(AgentPaused(agent=agent.name, how="soft", why=OVER_BUDGET))


def _reach(draft: Draft) -> None:
    """Tell each level of each budget once, when it is reached, and pause whom it concerns."""
    for agent in (None, *draft.state.agents):
        budget = budget_of(draft.state, agent)
        if budget is None:
            continue
        used = spent(draft.state, agent)
        now = level(budget, used)
        if now and (budget.level is None or LEVELS.index(now) > LEVELS.index(budget.level)):
            draft.add(
                BudgetReached(agent=agent, level=now, share=share(budget, used), tokens=used.tokens, usd=used.usd)
            )
    hold_back(draft)


def _let_go_on(draft: Draft) -> None:
    for agent in [*draft.state.agents.values()]:
        if agent.paused and agent.pause_why == OVER_BUDGET and not exhausted(draft.state, agent.name):
            seconds = draft.now - agent.paused_at
            draft.add(AgentResumed(agent=agent.name, how=agent.paused, seconds=seconds))
            draft.tell(agent.name, "The human raised the budget: go on.")


def _tell_unpriced(draft: Draft, used: cmd.ReportUsed) -> None:
    """Once for each agent whose money a budget cannot see."""
    agent = draft.state.agents[used.agent]
    budgets = (agent.budget, draft.state.budget)
    if any(budget and budget.usd for budget in budgets) and 0 < agent.unpriced == used.tokens_in + used.tokens_out:
        named = f"the model '{used.model}'" if used.model else "its model"
        draft.add(
            Warned(
                text=f"Nobody knows what {named} of {used.agent} costs: the budget in USD does not see it. "
                "Give it a price in prices.yaml, or a budget in tokens."
            )
        )
