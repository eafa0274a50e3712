"""What `decide` answers: events to append, and a reply or a refusal for whoever asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentmux.room.events import Event


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: one sentence, what to do instead, and facts for programs (JSON values)."""

    reason: str
    hint: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a command. A refusal may come with events: a refused claim is a fact, too."""

    events: tuple[Event, ...] = ()
    reply: Mapping[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None


def refuse(reason: str, hint: str = "", **facts: Any) -> Decision:
    """A decision that nothing happens."""
    return Decision(refusal=Refusal(reason, hint, facts))
