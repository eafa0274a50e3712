"""What is worth a notice, and what a bell: needs you, conflict, done, failed, merged. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.ui.format import clean, clip
from agentmux.ui.needs import Need

LONG = 150

Severity = Literal["information", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence or two; `key` says what about, `bell` when it should also be heard."""

    key: str
    text: str
    severity: Severity = "information"
    bell: bool = False


def notice_of(need: Need) -> Notice:
    """What to tell when something begins to wait for the human; it is settled when the need of that key is gone."""
    return _made(need.key, need.text, "error" if need.failed else "warning", bell=True)


def notice(recorded: Recorded) -> Notice | None:
    """What to tell about an event that leaves nothing to be settled, if anything."""
    event = recorded.event
    if isinstance(event, ev.AgentStateChanged) and event.state == "done":
        return _made(f"done {event.agent}", f"{event.agent} is done: its program has ended.")
    if isinstance(event, ev.BudgetReached) and event.level != "pause":  # that one is a need
        used = f"{event.share:.0%} of {f'{event.agent}’s' if event.agent else 'the session’s'} budget is used"
        if event.level == "warn":
            return _made(f"budget {event.agent}", f"{used}.", "warning")
        return _made(f"budget {event.agent}", f"{used}: {event.agent or 'all agents'} ended.", "error", bell=True)
    if isinstance(event, ev.SessionFailed):
        return _made("session", event.reason, "error", bell=True)
    if isinstance(event, ev.Merged):
        checks = f"{event.passed} checks passed, {event.failed} failed"
        return _made("merge", f"merged into {event.branch}: {checks}", "error" if event.failed else "information")
    if isinstance(event, ev.MergeRefused):
        return _made("merge", f"merge conflict in {', '.join(event.files)}", "warning", bell=True)
    return None


SAID = "said"
"""The key of what the viewer itself says: only its last sentence counts."""


def said(text: str, severity: Severity = "warning") -> Notice:
    """Why something was not done, or what is being done."""
    return _made(SAID, text, severity)


def _made(key: str, text: str, severity: Severity = "information", *, bell: bool = False) -> Notice:
    return Notice(key, clip(clean(text), LONG), severity, bell)
