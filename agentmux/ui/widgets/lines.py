"""A long text that is scrolled: lines are drawn only when they come into sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual


class Lines(ScrollView, can_focus=True):
    """Read-only lines; they are not wrapped, the view moves sideways instead."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("space", "page_down", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
    ]

    def __init__(self, lines: Sequence[Content] = (), id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: Sequence[Content] = ()
        self.show(lines)

    def show(self, lines: Sequence[Content]) -> None:
        """Show these lines instead."""
        self._lines = lines
        self.virtual_size = Size(max((line.cell_length for line in lines), default=0), len(lines))
        self.refresh(layout=True)

    def render_line(self, y: int) -> Strip:
        """One row of what is in sight."""
        width = self.scrollable_content_region.width
        left, top = self.scroll_offset
        if top + y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[top + y]
        strip = Visual.to_strips(self, line, max(line.cell_length, 1), 1, self.visual_style, apply_selection=False)[0]
        return strip.crop_extend(left, left + width, self.rich_style)
