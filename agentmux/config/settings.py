"""The user's own settings."""

from __future__ import annotations

from agentmux.config.words import Strict


class Settings(Strict):
    """The user's own settings: `config.yaml` in the config folder."""

    leader: str = "ctrl+]"
    """The key that leaves TYPING mode; pressed twice it reaches the pane."""
    theme: str = "agentmux"
    """A Textual theme."""
    layout: str = "duo"
    """The layout that `up` takes when none is named."""
    base_image: str = "debian:bookworm-slim"
    """What agent images are built on, unless a local base made by `agentmux image base` exists."""
    bell: bool = True
    """Ring the terminal's bell when an agent needs you."""
