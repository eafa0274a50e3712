"""The program's own two themes, and the colours that it adds to every theme."""

from __future__ import annotations

from textual.theme import Theme

AGENT_DARK = ("#7cb7ff", "#f0a3d8", "#8fd694", "#f2c26b", "#b7a6ff", "#6fd3d0", "#ff9f87", "#c3d06a")
AGENT_LIGHT = ("#1d5fb8", "#a3237f", "#2b7a37", "#8a5a00", "#5d45c4", "#0f7370", "#b8402a", "#5f6b0a")


def agent_variables(colours: tuple[str, ...]) -> dict[str, str]:
    """The theme variables `$agent-1` ... of the members' names."""
    return {f"agent-{number}": colour for number, colour in enumerate(colours, 1)}


DARK = Theme(
    name="agentmux",
    primary="#6ea8fe",
    secondary="#b7a6ff",
    accent="#f2c26b",
    warning="#f2b84b",
    error="#ff6b6b",
    success="#6fcf97",
    foreground="#d6dae2",
    background="#0f1216",
    surface="#151a20",
    panel="#1d232b",
    dark=True,
    variables={
        **agent_variables(AGENT_DARK),
        "line": "#39424e",
        "muted": "#8b95a3",
        "border": "#6ea8fe",
        "border-blurred": "#39424e",
        "block-cursor-background": "#2b3a52",
        "block-cursor-foreground": "#eef2f8",
        "block-cursor-blurred-background": "#222a35",
        "input-cursor-background": "#6ea8fe",
        "scrollbar": "#2a323d",
        "scrollbar-background": "#12161b",
        "scrollbar-background-hover": "#12161b",
        "scrollbar-background-active": "#12161b",
        "scrollbar-hover": "#3b4553",
        "scrollbar-active": "#6ea8fe",
    },
)

LIGHT = Theme(
    name="agentmux-light",
    primary="#2563c9",
    secondary="#6a4fc9",
    accent="#9a6200",
    warning="#9a5b00",
    error="#c02a2a",
    success="#1f7a3d",
    foreground="#20252c",
    background="#fbfbf9",
    surface="#f3f3f0",
    panel="#e7e8e4",
    dark=False,
    variables={
        **agent_variables(AGENT_LIGHT),
        "line": "#c3c7cc",
        "muted": "#68707a",
        "border": "#2563c9",
        "border-blurred": "#c3c7cc",
        "block-cursor-background": "#cfe0fa",
        "block-cursor-foreground": "#10151c",
        "block-cursor-blurred-background": "#dfe4ea",
        "scrollbar": "#c9ccd1",
        "scrollbar-background": "#eeeeea",
        "scrollbar-background-hover": "#eeeeea",
        "scrollbar-background-active": "#eeeeea",
        "scrollbar-hover": "#aab0b8",
        "scrollbar-active": "#2563c9",
    },
)

THEMES = (DARK, LIGHT)
DEFAULTS = {**agent_variables(AGENT_DARK), "line": "#5a6470", "muted": "#868e99"}
"""What themes that are not ours get."""
