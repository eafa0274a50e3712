"""What must not be written down: the values in the files that the agents were given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from agentmux.config import Session
from agentmux.errors import AgentmuxError
from agentmux.workspace.copied import inside

ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*")
SECRET_NAME = re.compile(r"key|token|secret|pass|pwd|auth|cred|private|salt|dsn", re.IGNORECASE)
SHORTEST = 8
"""Characters below which a value is masked only if its name says that it is a secret."""
LONGEST_FILE = 256 * 1024
"""Bytes; a longer file is no list of settings."""


def secret_values(session: Session) -> list[str]:
    """The values of all `KEY=value` lines of the session's copied files that are no plain words."""
    found: dict[str, None] = {}
    for name in session.copied:
        try:
            path = inside(Path(session.repo), name)
            if path.stat().st_size <= LONGEST_FILE:
                found |= dict.fromkeys(values(path.read_text(encoding="utf-8", errors="replace")))
        except (OSError, AgentmuxError):
            continue  # it is gone by now, and what a workspace has of it was masked from the start
    return list(found)


def values(text: str) -> Iterator[str]:
    r"""The values that are worth hiding: those of secret names, and others that are long and no word or number.

    >>> list(values("MODE=development\nPORT=8080\nexport API_KEY='k-1234'\nURL=postgres://u:p@db/x # ours"))
    ['k-1234', 'postgres://u:p@db/x']
    """
    for line in text.splitlines():
        if match := ASSIGNMENT.fullmatch(line):
            name, value = match.groups()
            quoted = value[:1] in ("'", '"') and value[-1:] == value[:1]
            value = value[1:-1] if quoted else value.partition(" #")[0].rstrip()
            telling = len(value) >= SHORTEST and not value.isalpha() and not value.isdecimal()
            if value and (telling or SECRET_NAME.search(name)):
                yield value
