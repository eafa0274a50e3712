"""Messages: sending, reading, and what became of typing one into a pane."""

from __future__ import annotations

from agentmux.room import commands as cmd
from agentmux.room.decision import Decision, refuse
from agentmux.room.draft import Context
from agentmux.room.events import DeliveryFailed, Event, MessageDelivered, MessageRead, MessageSent
from agentmux.room.state import ALL, ROOM, Message
from agentmux.room.who import bad_text, unknown


def say(context: Context, command: cmd.Say) -> Decision:
    """A message; a reply goes to the sender of what it answers unless it names somebody else."""
    if problem := bad_text("The message", command.text):
        return problem
    if command.via == "now" and context.actor in context.state.agents:
        return refuse(
            "Agents may not interrupt each other.", "Send it without `now`; it is delivered when they are idle."
        )
    to = command.to
    if command.reply_to is not None:
        answered = context.state.messages.get(command.reply_to)
        if answered is None:
            return refuse(
                f"There is no message {command.reply_to} to reply to.", "Leave out `reply_to` or take its id."
            )
        if to == ALL:
            to = answered.to if answered.sender == context.actor else answered.sender
    if to == ROOM:
        return refuse(
            "The room reads no messages.", f"Name who should get it: {', '.join([ALL, *context.state.members()])}."
        )
    if to == context.actor:
        return refuse("A message to yourself goes nowhere.", "Use a note to keep something.")
    if to not in (ALL, *context.state.members()):
        return unknown("member", to, [*context.state.members(), ALL])
    recipients = context.state.recipients(context.actor, to)
    if not recipients:
        return refuse("There is nobody else in this session.")
    sent = MessageSent(
        id=context.state.next_message,
        to=to,
        text=command.text,
        ask=command.ask,
        default=command.default,
        reply_to=command.reply_to,
        via=command.via,
    )
    return Decision((sent,), {"id": sent.id, "to": recipients})


def read_inbox(context: Context, command: cmd.ReadInbox) -> Decision:
    """All unread messages of the actor; they are delivered and read now."""
    messages = [context.state.messages[id_] for id_ in context.state.unread.get(context.actor, [])]
    events: list[Event] = []
    for message in messages:
        if message.receipts[context.actor].delivered is None:
            events.append(MessageDelivered(id=message.id, member=context.actor, how=command.how))
        events.append(MessageRead(id=message.id, member=context.actor))
    return Decision(tuple(events), {"messages": [_shown(message) for message in messages]})


def report_typed(context: Context, command: cmd.ReportTyped) -> Decision:
    """A message that was typed is delivered and read; one that could not be says once what stood in the way."""
    message = context.state.messages.get(command.id)
    receipt = message.receipts.get(command.agent) if message else None
    if receipt is None:
        return refuse(f"There is no message {command.id} to '{command.agent}'.")
    if receipt.read is not None or (command.why and receipt.problem == command.why):
        return Decision()
    if command.why:
        return Decision((DeliveryFailed(id=command.id, member=command.agent, why=command.why),))
    read = MessageRead(id=command.id, member=command.agent)
    if receipt.delivered is not None:
        return Decision((read,))
    return Decision((MessageDelivered(id=command.id, member=command.agent, how="typed"), read))


def _shown(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "from": message.sender,
        "text": message.text,
        "ask": message.ask,
        "at": message.at,
        "reply_to": message.reply_to,
    }
