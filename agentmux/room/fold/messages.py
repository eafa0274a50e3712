"""The bus."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from agentmux.room import events as ev
from agentmux.room.fold.on import change_agent, on, wrote
from agentmux.room.state import Message, Receipt, State, changed


@on(ev.MessageSent)
def _message_sent(state: State, event: ev.MessageSent) -> None:
    sender = event.sender or state.actor
    if sender == state.actor:
        wrote(state, event.text, event.default)
    recipients = state.recipients(sender, event.to)
    state.messages[event.id] = Message(
        id=event.id,
        at=state.at,
        sender=sender,
        to=event.to,
        text=event.text,
        ask=event.ask,
        default=event.default,
        reply_to=event.reply_to,
        via=event.via,
        receipts=dict.fromkeys(recipients, Receipt()),
    )
    state.next_message = max(state.next_message, event.id + 1)
    for member in recipients:
        state.unread.setdefault(member, []).append(event.id)
    question = state.messages.get(event.reply_to) if event.reply_to is not None else None
    if question is not None and question.ask:
        # Who follows up on a question of its own has had the answer elsewhere.
        for member in question.receipts if sender == question.sender else [sender]:
            _receipt(state, question.id, member, answered=state.at)


@on(ev.MessageDelivered)
def _message_delivered(state: State, event: ev.MessageDelivered) -> None:
    _receipt(state, event.id, event.member, delivered=state.at, problem="")


@on(ev.MessageRead)
def _message_read(state: State, event: ev.MessageRead) -> None:
    _receipt(state, event.id, event.member, read=state.at)
    change_agent(state, event.member, heard=state.at)
    unread = state.unread.get(event.member, [])
    place = bisect_left(unread, event.id)
    if place < len(unread) and unread[place] == event.id:
        del unread[place]


@on(ev.DeliveryFailed)
def _delivery_failed(state: State, event: ev.DeliveryFailed) -> None:
    _receipt(state, event.id, event.member, problem=event.why)


def _receipt(state: State, id_: int, member: str, **changes: Any) -> None:
    message = state.messages.get(id_)
    if message is not None and member in message.receipts:
        receipt = changed(message.receipts[member], **changes)
        if state.unseen:
            message.receipts[member] = receipt
        else:
            state.messages[id_] = changed(message, receipts={**message.receipts, member: receipt})
