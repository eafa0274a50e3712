"""Small pure helpers for text on the screen. Text from agents passes through `clean` before anything else sees it."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from agentmux.room.events import AgentState
from agentmux.room.state import ALL, ROOM, YOU, Agent, State

STATES: dict[AgentState, tuple[str, str]] = {
    "starting": ("◌", "$muted"),
    "working": ("●", "$success"),
    "needs you": ("?", "bold $warning"),
    "idle": ("○", "$muted"),
    "done": ("✓", "$success"),
    "paused": ("=", "$secondary"),
    "failed": ("✗", "bold $error"),
    "gone": ("–", "$error"),
}
"""Each agent state's glyph and style; the word always stands beside the glyph where there is room."""

AGENT_COLOURS = 8
# Bidirectional controls and the like reorder or hide what stands around them.
_INVISIBLE = dict.fromkeys((8206, 8207, 8232, 8233, 65279, *range(8234, 8239), *range(8294, 8298)), "�")
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], "�") | _INVISIBLE
_ONE_LINE = _CONTROLS | {0x0A: " ⏎ ", 0x0D: None, 0x09: " "}
_LINES = _CONTROLS | {0x0A: "\n", 0x0D: None, 0x09: "    "}


def clean(text: str) -> str:
    r"""The text as one line that cannot move the cursor, change colours or reorder its surroundings.

    >>> clean("a\x1b[31mb\nc")
    'a�[31mb ⏎ c'
    """
    return text.translate(_ONE_LINE)


def clean_lines(text: str) -> str:
    """Like `clean`, with its line breaks kept and tabs as four spaces."""
    return text.translate(_LINES)


def clip(text: str, width: int) -> str:
    """The text in at most `width` cells; what is cut off is marked.

    >>> clip("a long line", 6)
    'a lon…'
    """
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def ending(agent: Agent) -> str:
    """How an agent's program ended, in the room's words."""
    return clean(agent.why)


def pad(text: str, width: int) -> str:
    """The text in exactly `width` cells."""
    return set_cell_size(clip(text, width), max(width, 0))


def clip_content(content: Content, width: int) -> Content:
    """The content in at most `width` cells; what is cut off is marked."""
    return content if content.cell_length <= width else content.truncate(max(width, 0), ellipsis=True)


def spread(left: Content, right: Content, width: int, fill: str = " ", style: str = "") -> Content:
    """`left` and `right` at the two ends of a line of `width` cells; where both do not fit, `left` is cut."""
    left = clip_content(left, width - right.cell_length - 1)
    gap = max(width - left.cell_length - right.cell_length, 0)
    return Content.assemble(left, (fill * gap, style), right)


def elapsed(seconds: float) -> str:
    """A running time in full.

    >>> elapsed(1122)
    '00:18:42'
    """
    total = max(int(seconds), 0)
    return f"{total // 3600:02}:{total // 60 % 60:02}:{total % 60:02}"


def left(seconds: float) -> str:
    """A countdown as minutes and seconds.

    >>> left(680), left(-3)
    ('11:20', '00:00')
    """
    total = max(int(seconds), 0)
    return f"{total // 60:02}:{total % 60:02}"


def ago(seconds: float) -> str:
    """A duration in at most five cells.

    >>> [ago(s) for s in (4, 65, 600, 4000, 90000)]
    ['4s', '1m05', '10m', '1h06', '25h']
    """
    total = max(int(seconds), 0)
    if total < 60:
        return f"{total}s"
    if total < 600:
        return f"{total // 60}m{total % 60:02}"
    if total < 3600:
        return f"{total // 60}m"
    return f"{total // 3600}h{total // 60 % 60:02}" if total < 36000 else f"{total // 3600}h"


def count(number: int, noun: str) -> str:
    """A number with its noun.

    >>> count(1, "claim"), count(2, "claim")
    ('1 claim', '2 claims')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def thousands(number: int) -> str:
    """A large number in a few cells.

    >>> [thousands(n) for n in (7, 999, 1000, 14_474, 999_999, 2_340_000)]
    ['7', '999', '1.0k', '14k', '999k', '2.3M']
    """
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= unit:
            return f"{number / unit:.1f}{letter}" if number < 10 * unit else f"{number // unit}{letter}"
    return str(number)


def name_style(state: State, member: str) -> str:
    """The style of a member's name: each agent has a colour of its own."""
    if member in (ROOM, ALL):
        return "bold $muted"
    if member == YOU or member not in state.agents:
        return "bold"
    return f"bold $agent-{list(state.agents).index(member) % AGENT_COLOURS + 1}"


def agent_number(state: State, agent: str) -> int:
    """The number under which the agent is reached, from 1."""
    return list(state.agents).index(agent) + 1


def state_mark(state: AgentState, word: bool = True) -> Content:
    """The glyph, and the word, of an agent's state."""
    glyph, style = STATES[state]
    return Content.assemble((f"{glyph} {state}" if word else glyph, style))
