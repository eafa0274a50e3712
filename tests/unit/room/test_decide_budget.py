"""Budgets: warned about, paused, stopped, raised."""

from __future__ import annotations

import pytest

from agentmux.room.budget import exhausted
from agentmux.room.commands import Claim, Pause, ReportExit, ReportUsed, Restart, Resume, Say, SetBudget
from agentmux.room.events import BudgetReached, BudgetSet
from agentmux.room.fold import fold


def use(session, agent="ada", *, tokens=100, cost=0.1, model="m"):
    """A reply; returns the kinds of events that it led to, besides itself."""
    since = session.state.seq
    session.do("room", ReportUsed(agent=agent, model=model, tokens_in=tokens - 10, tokens_out=10, cost=cost))
    first, *others = session.happened(since)
    assert first == "model.used"
    return others


def levels(session):
    return [(e.event.agent, e.event.level) for e in session.log if isinstance(e.event, BudgetReached)]


def state_of(session, agent="ada"):
    known = session.state.agents[agent]
    return known.state, known.paused, known.pause_why


def test_what_is_used_adds_up(duo):
    duo.do("room", ReportUsed(agent="ada", model="m", tokens_in=90, cached=50, tokens_out=10, cost=0.5, window=900))
    duo.do("room", ReportUsed(agent="ada", model="m", tokens_in=100, cached=90, tokens_out=1, window=900))
    ada = duo.state.agents["ada"]
    assert (ada.tokens_in, ada.tokens_cached, ada.tokens_out) == (190, 140, 11)
    assert (ada.usd, ada.unpriced, ada.fill.tokens, ada.fill.share) == (0.5, 101, 100, pytest.approx(100 / 900))
    assert duo.state.agents["bob"].tokens_in == 0


def test_each_level_is_told_once(duo):
    duo.record("you", BudgetSet(agent="ada", usd=1.0))
    assert use(duo, cost=0.79) == []
    assert use(duo, cost=0.01) == ["budget.reached"]
    assert use(duo, cost=0.1) == []
    assert state_of(duo)[1] is None
    assert use(duo, cost=0.1) == ["budget.reached", "agent.paused"]
    assert use(duo, cost=0.1) == []
    assert use(duo, cost=0.1) == ["budget.reached"]
    assert use(duo, cost=9) == []
    assert levels(duo) == [("ada", "warn"), ("ada", "pause"), ("ada", "stop")]
    assert state_of(duo) == ("paused", "soft", "budget")
    assert state_of(duo, "bob")[1] is None
    assert fold(duo.log) == duo.state


def test_the_limit_that_is_nearer_counts_and_its_shares_are_its_own(duo):
    duo.record("you", BudgetSet(agent="ada", tokens=1000, usd=100, warn=0.5, stop=2))
    use(duo, tokens=500)
    use(duo, tokens=1499)
    assert levels(duo) == [("ada", "warn"), ("ada", "pause")]
    assert exhausted(duo.state, "ada") == "ada's budget is used up: 1,999 of 1,000 tokens, ~$0.20 of $100.00."
    use(duo, tokens=1000)
    assert levels(duo)[-1] == ("ada", "stop")


def test_the_sessions_budget_pauses_all(duo):
    duo.record("you", BudgetSet(usd=1.0))
    use(duo, "ada", cost=0.6)
    assert use(duo, "bob", cost=0.5) == ["budget.reached", "agent.paused", "agent.paused"]
    assert levels(duo) == [(None, "pause")]
    assert exhausted(duo.state, "ada") == "The session's budget is used up: ~$1.10 of $1.00."
    assert [state_of(duo, name)[0] for name in ("ada", "bob")] == ["paused", "paused"]


def test_a_raised_budget_lets_go_on_whom_it_held_back(duo):
    duo.record("you", BudgetSet(agent="ada", usd=1.0), BudgetSet(usd=2.0))
    duo.do("you", Pause(agent="bob"))
    use(duo, "ada", cost=2.1)
    assert levels(duo) == [(None, "pause"), ("ada", "stop")]
    duo.do("you", SetBudget(agent="ada", usd=5))
    assert state_of(duo)[0] == "paused", "the session's budget still holds it"
    duo.do("you", SetBudget(usd=10))
    assert state_of(duo) == ("starting", None, "")
    assert duo.told("ada") == ["The human raised the budget: go on."]
    assert state_of(duo, "bob") == ("paused", "soft", ""), "the human paused that one"
    assert exhausted(duo.state, "ada") == ""
    assert use(duo, cost=3) == ["budget.reached", "agent.paused"]


def test_a_budget_that_is_raised_too_little_is_reached_again(duo):
    duo.record("you", BudgetSet(agent="ada", usd=1.0, warn=0.5, stop=3))
    use(duo, cost=1)
    duo.do("you", SetBudget(agent="ada", usd=0.9))
    assert levels(duo) == [("ada", "pause"), ("ada", "pause")]
    duo.do("you", SetBudget(agent="ada", usd=1.5))
    assert levels(duo)[-1] == ("ada", "warn")
    budget = duo.state.agents["ada"].budget
    assert (budget.usd, budget.warn, budget.stop) == (1.5, 0.5, 3)


def test_limits_stay_until_they_are_changed_or_taken_away(duo):
    duo.do("you", SetBudget(agent="ada", usd=1, tokens=100))
    duo.do("you", SetBudget(agent="ada", tokens=200))
    assert (duo.state.agents["ada"].budget.usd, duo.state.agents["ada"].budget.tokens) == (1, 200)
    use(duo, tokens=300)
    assert exhausted(duo.state, "ada")
    duo.do("you", SetBudget(agent="ada", tokens=0))
    assert duo.state.agents["ada"].budget.tokens is None
    assert not exhausted(duo.state, "ada")
    duo.do("you", SetBudget(agent="ada", usd=0))
    assert duo.state.agents["ada"].budget is None
    assert duo.refused("you", SetBudget(agent="ada")).hint == "0 takes a limit away."
    assert "no agent 'eve'" in duo.refused("you", SetBudget(agent="eve", usd=1)).reason
    assert "may not ask" in duo.refused("ada", SetBudget(agent="ada", usd=1000)).reason


def test_who_is_over_its_budget_gets_nothing_done(duo):
    duo.record("you", BudgetSet(agent="ada", usd=1.0))
    use(duo, cost=1)
    for command in (Say(text="x"), Claim(paths=["a"])):
        assert duo.refused("ada", command).reason == "ada is paused: its budget is used up."
    refusal = duo.refused("you", Resume(agent="ada"))
    assert refusal.reason == "ada's budget is used up: ~$1.00 of $1.00."
    assert "agentmux budget" in refusal.hint


def test_the_stop_is_why_it_ended_and_it_does_not_start_again(duo):
    duo.record("you", BudgetSet(agent="ada", usd=1.0))
    use(duo, cost=1.2)
    duo.do("room", ReportExit(agent="ada", status=129))
    assert duo.state.agents["ada"].state == "failed"
    assert duo.state.agents["ada"].why == "ada's budget is used up: ~$1.20 of $1.00."
    assert "used up" in duo.refused("you", Restart(agent="ada")).reason
    duo.do("you", SetBudget(agent="ada", usd=2))
    duo.do("you", Restart(agent="ada"))


def test_a_thawed_agent_over_its_budget_is_paused_again(duo):
    duo.record("you", BudgetSet(agent="ada", usd=1.0))
    duo.do("you", Pause(agent="ada", how="freeze"))
    use(duo, cost=1.1)
    assert state_of(duo) == ("paused", "freeze", "")
    duo.do("you", Resume(agent="ada"))
    assert state_of(duo) == ("paused", "soft", "budget")


def test_a_model_without_a_price_is_told_once_where_money_counts(duo):
    assert use(duo, cost=None) == []
    duo.record("you", BudgetSet(usd=1.0))
    assert use(duo, "bob", cost=None, model="local") == ["warning"]
    assert use(duo, "bob", cost=None, model="local") == []
    assert "'local' of bob" in duo.state.warnings[-1][1]
    assert duo.state.agents["bob"].usd == 0
