"""How the screen is divided, as a pure function of its size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agentmux.ui.widgets.pane import LEAST_COLUMNS

FRAME = 2
SIDE_MIN, SIDE_MAX = 40, 64
SIDE_ROWS = 10
LEAST_ROWS = 36
"""With fewer rows the panes get them all, and the panels open over them."""
SMALLEST = (44, 11)
"""Columns and rows below which only a sentence is shown."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How many panes stand side by side, and where the sidebar is (`size`: its columns or rows)."""

    panes: int
    side: Literal["right", "bottom", "none"]
    size: int = 0
    framed: bool = True
    tabs: bool = False


def arrange(columns: int, rows: int, agents: int, zoomed: bool = False) -> Arrangement | None:
    """The arrangement for a terminal of this size; None where it is too small for anything.

    >>> arrange(160, 45, 2)
    Arrangement(panes=2, side='bottom', size=10, framed=True, tabs=False)
    >>> arrange(220, 50, 2)
    Arrangement(panes=2, side='right', size=60, framed=True, tabs=False)
    >>> arrange(80, 24, 2)
    Arrangement(panes=1, side='none', size=0, framed=False, tabs=True)
    """
    if columns < SMALLEST[0] or rows < SMALLEST[1]:
        return None
    wide = LEAST_COLUMNS + FRAME
    if zoomed or columns < 100:
        return Arrangement(1, "none", framed=columns >= 100, tabs=agents > 1)
    if columns >= 200 and rows >= 24:
        panes = max(1, min(agents, (columns - SIDE_MIN) // wide))
        size = min(SIDE_MAX, max(SIDE_MIN, columns - panes * wide))
        return Arrangement(panes, "right", size, tabs=agents > panes)
    panes = max(1, min(agents, columns // wide))
    if rows < LEAST_ROWS:
        return Arrangement(panes, "none", tabs=agents > panes)
    return Arrangement(panes, "bottom", SIDE_ROWS if rows < 60 else SIDE_ROWS + 4, tabs=agents > panes)
