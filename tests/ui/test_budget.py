"""What is spent is seen, and a budget is raised from the app."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.commands import SetBudget
from agentmux.room.events import Recorded
from agentmux.ui.needs import needs
from agentmux.ui.notify import notice
from tests.ui.sample import make_session, ready, sample_app, spending, until


async def test_a_budget_that_is_used_up_waits_for_the_human_and_can_be_raised(folder, sender):
    app = sample_app(make_session(folder, spending()), sender)
    async with app.run_test(size=(160, 45)) as pilot:
        await ready(pilot)
        [need] = [need for need in needs(app.state) if need.kind == "budget"]
        assert (need.ref, need.text) == ("ada", "ada's budget is used up: ~$1.53 of $1.50")
        await pilot.press("dollar_sign", *"much", "enter")
        assert sender.sent == []
        await pilot.press(*["backspace"] * 4, "dollar_sign", "5", "space", "4", "M", "enter")
        await until(pilot, lambda: sender.sent)
        assert sender.sent == [SetBudget(agent="ada", usd=5, tokens=4_000_000)]
        await pilot.press("dollar_sign", "tab", "dollar_sign", "0", "enter")
        await until(pilot, lambda: len(sender.sent) == 2)
        assert sender.sent[1] == SetBudget(usd=0)


def test_each_level_is_told_in_its_way():
    def told(level, share, agent="ada"):
        event = ev.BudgetReached(agent=agent, level=level, share=share, tokens=9, usd=1.0)
        found = notice(Recorded(9, 1.0, "room", event))
        return found and (found.text, found.severity)

    assert told("warn", 0.82) == ("82% of ada’s budget is used.", "warning")
    assert told("pause", 1.0) is None
    assert told("stop", 1.25, None) == ("125% of the session’s budget is used: all agents ended.", "error")
