"""A row of a pane as Textual strips: handed through as it is where it stands whole, parsed only where it is cut."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from agentmux.terminal.screen import runs


class RawStrip(Strip):
    """A row whose bytes for the terminal are the pane's own line; segments are made if an overlay cuts the row.

    Args:
        line: a line of a `Screen`, at most `width` cells wide.
        width: the strip's width, in cells.
    """

    __slots__ = ("_line", "_parsed")

    def __init__(self, line: str, width: int) -> None:
        self._line = line
        self._parsed: list[Segment] | None = None
        super().__init__((), width)
        # Textual writes the next strip of the row where this one leaves the cursor. Erasing the cells first (ECH) and
        # counting from where the row began (DECSC, DECRC, CUF) spares knowing how wide the terminal thinks the line is.
        self._render_cache = f"\x1b[0m\x1b[{width}X\x1b7{line}\x1b8\x1b[{width}C\x1b[0m"

    @property
    def _segments(self) -> list[Segment]:
        if self._parsed is None:
            self._parsed = list(parsed(self._line, self.cell_length))
        return self._parsed

    @_segments.setter
    def _segments(self, _: Any) -> None:
        """`Strip.__init__` sets the segments; here they come from the line."""


raw_strip = lru_cache(1024)(RawStrip)
"""A row that is moved keeps its strip: most of what scrolls is as it was, one row below."""


def parsed(line: str, width: int) -> Strip:
    """The line as a strip of segments, padded or cut to `width` cells."""
    return Strip([Segment(text, _style(look)) for text, look in runs(line)]).adjust_cell_length(width, Style.null())


@lru_cache(4096)
def _style(look: tuple[tuple[str, str], ...]) -> Style:
    kinds = dict(look)
    under = kinds.get("under")
    return Style(
        color=_color(kinds.get("fg", "")),
        bgcolor=_color(kinds.get("bg", "")),
        bold="bold" in kinds or None,
        dim="dim" in kinds or None,
        italic="italic" in kinds or None,
        underline=under is not None or None,
        underline2=under in ("21", "4:2") or None,
        blink="blink" in kinds or None,
        reverse="reverse" in kinds or None,
        conceal="hidden" in kinds or None,
        strike="strike" in kinds or None,
        overline="over" in kinds or None,
    )


def _color(parameters: str) -> Color | None:
    """The colour of SGR parameters such as `31`, `97`, `38;5;9` or `48:2::1:2:3`; None if they name none."""
    if not parameters:
        return None
    first, *rest = parameters.replace(":", ";").split(";")
    numbers = [int(part or 0) for part in rest]
    if not rest:
        tens, number = divmod(int(first), 10)
        return Color.from_ansi(number + (8 if tens >= 9 else 0))
    if numbers[0] == 5 and len(numbers) > 1:
        return Color.from_ansi(numbers[1] & 255)
    if numbers[0] == 2 and len(numbers) > 3:
        return Color.from_rgb(*(number & 255 for number in numbers[-3:]))
    return None
