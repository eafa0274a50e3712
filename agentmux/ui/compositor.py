"""What is painted when little changed: the rows that did, by the widgets that they belong to, and nothing around them.

Textual's own partial update has every widget between the uppermost and the lowest change drawn anew, and cuts all of
it into pieces. Where one widget alone can be seen, its rows are all that is needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate
from textual.geometry import Offset, Region
from textual.strip import Strip
from textual.widget import Widget

Painted = tuple[Offset, Sequence[Strip]]
"""Strips one below the other, and where the first one begins on the screen."""


class RowsUpdate(CompositorUpdate):
    """Rows as they are, and behind them what had to be put together from several widgets."""

    def __init__(self, painted: Sequence[Painted], rest: ChopsUpdate | None) -> None:
        self.painted = painted
        self.rest = rest

    def render_segments(self, console: Console) -> str:
        """The bytes for the terminal."""
        parts: list[str] = []
        for (x, y), strips in self.painted:
            for row, strip in enumerate(strips, y + 1):
                parts += f"\x1b[{row};{x + 1}H", strip.render(console)
        if self.rest:
            parts.append(self.rest.render_segments(console))
        return "".join(parts)


class RowCompositor(Compositor):
    """Textual's compositor with a quicker way for what lies in front."""

    def render_partial_update(self) -> RowsUpdate | None:  # type: ignore[override]
        """The update of what is dirty; None if nothing is."""
        painted: list[Painted] = []
        for region in [*self._dirty_regions]:
            visible = region.intersection(self.size.region)
            if widget := self.in_front(visible):
                self._dirty_regions.remove(region)
                painted.append((visible.offset, self._rows(widget, visible)))
        rest = super().render_partial_update()
        return RowsUpdate(painted, rest) if painted or rest else None

    def in_front(self, region: Region) -> Widget | None:
        """The widget that alone can be seen in this part of the screen; None if there are several."""
        for widget, (place, clip) in self.visible_widgets.items():  # what lies in front comes first
            seen = place.intersection(clip)
            if seen.overlaps(region):
                return widget if seen.contains_region(region) else None
        return None

    def place(self, widget: Widget, region: Region) -> Region | None:
        """Where a part of a widget is on the screen, if it alone can be seen there."""
        if widget not in self.visible_widgets:
            return None
        there = region.translate(self.visible_widgets[widget][0].offset)
        return there if self.in_front(there) is widget else None

    def _rows(self, widget: Widget, region: Region) -> list[Strip]:
        place, _ = self.visible_widgets[widget]
        return widget.render_lines(region.translate(-place.offset))


def paint(widget: Widget, regions: Sequence[Region]) -> None:
    """Paint parts of a widget at once where it can be seen alone; else with all else that is painted next.

    What Textual paints goes through four queues and a timer, which is half of what a frame of a pane costs.
    """
    screen, app = widget.screen, widget.app
    compositor = screen._compositor
    if not (isinstance(compositor, RowCompositor) and screen is app.screen and not app._batch_count):
        widget.refresh(*regions)
    elif place := compositor.place(widget, Region.from_union(regions)):
        offset = place.offset - Region.from_union(regions).offset
        painted = [(region.offset + offset, widget.render_lines(region)) for region in regions]
        app._display(screen, RowsUpdate(painted, None))  # type: ignore[arg-type]
    else:
        widget.refresh(*regions)
