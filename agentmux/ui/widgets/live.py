"""A live pane that tells when the human begins to type in it."""

from __future__ import annotations

from textual.message import Message

from agentmux.ui.driver import Typed
from agentmux.ui.widgets.pane import PaneView


class LivePane(PaneView):
    """A `PaneView` of an agent. While it has not typed yet, looking into TYPING mode is no intervention."""

    class Begun(Message):
        """The first key since `typing` was set has been typed."""

        def __init__(self, agent: str) -> None:
            super().__init__()
            self.agent = agent

    def __init__(self, agent: str) -> None:
        super().__init__(id=f"view-{agent}")
        self.agent = agent
        self._begun = False

    def typed(self, tokens: Typed) -> None:
        """Type, and tell once that it began."""
        if not self._begun:
            self._begun = True
            self.post_message(self.Begun(self.agent))
        super().typed(tokens)

    def watch_typing(self, typing: bool) -> None:
        """Take the keys, or give them back."""
        self._begun = False
        super().watch_typing(typing)
