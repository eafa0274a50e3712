"""What the model says in a trial.

The steps are there twice: with the agent's name, for a CLI that was given the room's rules (they name the agent), and
for one that was not. What is written on the scratchpad tells which of them were played.
"""

from __future__ import annotations

from typing import Any

NAME = "ada"
TASK = "Show that you can work here."
WITH_RULES = "This call came with the room's rules."
WITHOUT_RULES = "This call came without the room's rules."
WRITTEN = "asked.txt"
"""A file that it writes, perhaps after it has asked."""
SLOW = 180
"""Seconds that the reply takes that is interrupted."""
COUNTING = "I count slowly"
"""How that reply begins."""


def script() -> dict[str, Any]:
    """The script, as `agentmux.gateway.scripted_model.script.Script` takes it."""
    return {"agents": [{"name": NAME, "steps": _steps(WITH_RULES)}], "steps": _steps(WITHOUT_RULES)}


def _steps(noted: str) -> list[dict[str, Any]]:
    lines = "\n\n".join(f"{number} and on" for number in range(1, 60))
    slow: list[dict[str, Any]] = [{"slow": SLOW}, {"say": f"{COUNTING}:\n\n{lines}"}, {"end": True}]
    return [
        {"say": "I look around."},
        {"run": "ls"},
        {"call": "note", "arguments": {"text": noted}},
        {"write": WRITTEN, "text": "This was written in a trial.\n"},
        {"say": "That is all."},
        {"end": True},
        *slow,
        {"say": "I have read it."},
    ]
