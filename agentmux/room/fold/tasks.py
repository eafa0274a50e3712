"""Tasks and notes."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.fold.on import on, wrote
from agentmux.room.state import NoteLine, State, Task, changed


@on(ev.TaskAdded)
def _task_added(state: State, event: ev.TaskAdded) -> None:
    wrote(state, event.title, event.text)
    state.tasks[event.id] = Task(event.id, event.title, event.text, by=state.actor)
    state.next_task = max(state.next_task, event.id + 1)


@on(ev.TaskChanged)
def _task_changed(state: State, event: ev.TaskChanged) -> None:
    wrote(state, event.text)
    if task := state.tasks.get(event.id):
        owner = None if event.status == "open" else event.owner or task.owner
        text = task.text if event.text is None else event.text
        state.tasks[event.id] = changed(task, status=event.status or task.status, owner=owner, text=text)


@on(ev.NoteAdded)
def _note_added(state: State, event: ev.NoteAdded) -> None:
    wrote(state, event.text)
    state.notes.append(NoteLine(state.at, state.actor, event.text))
