"""What models take, and what may be spent."""

from __future__ import annotations

from typing import Literal

from agentmux.room.events.event import Event

BudgetLevel = Literal["warn", "pause", "stop"]


class ModelUsed(Event):
    """A reply of the agent's model: the tokens that went in, and those that came out.

    Of those that went in, `cached` were read from a cache and `cache_written` put into one. `cost` is an estimate in
    USD, `window` how many tokens a request to the model may have; None where nobody knows. It was counted on its way
    through the gateway, or else read in the file `record` of the agent's home, up to `position` (bytes).
    """

    kind = "model.used"
    agent: str
    model: str
    tokens_in: int
    cached: int = 0
    cache_written: int = 0
    tokens_out: int
    cost: float | None = None
    window: int | None = None
    record: str = ""
    position: int = 0


class BudgetSet(Event):
    """What an agent, or the session (None), may spend: tokens in and out, and USD; None is no limit.

    At the share `warn` of it the human is warned, at all of it agents are paused, at the share `stop` ended.
    """

    kind = "budget.set"
    agent: str | None = None
    tokens: int | None = None
    usd: float | None = None
    warn: float = 0.8
    stop: float = 1.2


class BudgetReached(Event):
    """So much of a budget is used (`share`; 1.0 is all) that its next level is reached; with what was spent by then."""

    kind = "budget.reached"
    agent: str | None = None
    level: BudgetLevel
    share: float
    tokens: int
    usd: float
