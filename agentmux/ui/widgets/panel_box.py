"""A panel of the sidebar on the screen: a titled box of rows that can be selected and scrolled."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agentmux.ui.format import clip_content
from agentmux.ui.panels.panel import Panel, Ref, Row, View
from agentmux.ui.widgets.row import row_strip


class PanelBox(ScrollView, can_focus=True):
    """Shows the rows of one panel.

    Args:
        panel: which one.
        view: gives what it is drawn from, for a width in cells.
    """

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("home", "move(-9999)", show=False),
        Binding("end", "move(9999)", show=False),
        Binding("enter", "open", show=False),
        Binding("escape", "leave", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"panel--selected", "panel--warn"}

    class Opened(Message):
        """The user opened the row that stands for `ref`."""

        def __init__(self, panel: Panel, ref: Ref) -> None:
            super().__init__()
            self.panel = panel
            self.ref = ref

    class Left(Message):
        """The user wants back to the panes."""

    def __init__(self, panel: Panel, view: Callable[[int], View]) -> None:
        super().__init__(id=f"panel-{panel.id}")
        self.panel = panel
        self.rows: list[Row] = []
        self.selected: Ref | None = None
        self._title = Content()
        self._view = view

    def redraw(self) -> None:
        """Compute the rows again, and paint if any is different."""
        view = self._view(self._row_width())
        rows = self.panel.rows(view) or [Row(Content.styled(self.panel.empty, "$muted"))]
        title = Content.assemble(
            (f"{self.panel.id} ", "bold"), (self.panel.key, "$accent"), self.panel.badge(view.state)
        )
        if not title.is_same(self._title):
            self._title = self.border_title = title
        if len(rows) == len(self.rows):
            self._replace(rows)
            return
        at_end = self.max_scroll_y - self.scroll_offset.y <= 1
        self.rows = rows
        self.virtual_size = Size(self._row_width(), len(rows))
        self._keep_selection()
        self.refresh()
        if self.panel.tail and at_end and not self.has_focus:
            self.scroll_end(animate=False)

    def _replace(self, rows: list[Row]) -> None:
        """Show as many rows as before, and paint those that are different: most of the time, a clock in one of them."""
        changed = [i for i, (new, old) in enumerate(zip(rows, self.rows, strict=True)) if not _same(new, old)]
        self.rows = rows
        self._keep_selection()
        for index in changed:
            self.refresh_line(index)

    def _keep_selection(self) -> None:
        if self.selected not in self._refs():
            self.selected = self._first() if self.has_focus else None

    def on_resize(self) -> None:
        """Rows are laid out for a width."""
        self.redraw()
        if self.panel.tail and not self.has_focus:
            self.call_after_refresh(self.scroll_end, animate=False)

    def render_line(self, y: int) -> Strip:
        """One row of the box."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        row = self.rows[index]
        selected = row.ref is not None and row.ref == self.selected and self.has_focus
        parts = ["panel--selected"] if selected else ["panel--warn"] if row.warn else []
        style = self.get_visual_style(*parts) if parts else self.visual_style
        return row_strip(self, clip_content(row.content, width), width, style)

    def on_focus(self) -> None:
        """Select something, so that Enter has a meaning."""
        self.selected = self.selected or self._first()
        self.refresh()

    def on_blur(self) -> None:
        """The selection is shown only with the focus."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Select the row under the pointer; open it on the second click."""
        offset = event.get_content_offset(self)
        index = offset.y + self.scroll_offset.y if offset else len(self.rows)
        if index < len(self.rows) and (ref := self.rows[index].ref):
            again = ref == self.selected and self.has_focus
            self.selected = ref
            self.refresh()
            if again or event.chain > 1:
                self.post_message(self.Opened(self.panel, ref))

    def action_move(self, by: int) -> None:
        """Select another row."""
        refs = self._refs()
        if not refs:
            return
        at = refs.index(self.selected) + by if self.selected in refs else 0
        self.selected = refs[min(max(at, 0), len(refs) - 1)]
        line = next(i for i, row in enumerate(self.rows) if row.ref == self.selected)
        if not self.scroll_offset.y <= line < self.scroll_offset.y + self.size.height:
            self.scroll_to(y=line - self.size.height // 2, animate=False)
        self.refresh()

    def action_open(self) -> None:
        """Open the selected row."""
        if self.selected:
            self.post_message(self.Opened(self.panel, self.selected))

    def action_leave(self) -> None:
        """Go back to the panes."""
        self.post_message(self.Left())

    def _first(self) -> Ref | None:
        refs = self._refs()
        return (refs[-1] if self.panel.tail else refs[0]) if refs else None

    def _refs(self) -> list[Ref]:
        return [row.ref for row in self.rows if row.ref]

    def _row_width(self) -> int:
        return max(self.scrollable_content_region.width, 1)


def _same(a: Row, b: Row) -> bool:
    return a.ref == b.ref and a.warn == b.warn and a.content.is_same(b.content)
