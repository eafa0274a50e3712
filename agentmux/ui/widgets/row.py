"""A row of styled text as a strip, without what Textual does for texts that are wrapped, aligned or linked."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.content import Content
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget


def row_strip(widget: Widget, content: Content, width: int, style: Style) -> Strip:
    """The content in one row, cut or filled up to `width` cells, on top of `style`; the widget knows the colours."""
    pieces = content.render(style, end="", parse_style=widget._get_style)
    segments = [Segment(text, _rich(style, look)) for text, look in pieces]
    return Strip(segments).adjust_cell_length(width, style.rich_style)


@lru_cache(512)
def _rich(under: Style, over: Style) -> RichStyle:
    """The style for the terminal: the same object each time, which keeps its escape sequence."""
    return (under + over).rich_style
