"""What a judge answers, read: as untrusted as what it was shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from agentmux.errors import JudgeError
from agentmux.judge.prompt import CRITERIA

QUOTES = 3
"""Quotes that are kept for each criterion."""
LONGEST = 300
"""Characters of a quote or a reason that are kept."""


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Quotes = dict[str, Annotated[list[str], BeforeValidator(_list)]]
Points = Annotated[int, Field(ge=1, le=5)]


class Rubric(BaseModel):
    """Points by criterion, with quotes."""

    scores: dict[str, Points | None]
    quotes: Quotes = {}
    reason: str = ""


class Choice(BaseModel):
    """Which of two sessions did better."""

    winner: Literal["A", "B", "neither"]
    quotes: Quotes = {}
    reason: str = ""


A = TypeVar("A", Rubric, Choice)


def read_rubric(text: str, record: str) -> Rubric:
    """The answer about one session, with the quotes that are in its record; raises JudgeError."""
    found = _read(Rubric, text)
    scores = {name: found.scores.get(name) for name in CRITERIA}
    quotes = {name: true for name in CRITERIA if (true := in_record(found.quotes.get(name, ()), record))}
    return Rubric(scores=scores, quotes=quotes, reason=_short(found.reason))


def read_choice(text: str, records: Mapping[str, str]) -> Choice:
    """The answer about the sessions `A` and `B`, with the quotes that are in their records; raises JudgeError."""
    found = _read(Choice, text)
    quotes = {name: true for name in records if (true := in_record(found.quotes.get(name, ()), records[name]))}
    return Choice(winner=found.winner, quotes=quotes, reason=_short(found.reason))


def in_record(quotes: Iterable[str], record: str) -> list[str]:
    """Those that are in the record word for word, without regard to space; what a judge made up is dropped.

    >>> in_record(["I take  cart.py", "I never said this", " "], "ada to bob: I take cart.py")
    ['I take cart.py']
    """
    whole = " ".join(record.split())
    plain = (" ".join(quote.split()).strip("\"'“”") for quote in quotes)
    return [quote[:LONGEST] for quote in plain if quote and quote in whole][:QUOTES]


def _read(form: type[A], text: str) -> A:
    """The JSON object in the text, which may have words or a fence around it."""
    found = re.search(r"\{.*\}", text, re.DOTALL)
    try:
        return form.model_validate_json(found[0] if found else text)
    except ValidationError as err:
        said = _short(" ".join(text.split())) or "nothing"
        raise JudgeError(
            f"The judge answered something else than was asked for: {said}",
            "Try again, or another model.",
        ) from err


def _short(text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
