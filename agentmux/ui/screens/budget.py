"""What everybody has spent, and other limits for it."""

from __future__ import annotations

from math import isfinite

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from agentmux.config import count
from agentmux.room.commands import SetBudget
from agentmux.room.state import State
from agentmux.ui.screens.dialog import Dialog
from agentmux.ui.spending import limits, table
from agentmux.ui.widgets.field import Field

HELP = "like $5, 2M (tokens) or $5 2M; $0 or 0 takes a limit away"


class BudgetScreen(Dialog[SetBudget]):
    """Its result is the command that sets another budget.

    Args:
        state: the session.
        agent: whose budget is offered beside the session's.
    """

    AUTO_FOCUS = ""

    def __init__(self, state: State, agent: str | None) -> None:
        super().__init__()
        self._state = state
        self._agent = agent

    def compose(self) -> ComposeResult:
        """The table, and a line for each budget that can be changed here."""
        with VerticalScroll(classes="dialog -wide", can_focus=False) as box:
            box.border_title = Content("budget")
            box.border_subtitle = Content("enter sets · tab the other · esc closes")
            yield Static(Content("\n").join(table(self._state)), markup=False)
            estimate = "\nMoney is an estimate from list prices; + or $?: there are models without one."
            yield Static(Content.styled(estimate, "$muted"), markup=False)
            if self._agent:
                yield self._line("agent", self._agent)
            yield self._line("session", None)
            yield Static(Content.styled(f"A budget is {HELP}.", "$muted"), id="problem", markup=False)

    def on_mount(self) -> None:
        """Begin at the budget that is used up, else at the agent's."""
        over = self._state.budget and self._state.budget.level in ("pause", "stop")
        self.query_one("#session" if over or not self._agent else "#agent", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Set it, or say what is wrong with it."""
        agent = self._agent if event.input.id == "agent" else None
        try:
            tokens, usd = read_limits(event.value)
        except ValueError:
            text = f"'{event.value}' is no budget: write it {HELP}."
            self.query_one("#problem", Static).update(Content.styled(text, "$warning"))
            return
        self.dismiss(SetBudget(agent=agent, tokens=tokens, usd=usd))

    def _line(self, id_: str, agent: str | None) -> Field:
        known = self._state.agents[agent].budget if agent else self._state.budget
        now = f"new budget of {agent or 'the session'} (now {limits(known) or 'none'})"
        return Field(id=id_, placeholder=now)


def read_limits(text: str) -> tuple[int | None, float | None]:
    """Tokens and USD as somebody wrote them, None for what is not there; raises ValueError.

    >>> read_limits("$5 2M"), read_limits("500k"), read_limits("$0")
    ((2000000, 5.0), (500000, None), (None, 0.0))
    """
    tokens, usd = None, None
    for word in text.replace(",", "").split():
        if word.startswith("$"):
            usd = float(word[1:])
        else:
            tokens = count(word)
    if (tokens, usd) == (None, None) or not (usd is None or (isfinite(usd) and usd >= 0)):
        raise ValueError(text)
    return tokens, usd
