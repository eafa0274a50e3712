"""Which state an agent is in, read from its screen by its profile's rules. Pure: rows in, verdict out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from agentmux.config import ScreenRules

Seen = Literal["working", "needs you", "idle"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state, the rule that said so, and the line it saw."""

    state: Seen
    rule: str
    line: str = ""


def read_screen(rules: ScreenRules, agent: str, rows: Sequence[str], cursor_row: int, *, quiet: bool) -> Verdict:
    """The agent's state as its screen shows it.

    Args:
        rules: the profile's screen rules.
        agent: put in the place of `{agent}` in a rule.
        rows: the screen as plain text, top first.
        cursor_row: which of them the cursor is on, from 0.
        quiet: whether nothing was printed for a while; decides where no rule speaks.
    """
    bottom = [row.rstrip() for row in rows if row.strip()][-rules.lines :]
    for kind, patterns in (("needs you", rules.needs_you), ("working", rules.working)):
        for pattern in patterns:
            for line in reversed(bottom):
                if _compiled(pattern, agent).search(line):
                    return Verdict(kind, pattern, line)  # type: ignore[arg-type]
    if rules.idle is not None:
        line = rows[cursor_row] if cursor_row < len(rows) else ""
        if _compiled(rules.idle, agent).search(line.rstrip()):
            return Verdict("idle", rules.idle, line.rstrip())
        return Verdict("working", "no empty prompt at the cursor", line.rstrip())
    return Verdict("idle", "quiet") if quiet else Verdict("working", "prints")


@lru_cache(256)
def _compiled(pattern: str, agent: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("{agent}", re.escape(agent)))
