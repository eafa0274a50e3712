"""A decision in the making: each event takes effect in a copy at once, so later rules see what earlier ones did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from agentmux.room.decision import Decision, Refusal
from agentmux.room.events import Event, MessageSent, Recorded
from agentmux.room.fold import apply
from agentmux.room.state import ROOM, State


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule knows besides the command: the session as it is, who asks, and the time (Unix seconds)."""

    state: State
    actor: str
    now: float


class Draft:
    """Events so far, and `state` as it will be; it knows no earlier messages, which are many and do not matter here."""

    def __init__(self, context: Context) -> None:
        state = context.state
        self.state = replace(
            state,
            agents=dict(state.agents),
            claims=dict(state.claims),
            lapsed=list(state.lapsed),
            trespasses=dict(state.trespasses),
            waiting=dict(state.waiting),
            rulings=dict(state.rulings),
            written=dict(state.written),
            permissions=dict(state.permissions),
            permitted=set(state.permitted),
            messages={},
            warnings=[],
            unread={},
        )
        self.actor = context.actor
        self.now = context.now
        self.events: list[Event] = []

    def add(self, event: Event) -> None:
        """This happens, too."""
        apply(self.state, Recorded(self.state.seq + 1, self.now, self.actor, event))
        self.events.append(event)

    def tell(self, member: str, text: str) -> None:
        """The room writes to a member."""
        self.add(MessageSent(id=self.state.next_message, to=member, text=text, sender=ROOM))

    def decision(self, reply: Mapping[str, Any] | None = None, refusal: Refusal | None = None) -> Decision:
        """What was decided."""
        return Decision(tuple(self.events), reply or {}, refusal)
