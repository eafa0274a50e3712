"""The list of tasks, and notes."""

from __future__ import annotations

from typing import Literal

from agentmux.room.events.event import Event

TaskStatus = Literal["open", "in_progress", "blocked", "done"]


class TaskAdded(Event):
    """An item on the shared list."""

    kind = "task.added"
    id: int
    title: str
    text: str = ""


class TaskChanged(Event):
    """The task has another status, owner or text; None leaves a field as it is, but the status `open` has no owner."""

    kind = "task.changed"
    id: int
    status: TaskStatus | None = None
    owner: str | None = None
    text: str | None = None


class NoteAdded(Event):
    """A line on the shared scratchpad, or the human's marker in the recording."""

    kind = "note.added"
    text: str
