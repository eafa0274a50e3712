"""What an agent asks permission for: the command or the change, and yes, no or always."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from agentmux.room.commands import Answer
from agentmux.room.state import Permission
from agentmux.ui.format import clean, clip
from agentmux.ui.screens.dialog import Choice, Choices, Dialog
from agentmux.ui.screens.diff import coloured
from agentmux.ui.widgets.field import Field
from agentmux.ui.widgets.lines import Lines

COVERED = 50
"""Cells of what an `always` covers."""


class PermissionScreen(Dialog[Answer]):
    """Its result is the command that answers the request."""

    AUTO_FOCUS = "Lines"  # scrolled by its keys; the answers' keys come through, and Tab leads to the text

    def __init__(self, asked: Permission) -> None:
        super().__init__()
        self.about = f"permission {asked.id}"
        self._asked = asked
        covers = "exactly this" if asked.covers == asked.what else clip(clean(asked.covers), COVERED)
        always = [Choice("a", "always", f"{covers}, for {asked.agent}, in this session")] if asked.covers else []
        self._choices = Choices(
            [
                Choice("y", "yes", "this once"),
                Choice("n", "no", f"{asked.agent} is told, with your words if you write some"),
                *always,
                Choice("esc", "later"),
            ]
        )

    def compose(self) -> ComposeResult:
        """What is asked for, the choices, a text."""
        asked = self._asked
        lines = asked.what.split("\n")
        with Vertical(classes="dialog -wide") as box:
            box.border_title = Content(f"{asked.agent} asks for permission: {clean(asked.tool)}")
            yield Lines(coloured(lines) if asked.covers != asked.what else [Content(clean(line)) for line in lines])
            yield self._choices
            yield Field(id="word", placeholder="what to do instead, told with a no (tab to write; optional)")

    def on_key(self, event: events.Key) -> None:
        """Answer with a key, unless something is being written."""
        if not isinstance(self.focused, Input) and self._choices.choose(event.key):
            event.stop()

    def on_choices_made(self, event: Choices.Made) -> None:
        """Answer."""
        word = self.query_one("#word", Input).value.strip()
        match event.choice.key:
            case "y":
                self.dismiss(Answer(id=self._asked.id, answer="yes"))
            case "n":
                self.dismiss(Answer(id=self._asked.id, answer="no", text=word))
            case "a":
                self.dismiss(Answer(id=self._asked.id, answer="always"))
            case _:
                self.dismiss(None)

    def on_input_submitted(self) -> None:
        """After the text, the keys act again."""
        self.query_one(Lines).focus()
