"""The bus: messages, and how they reach whom."""

from __future__ import annotations

from typing import Literal

from agentmux.room.events.event import Event

Via = Literal["bus", "prompt", "now"]


class MessageSent(Event):
    """A message: to one member or `all`; `ask` makes it a question, `reply_to` an answer.

    `default` is what a human who does not care would answer. `sender` is who says it, if not the event's actor.
    """

    kind = "message.sent"
    id: int
    to: str
    text: str
    ask: bool = False
    default: str | None = None
    reply_to: int | None = None
    via: Via = "prompt"
    sender: str | None = None


class MessageDelivered(Event):
    """The message reached the member: in a tool's `reply`, its `inbox`, `typed` into its pane, or by its `hook`."""

    kind = "message.delivered"
    id: int
    member: str
    how: Literal["reply", "inbox", "typed", "seen", "hook"]


class MessageRead(Event):
    """The member has the text: its tool call returned it, or what was typed was submitted."""

    kind = "message.read"
    id: int
    member: str


class DeliveryFailed(Event):
    """Typing a message did not work; it stays queued and `why` says what stood in the way."""

    kind = "message.undelivered"
    id: int
    member: str
    why: str
