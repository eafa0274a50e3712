"""An agent on the screen: a frame with a header around the view of its terminal."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message

from agentmux.ui.format import spread
from agentmux.ui.look import Look, pane_header
from agentmux.ui.widgets.line import Line
from agentmux.ui.widgets.pane import PaneView
from agentmux.ui.widgets.waiting import Waiting

FRAMES = {"round": ("╭", "─", "╮"), "heavy": ("┏", "━", "┓"), "none": ("─", "─", "─")}


class AgentPane(Vertical, can_focus=True):
    """Number, name, state and claims of an agent above its terminal.

    Args:
        name: the agent's.
        view: shows its terminal.
        seen: gives what the header is drawn from.
    """

    class Chosen(Message):
        """The pane was clicked; `again` if it had the focus already."""

        def __init__(self, agent: str, again: bool) -> None:
            super().__init__()
            self.agent = agent
            self.again = again

    def __init__(self, agent: str, view: PaneView, seen: Callable[[], Look]) -> None:
        super().__init__(id=f"pane-{agent}")
        self.agent = agent
        self.view = view
        self._seen = seen
        self._header = Line(self._draw_header, classes="pane-header")
        self._waiting = Waiting()

    def compose(self) -> ComposeResult:
        """The header above the terminal, or above what is known while there is none."""
        yield self._header
        with Container(classes="pane-body"):
            yield self._waiting
            yield self.view

    def redraw(self) -> None:
        """Draw frame and header for the current mode and focus."""
        seen = self._seen()
        mine = seen.focused == self.agent
        self.set_class(mine and not seen.place, "-focused")
        self.set_class(mine and seen.typing, "-typing")
        agent = seen.state.agents.get(self.agent)
        self.set_class(agent is not None and agent.pane is None, "-waiting")
        if agent and agent.pane is None:
            self._waiting.show_start(seen.state, agent)
        self._header.redraw()

    def on_click(self, event: events.Click) -> None:
        """Take the focus; with the second click, the keyboard."""
        event.stop()
        self.post_message(self.Chosen(self.agent, again=self.has_class("-focused")))

    def _draw_header(self, width: int) -> Content:
        seen = self._seen()
        mine = self.has_class("-focused") or self.has_class("-typing")
        kind = "heavy" if self.has_class("-typing") else "round" if self.has_class("-framed") else "none"
        start, line, end = FRAMES[kind]
        style = "$warning" if self.has_class("-typing") else "$primary" if mine else "$line"
        left, right = pane_header(seen, self.agent, width)
        mark = ("▸" if mine else line, style)
        middle = spread(left, right, width - 4, fill=line, style=style)
        return Content.assemble((start, style), mark, middle, (line + end, style))
