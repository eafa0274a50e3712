"""A panel over everything, for screens without a sidebar."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from agentmux.ui.panels.panel import Ref
from agentmux.ui.screens.dialog import Dialog
from agentmux.ui.widgets.panel_box import PanelBox


class PanelOverlay(Dialog[Ref]):
    """Its result is the row that was opened."""

    def __init__(self, box: PanelBox) -> None:
        super().__init__()
        self.box = box

    def compose(self) -> ComposeResult:
        """The panel in a frame of its own."""
        with Vertical(classes="overlay"):
            yield self.box

    def on_mount(self) -> None:
        """Keep the rows up to date while it is open."""
        self.box.focus()
        self.set_interval(1.0, self.box.redraw)

    def on_panel_box_opened(self, event: PanelBox.Opened) -> None:
        """Close, and have the row opened below."""
        event.stop()
        self.dismiss(event.ref)

    def on_panel_box_left(self) -> None:
        """Close."""
        self.dismiss(None)
