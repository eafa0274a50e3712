"""A place in the network that an agent wants to reach: once, always, or no."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from agentmux.room.commands import Allow, Deny
from agentmux.room.state import Egress
from agentmux.ui.format import clean
from agentmux.ui.screens.dialog import Choice, Choices, Dialog

SO_FAR = {
    "refused": "It is not on the list of places that {} may reach. If it was asked for a moment ago, the connection "
    "waits for your answer; else it was refused, and the next one is let through.",
    "once": "You have allowed it for the next connection.",
    "always": "You have allowed it for the rest of the session.",
    "no": "You have refused it, and are not asked again.",
}


class EgressScreen(Dialog[Allow | Deny]):
    """Its result is the command that says whether the agent may reach the place."""

    def __init__(self, entry: Egress) -> None:
        super().__init__()
        self.about = f"egress {entry.agent} {entry.place}"
        self._entry = entry
        self._choices = Choices(
            [
                Choice("o", "once", "one connection; the next one asks again"),
                Choice("a", "always", f"for {entry.agent}, for the rest of the session"),
                Choice("n", "no", "refuse it, and do not ask again; `agentmux allow` can change that"),
                Choice("esc", "later"),
            ]
        )

    def compose(self) -> ComposeResult:
        """What is asked for, and the choices."""
        entry = self._entry
        with Vertical(classes="dialog") as box:
            box.border_title = Content(f"{entry.agent} wants to reach {clean(entry.place)}")
            yield Static(SO_FAR[entry.said].format(entry.agent), markup=False)
            yield self._choices

    def on_key(self, event: events.Key) -> None:
        """Answer with a key."""
        if self._choices.choose(event.key):
            event.stop()

    def on_choices_made(self, event: Choices.Made) -> None:
        """Answer."""
        agent, place = self._entry.agent, self._entry.place
        match event.choice.key:
            case "o":
                self.dismiss(Allow(agent=agent, place=place, once=True))
            case "a":
                self.dismiss(Allow(agent=agent, place=place))
            case "n":
                self.dismiss(Deny(agent=agent, place=place))
            case _:
                self.dismiss(None)
