"""What all dialogs share: a framed box in the middle, closed with Escape, and choices made by one key or a click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from agentmux.ui.format import pad
from agentmux.ui.widgets.lines import Lines

Result = TypeVar("Result")


class Dialog(ModalScreen[Result | None]):
    """A dialog; Escape closes it without a result.

    Where it answers something that waits for the human, `about` is that need's key: settled elsewhere, it closes.
    """

    about = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def action_close(self) -> None:
        """Close without a result."""
        self.dismiss(None)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose by its key."""

    key: str
    label: str
    about: str = ""


class Choices(Widget):
    """A list of choices; each is made by its key or a click."""

    ALLOW_SELECT = False

    class Made(Message):
        """The user chose."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__()
        self.choices = choices

    def render(self) -> Content:
        """A line for each choice: key, label, explanation."""
        width = max(cell_len(choice.label) for choice in self.choices)
        lines = [
            Content.assemble(
                (f" {choice.key:<4}", "bold $accent"),
                (pad(choice.label, width), "bold"),
                (f"  {choice.about}", "$muted"),
            )
            for choice in self.choices
        ]
        return Content("\n").join(lines)

    def choose(self, key: str) -> bool:
        """Make the choice with this key, if there is one."""
        found = next((choice for choice in self.choices if choice.key == key), None)
        if found:
            self.post_message(self.Made(found))
        return found is not None

    def on_click(self, event: events.Click) -> None:
        """Make the choice under the pointer."""
        if event.y < len(self.choices):
            self.post_message(self.Made(self.choices[event.y]))


class Ask(Dialog[str]):
    """A question with a few answers; the result is the key of the chosen one, None for Escape."""

    def __init__(self, title: str, text: str | Content, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._content = Content(text) if isinstance(text, str) else text
        self._choices = Choices([*choices, Choice("esc", "cancel")])

    def compose(self) -> ComposeResult:
        """The text above the choices."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._title)
            yield Static(self._content, markup=False)
            yield self._choices

    def on_key(self, event: events.Key) -> None:
        """Answer with a key."""
        if event.is_printable and self._choices.choose(event.character or ""):
            event.stop()

    def on_choices_made(self, event: Choices.Made) -> None:
        """Answer."""
        self.dismiss(None if event.choice.key == "esc" else event.choice.key)


class TextDialog(Dialog[None]):
    """A text to read, scrolled where it is long."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "close", show=False)]

    def __init__(self, title: str, lines: Sequence[Content], tall: bool = False, below: str = "esc closes") -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._tall = tall
        self._below = below

    def compose(self) -> ComposeResult:
        """The text in its frame."""
        with Vertical(classes="dialog -wide -tall" if self._tall else "dialog") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(self._below)
            yield Lines(self._lines)
