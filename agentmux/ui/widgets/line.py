"""A line of text that knows how to draw itself for any width, and is painted only when it changed."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from agentmux.ui.widgets.row import row_strip

Draw = Callable[[int], Content]


class Line(Widget):
    """One row of the screen, drawn by a function from its width in cells."""

    DEFAULT_CSS = "Line { height: 1; width: 1fr; }"
    ALLOW_SELECT = False

    def __init__(self, draw: Draw, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.draw = draw
        self._shown = Content()

    def redraw(self) -> None:
        """Draw again, and paint if anything is different."""
        new = self.draw(self.size.width)
        if not new.is_same(self._shown):
            self._shown = new
            self.refresh()

    def on_resize(self) -> None:
        """A new width needs a new line."""
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """What was drawn last; nothing below it."""
        width = self.content_size.width
        return row_strip(self, self._shown if y == 0 else Content(), width, self.visual_style)
