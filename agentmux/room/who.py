"""Rules about names and texts that every command shares."""

from __future__ import annotations

from collections.abc import Iterable

from agentmux.errors import UnknownName
from agentmux.room.decision import Decision, refuse
from agentmux.room.state import MESSAGE_LIMIT, State


def unknown(kind: str, name: str, known: Iterable[str]) -> Decision:
    """The refusal of a name that nobody has, with the nearest and all known ones."""
    error = UnknownName(kind, name, known)
    return refuse(error.message, error.hint)


def no_agent(state: State, name: str) -> Decision | None:
    """A refusal if there is no agent of this name."""
    return None if name in state.agents else unknown("agent", name, state.agents)


def bad_text(what: str, text: str) -> Decision | None:
    """A refusal if the text is blank or too long; `what` it is, begins the sentence."""
    if not text.strip():
        return refuse(f"{what} is empty.")
    size = len(text.encode())
    if size > MESSAGE_LIMIT:
        return refuse(
            f"{what} has {size:,} bytes; the most is {MESSAGE_LIMIT:,}.",
            "Write the long part to a file in your workspace and name the file.",
        )
    return None
