"""Why an agent counts as what it does: the rule or hook, what it saw, and whether typing to it is safe."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from agentmux.errors import AgentmuxError
from agentmux.ui.format import clean
from agentmux.ui.screens.dialog import Dialog
from agentmux.ui.widgets.lines import Lines

INDENT = " " * 13
"""Continues a line that does not fit."""


class ExplainScreen(Dialog[None]):
    """Shows an explanation that is asked for in a thread meanwhile.

    Args:
        agent: whose state it is.
        explain: gives the lines; may take a moment and raise AgentmuxError.
    """

    def __init__(self, agent: str, explain: Callable[[str], list[str]]) -> None:
        super().__init__()
        self._agent = agent
        self._explain = explain

    def compose(self) -> ComposeResult:
        """The lines in their frame."""
        with Vertical(classes="dialog -wide -tall") as box:
            box.border_title = Content(f"{self._agent}: what decides its state")
            box.border_subtitle = Content("↑ ↓ scroll · esc closes")
            yield Lines([Content.styled("asking the room …", "$muted")])

    def on_mount(self) -> None:
        """Begin to ask."""
        self.query_one(Lines).focus()
        self.run_worker(self._load, thread=True, group="explain")

    def _load(self) -> None:
        try:
            lines = [Content(part) for line in self._explain(self._agent) for part in self._wrapped(clean(line))]
        except AgentmuxError as error:
            lines = [Content.styled(clean(error.message), "bold $error"), Content(clean(error.hint))]
        self.app.call_from_thread(self._show, lines)

    def _wrapped(self, line: str) -> list[str]:
        width = max(self.app.size.width - 12, 30)
        return wrap(line, width, subsequent_indent=INDENT, drop_whitespace=False) or [""]

    def _show(self, lines: list[Content]) -> None:
        if self.is_attached:
            self.query_one(Lines).show(lines)
