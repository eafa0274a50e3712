"""What a model as a judge said."""

from __future__ import annotations

from typing import Literal

from agentmux.room.events.event import Event

Winner = Literal["this", "other", "neither"]


class JudgeRuled(Event):
    """A model judged the session by a rubric, or compared it with the session `against`, of which it saw both.

    `prompt` is the SHA-256 (hex) of all that it was asked; the same is never asked twice. `scores` has points from 1
    to 5 by criterion, None where it saw nothing to go by; of a comparison `winner` says which session did better, and
    `first` whether this one was shown first. `quotes` are words of the recording that it gave as its reasons, by
    criterion: only those that are in it. `cost` is in USD, None where nobody knows.
    """

    kind = "judge.ruled"
    model: str
    prompt: str
    against: str = ""
    first: bool = True
    scores: dict[str, int | None] = {}
    winner: Winner | None = None
    quotes: dict[str, list[str]] = {}
    reason: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
