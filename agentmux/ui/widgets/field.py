"""A line to write in."""

from __future__ import annotations

from textual.widgets import Input


class Field(Input):
    """With a cursor that does not blink, as in the panes: nothing is drawn while nobody types."""

    def __init__(self, value: str = "", *, id: str, placeholder: str) -> None:  # noqa: A002
        super().__init__(value, id=id, compact=True, placeholder=placeholder)
        self.cursor_blink = False
