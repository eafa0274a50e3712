"""All keys, from the keymap."""

from __future__ import annotations

from textual.content import Content

from agentmux.ui.format import STATES
from agentmux.ui.keymap import LEADER, PLACES, keys_of
from agentmux.ui.screens.dialog import TextDialog


def help_screen(leader: str) -> TextDialog:
    """The help, with the leader of the user's settings."""
    lines: list[Content] = []
    for where, title in PLACES.items():
        lines.append(Content.styled(title, "bold $primary"))
        for key in keys_of(where):
            shown = key.shown.replace(LEADER, leader)
            lines.append(Content.assemble((f"  {shown:<14}", "bold $accent"), key.title))
        lines.append(Content())
    lines.append(Content.styled("What the marks of the agents mean", "bold $primary"))
    states = [Content.assemble((f"{glyph} {state}", style)) for state, (glyph, style) in STATES.items()]
    lines.append(Content.assemble("  ", Content("   ").join(states)))
    return TextDialog("keys", lines, tall=True, below="↑ ↓ scroll · esc closes")
