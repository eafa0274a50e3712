"""What is known of somebody else's run, whichever program recorded it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentmux.errors import ConfigError
from agentmux.foreign import content
from agentmux.room.events import Event, ModelUsed

LIMIT = 256 << 20
"""Bytes of a file that is read."""
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
EARLIEST, LATEST = 946_684_800.0, 4_102_444_800.0
"""Unix seconds between which a time is one: the years 2000 to 2100."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment of an agent's log: what it shows, fit for a terminal, and the reply of a model, if it is one.

    `at` is in Unix seconds; None where the log does not say.
    """

    at: float | None
    shown: str
    used: ModelUsed | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message between agents."""

    at: float | None
    sender: str
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """An agent of the run.

    Attributes:
        program: what it was run by.
        turns: its log, in the order of time as far as that is known.
        ended: how it ended, in the source's words; empty where it does not say.
        worked: whether it ended by itself and content, or failed; None where nobody knows.
        features: of the task, those that it was to build.
        patch: what it changed, as a patch; None where the source has none.
        total: the sum of its model's replies, where the log has no single ones.
    """

    name: str
    program: str
    turns: Sequence[Turn]
    ended: str = ""
    worked: bool | None = None
    task: str = ""
    features: Sequence[str] = ()
    patch: str | None = None
    total: ModelUsed | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run.

    Attributes:
        name: the source's name for it.
        began: Unix seconds, where no log tells an earlier time.
        sent: the messages, in their order.
        after: what was found out of the result, as events of our vocabulary.
        files: texts that are kept in the session's folder `out`, by name.
        facts: what the source says beside that.
        untold: kinds of events, and metrics, that the source knows nothing of or not all.
    """

    source: str
    name: str
    members: Sequence[Member]
    task: str = ""
    base: str = ""
    began: float | None = None
    sent: Sequence[Sent] = ()
    features: Sequence[str] = ()
    after: Sequence[Event] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    untold: Sequence[str] = ()


def lasted(members: Sequence[Member]) -> bool:
    """Whether each agent's log tells of two moments at least, so that it is known how long it took."""
    return all(len({turn.at for turn in member.turns if turn.at}) > 1 for member in members)


def moment(value: object) -> float | None:
    """A time as Unix seconds: from a number of them, or from ISO 8601 text (UTC where it names no zone); else None.

    >>> moment("2026-05-01T00:00:00"), moment(12), moment("later")
    (1777593600.0, None, None)
    """
    if isinstance(value, str):
        try:
            seconds = float(value)
        except ValueError:
            seconds = _iso(value)
    else:
        seconds = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    return seconds if EARLIEST < seconds < LATEST else None


def number(value: object) -> int:
    """A count; 0 for anything that is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53 else 0


def mapping(value: object) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[dict[str, Any]]:
    """The objects in a JSON list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def word(value: object) -> str:
    """A text; an empty one for anything else."""
    return value if isinstance(value, str) else ""


def load(file: Path) -> Any:
    """What is in a JSON file; raises ConfigError if it is none, too large, or cannot be read."""
    read = content(file, LIMIT)
    try:
        found = json.loads(read, parse_constant=lambda _: None)
        return _sound(found) if SURROGATE.search(read) else found
    except (ValueError, RecursionError) as err:
        raise ConfigError(f"{file}: this is no JSON.") from err


def _sound(value: Any) -> Any:
    """The value with a mark for each half of a character, which no log could hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_sound(key): _sound(one) for key, one in value.items()}
    return [_sound(one) for one in value] if isinstance(value, list) else value


def _iso(text: str) -> float:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
