"""Messages with what became of them, and what agents ask for, notes and warnings between them."""

from __future__ import annotations

from time import localtime, strftime

from textual.content import Content

from agentmux.room.state import ALL, YOU, Egress, Message, Permission, State
from agentmux.ui.format import ago, clean, count, name_style, spread
from agentmux.ui.panels.panel import Panel, Ref, Row, View

KEPT = 200
"""The newest entries that the panel shows; the log has all."""
SAID = {"refused": ("?", "bold $warning"), "once": ("·", "$muted"), "always": ("✓", "$success"), "no": ("✗", "$muted")}
"""The glyph and style of what was said about a place in the network."""


def rows(view: View) -> list[Row]:
    """A row for each message, open request, place in the network, note and warning, the oldest first."""
    state = view.state
    timed = [(m.at, _message(view, m)) for m in list(state.messages.values())[-KEPT:]]
    timed += [
        (note.at, _line(view, note.at, Content.styled(note.by, name_style(state, note.by)), "note", note.text))
        for note in state.notes[-KEPT:]
    ]
    timed += [
        (at, _line(view, at, Content.styled("room", "bold $warning"), "warning", text))
        for at, text in state.warnings[-KEPT:]
    ]
    timed += [(entry.since, _egress(view, entry)) for entry in list(state.egress.values())[-KEPT:]]
    timed += [(asked.since, _permission(view, asked)) for asked in state.permissions.values()]
    return [row for _, row in sorted(timed, key=lambda pair: pair[0])[-KEPT:]]


def _line(view: View, at: float, who: Content, what: str, text: str) -> Row:
    content = Content.assemble(_time(at), who, (f" {what} ", "$muted"), clean(text))
    return Row(spread(content, Content(), view.width), warn=what == "warning")


def _permission(view: View, asked: Permission) -> Row:
    left = Content.assemble(
        _time(asked.since),
        (asked.agent, name_style(view.state, asked.agent)),
        (" asks for ", "$muted"),
        f"{clean(asked.tool)} ",
        (clean(asked.brief), "bold"),
    )
    waits = Content.styled(f"? waits {ago(view.now - asked.since)}", "bold $warning")
    return Row(spread(left, waits, view.width), Ref("permission", asked.id), warn=True)


def _egress(view: View, entry: Egress) -> Row:
    asked = entry.said == "refused"
    left = Content.assemble(
        _time(entry.since),
        (entry.agent, name_style(view.state, entry.agent)),
        (" network ", "$muted"),
        (clean(entry.place), "bold" if asked else ""),
    )
    glyph, style = SAID[entry.said]
    word = f"waits {ago(view.now - entry.since)}" if asked else entry.said
    return Row(
        spread(left, Content.styled(f"{glyph} {word}", style), view.width),
        Ref("egress", f"{entry.agent} {entry.place}"),
        asked,
    )


def _time(at: float) -> tuple[str, str]:
    return f"{strftime('%H:%M', localtime(at))} ", "$muted"


def _message(view: View, message: Message) -> Row:
    state = view.state
    question = message.open
    left = Content.assemble(
        _time(message.at),
        (message.sender, name_style(state, message.sender)),
        ("›", "$muted"),
        (message.to, name_style(state, message.to)),
        (" ? " if question else " ", "bold $warning"),
        (f"re #{message.reply_to} " if message.reply_to else "", "$muted"),
        (clean(message.text), "bold" if message.id in state.unread.get(YOU, []) else ""),
    )
    mine = question and YOU in message.receipts
    return Row(spread(left, receipts(message), view.width), Ref("message", message.id), mine)


def receipts(message: Message) -> Content:
    """How far the message got, in a word; `2/3 read` where there is more than one recipient.

    >>> from agentmux.room.state import Receipt
    >>> got = {"ada": Receipt(delivered=1.0, read=2.0), "bob": Receipt(delivered=1.0)}
    >>> receipts(Message(1, 0.0, "you", "all", "hi", False, None, None, "bus", got)).plain
    '◐ 1/2 read'
    """
    all_of = list(message.receipts.values())
    if not all_of:
        return Content.styled("· nobody", "$muted")
    if any(r.problem and not r.read for r in all_of):
        return Content.styled("! queued", "$warning")
    for got, word, glyph, style in (
        (sum(r.answered is not None for r in all_of), "answered", "✓", "$success"),
        (sum(r.read is not None for r in all_of), "read", "✓", "$success"),
        (sum(r.delivered is not None for r in all_of), "delivered", "→", "$muted"),
    ):
        if got:
            whole = got == len(all_of) or (word == "answered" and message.ask)
            return Content.styled(f"{glyph} {word}" if whole else f"◐ {got}/{len(all_of)} {word}", style)
    return Content.styled("· sent", "$muted")


def summary(state: State) -> Content:
    """The newest message in short, for screens without the panel."""
    if not state.messages:
        return Content.styled("bus  nothing said yet", "$muted")
    message = next(reversed(state.messages.values()))
    return Content.assemble(
        ("bus ", "$muted"),
        _time(message.at),
        (message.sender, name_style(state, message.sender)),
        ("›", "$muted"),
        (message.to, name_style(state, message.to)),
        f" {clean(message.text)}",
    )


def detail(state: State, number: int) -> str:
    """The whole message and each recipient's receipt, for the reader who opened its row."""
    message = state.messages[number]
    lines = [
        f"{message.sender} to {'everybody' if message.to == ALL else message.to}, #{message.id}",
        "",
        message.text,
        "",
    ]
    if message.ask:
        lines.append("an open question" if message.open else "a question, answered")
    if message.default is not None:
        lines.append(f"default answer: {message.default}")
    for member, receipt in message.receipts.items():
        steps = (("delivered", receipt.delivered), ("read", receipt.read), ("answered", receipt.answered))
        told = [f"{word} {strftime('%H:%M:%S', localtime(at))}" for word, at in steps if at is not None]
        lines.append(f"{member}: {', '.join(told) or 'not delivered yet'}{_problem(receipt.problem)}")
    return "\n".join(lines)


def _problem(problem: str) -> str:
    return f" ({problem})" if problem else ""


def _badge(state: State) -> Content:
    unread = len(state.unread.get(YOU, []))
    return Content.styled(f" {count(unread, 'message')} for you", "bold $primary") if unread else Content()


PANEL = Panel(
    id="bus",
    key="B",
    about="go to the bus; its messages count as read by you",
    order=4,
    share=10,
    rows=rows,
    empty="nobody has said anything",
    badge=_badge,
    tail=True,
)
