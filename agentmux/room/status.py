"""Which state an agent is in, read from its screen by its profile's rules. Pure: rows in, verdict out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from agentmux.config import ScreenRules

Seen = Literal["working", "needs you", "idle"]
NO_PROMPT = "no empty prompt at the cursor"
"""The rule that speaks where a profile knows its empty prompt, and no rule matches."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state, the rule that said so, and the line it saw."""

    state: Seen
    rule: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule that was tried on a screen, and the line that it matched; None where it matched none."""

    state: Seen
    rule: str
    line: str | None


def trials(rules: ScreenRules, agent: str, rows: Sequence[str], cursor_row: int) -> Iterator[Trial]:
    """The rules in the order in which they are tried; the first that matches decides. Arguments as of `read_screen`."""
    bottom = [row.rstrip() for row in rows if row.strip()][-rules.lines :]
    kinds: tuple[tuple[Seen, list[str]], ...] = (("needs you", rules.needs_you), ("working", rules.working))
    for kind, patterns in kinds:
        for pattern in patterns:
            rule = _compiled(pattern, agent)
            yield Trial(kind, pattern, next((line for line in reversed(bottom) if rule.search(line)), None))
    if rules.idle is not None:
        line = line_at(rows, cursor_row)
        yield Trial("idle", rules.idle, line if _compiled(rules.idle, agent).search(line) else None)


def read_screen(rules: ScreenRules, agent: str, rows: Sequence[str], cursor_row: int, *, quiet: bool) -> Verdict:
    """The agent's state as its screen shows it.

    Args:
        rules: the profile's screen rules.
        agent: put in the place of `{agent}` in a rule.
        rows: the screen as plain text, top first.
        cursor_row: which of them the cursor is on, from 0.
        quiet: whether nothing was printed for a while; decides where no rule speaks.
    """
    for trial in trials(rules, agent, rows, cursor_row):
        if trial.line is not None:
            return Verdict(trial.state, trial.rule, trial.line)
    if rules.idle is not None:
        return Verdict("working", NO_PROMPT, line_at(rows, cursor_row))
    return Verdict("idle", "quiet") if quiet else Verdict("working", "prints")


def half_typed(rules: ScreenRules, agent: str, line: str) -> bool:
    """Whether the cursor's line is a prompt with something behind it: its beginning alone would be an empty one.

    >>> rules = ScreenRules(idle="^> ?$")
    >>> [half_typed(rules, "ada", line) for line in ("> hel", "> ", "hello")]
    [True, False, False]
    """
    if rules.idle is None or _compiled(rules.idle, agent).search(line):
        return False
    return any(_compiled(rules.idle, agent).search(line[:end]) for end in range(1, len(line)))


def line_at(rows: Sequence[str], cursor_row: int) -> str:
    """The line that the cursor is on."""
    return rows[cursor_row].rstrip() if cursor_row < len(rows) else ""


@lru_cache(256)
def _compiled(pattern: str, agent: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("{agent}", re.escape(agent)))
