"""Notices: a few small sentences at the upper right, over the panes and under every dialog, gone by themselves."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Offset
from textual.widget import Widget

from agentmux.ui.format import pad
from agentmux.ui.notify import Notice, Severity

SECONDS = 6.0
"""How long a notice stays."""
MOST = 3
WIDTH = 48
LINES = 3
MARKS: dict[Severity, tuple[str, str]] = {
    "information": ("·", "$primary"),
    "warning": ("!", "$warning"),
    "error": ("✗", "$error"),
}


class Notices(Widget):
    """The newest notices; one about the same thing takes the place of the last one.

    Args:
        now: Unix seconds.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Notices { layer: top; dock: top; display: none; width: auto; height: auto; background: $panel; }
    """

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._notices: dict[str, tuple[Notice, float]] = {}
        self._lines: list[Content] = []

    def tell(self, notice: Notice) -> None:
        """Show a notice from the next `redraw` on."""
        self._notices.pop(notice.key, None)
        self._notices[notice.key] = notice, self._now() + SECONDS
        for key in [*self._notices][:-MOST]:
            del self._notices[key]

    def settle(self, key: str) -> None:
        """What the notice told is over."""
        self._notices.pop(key, None)

    def redraw(self) -> None:
        """Show what is there to be told; what did not change is not painted."""
        self._notices = {key: (told, until) for key, (told, until) in self._notices.items() if until > self._now()}
        lines = [line for told, _ in self._notices.values() for line in _lines(told)]
        if len(lines) == len(self._lines) and all(a.is_same(b) for a, b in zip(lines, self._lines, strict=True)):
            return
        self._lines = lines
        self.display = bool(lines)
        self.place()
        self.refresh(layout=True)

    def place(self) -> None:
        """Move to the upper right of the screen, below the first pane's header."""
        width = max((line.cell_length for line in self._lines), default=0)
        self.styles.offset = Offset(max(0, self.screen.size.width - width - 1), 2)

    def render(self) -> Content:
        """All of them, one below the other."""
        return Content("\n").join(self._lines)

    def on_click(self) -> None:
        """A click takes them away."""
        self._notices.clear()
        self.redraw()


def _lines(notice: Notice) -> list[Content]:
    mark, style = MARKS[notice.severity]
    parts = wrap(notice.text, WIDTH) or [""]
    if len(parts) > LINES:
        parts = [*parts[: LINES - 1], f"{parts[LINES - 1][: WIDTH - 1]}…"]
    widest = min(WIDTH, max(map(cell_len, parts)))
    return [
        Content.assemble(
            ("▌", style),
            (f"{mark if row == 0 else ' '} ", f"bold {style}"),
            pad(part, widest),
            " ",
        )
        for row, part in enumerate(parts)
    ]
