"""Where the human writes: messages, answers and notes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from agentmux.room.events import Via
from agentmux.room.state import ALL
from agentmux.ui.format import clean, clean_lines, spread
from agentmux.ui.widgets.line import Line

VIAS: dict[Via, str] = {
    "prompt": "typed at its prompt when it is idle, queued until then",
    "bus": "read with its next tool call; nothing is typed",
    "now": "interrupts it, then is typed",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being written: a message to `to` (None: a note), perhaps an answer with a default."""

    to: str | None
    via: Via = "prompt"
    reply_to: int | None = None
    question: str = ""
    default: str | None = None


class Composer(Vertical):
    """A line that says what will happen to the text, and the text."""

    class Sent(Message):
        """The text is to be sent."""

        def __init__(self, draft: Draft, text: str) -> None:
            super().__init__()
            self.draft = draft
            self.text = text

    class Cancelled(Message):
        """Nothing is to be sent."""

    def __init__(self) -> None:
        super().__init__(id="composer")
        self.draft = Draft(to=ALL)
        self._head = Line(self._draw_head, id="composer-head")
        self._text = ComposerText()

    def compose(self) -> ComposeResult:
        """The explanation above the text."""
        yield self._head
        yield self._text

    def open(self, draft: Draft) -> None:
        """Begin to write."""
        self.draft = draft
        self._text.clear()
        self._text.placeholder = Content(clean(draft.default or ""))
        self.display = True
        self._head.redraw()
        self._text.focus()

    def close(self) -> None:
        """Hide; the text is gone."""
        self.display = False

    def send(self) -> None:
        """Hand over the text; an empty answer is the default, and other empty texts are not sent."""
        text = self._text.text.strip("\n") or self.draft.default or ""
        if text.strip():
            self.post_message(self.Sent(self.draft, clean_lines(text)))

    def next_via(self) -> None:
        """Choose the next way of delivery."""
        if self.draft.to is not None:
            order = list(VIAS)
            self.draft = replace(self.draft, via=order[(order.index(self.draft.via) + 1) % len(order)])
            self._head.redraw()

    def _draw_head(self, width: int) -> Content:
        draft = self.draft
        if draft.to is None:
            return Content.assemble((" note ", "bold $accent"), " to the scratchpad and the recording")
        to = "everybody" if draft.to == ALL else draft.to
        what = f' answer to {to}: "{clean(draft.question)}"' if draft.reply_to else f" to {to}"
        means = f" {VIAS[draft.via]} "
        if cell_len(what) + len(f"  via {draft.via}{means}") > width:
            means = " "
        via = Content.assemble(("  via ", "$muted"), (draft.via, "bold $accent"), (means, "$muted"))
        return spread(Content.styled(what, "bold"), via, width)


class ComposerText(TextArea):
    """The text: Enter sends, ctrl+j begins a new line."""

    def __init__(self) -> None:
        super().__init__(soft_wrap=True, show_line_numbers=False, compact=True, highlight_cursor_line=False)
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        composer = self.query_ancestor(Composer)
        if event.key == "enter":
            composer.send()
        elif event.key == "ctrl+j":
            self.insert("\n")
        elif event.key in ("tab", "ctrl+v"):
            composer.next_via()
        elif event.key == "escape":
            composer.post_message(Composer.Cancelled())
        else:
            return
        event.stop()
        event.prevent_default()
