"""The command palette: every action of the keymap, and the themes."""

from __future__ import annotations

from functools import partial

from textual.app import App
from textual.command import DiscoveryHit, Hit, Hits, Provider

from agentmux.ui.keymap import KEYS


class Actions(Provider):
    """Offers what the keys of COMMAND mode do, and a switch to each theme."""

    async def discover(self) -> Hits:
        """Everything, while nothing is typed."""
        for title, action, about in _entries(self.app):
            yield DiscoveryHit(title, partial(self.screen.run_action, action), help=about)

    async def search(self, query: str) -> Hits:
        """What matches the query."""
        matcher = self.matcher(query)
        for title, action, about in _entries(self.app):
            if score := matcher.match(title):
                yield Hit(score, matcher.highlight(title), partial(self.screen.run_action, action), help=about)


def _entries(app: App[object]) -> list[tuple[str, str, str]]:
    actions = [(key.title, key.action, f"{key.shown}   {key.id}") for key in KEYS if key.palette]
    themes = [(f"theme: {name}", f"app.wear('{name}')", "") for name in sorted(app.available_themes)]
    return [*actions, *themes]
