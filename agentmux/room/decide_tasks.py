"""The task list and the scratchpad."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agentmux.room import commands as cmd
from agentmux.room.decision import Decision, refuse
from agentmux.room.draft import Context
from agentmux.room.events import NoteAdded, TaskAdded, TaskChanged
from agentmux.room.state import YOU, State, Task
from agentmux.room.who import bad_text


def add(context: Context, command: cmd.TaskAdd) -> Decision:
    """A new task, open and nobody's."""
    if problem := bad_text("The title", command.title) or bad_text("The task", command.title + command.text):
        return problem
    task = Task(context.state.next_task, command.title, command.text, by=context.actor)
    return Decision((TaskAdded(id=task.id, title=task.title, text=task.text),), _reply(task))


def take(context: Context, command: cmd.TaskTake) -> Decision:
    """The actor becomes the owner, unless somebody else is."""
    task = context.state.tasks.get(command.id)
    if task is None:
        return _no_task(context.state, command.id)
    if task.status == "done":
        return refuse(f"Task {task.id} is done{f' by {task.owner}' if task.owner else ''}.", owner=task.owner)
    if task.owner not in (None, context.actor):
        return refuse(f"Task {task.id} belongs to {task.owner}.", "Take another one, or ask them.", owner=task.owner)
    taken = replace(task, status="in_progress", owner=context.actor)
    if taken == task:
        return Decision(reply=_reply(task))
    return Decision((TaskChanged(id=task.id, status="in_progress", owner=context.actor),), _reply(taken))


def update(context: Context, command: cmd.TaskUpdate) -> Decision:
    """Another status or text, by the owner or the human."""
    task = context.state.tasks.get(command.id)
    if task is None:
        return _no_task(context.state, command.id)
    if command.text is not None and (problem := bad_text("The task", task.title + command.text)):
        return problem
    if context.actor not in (task.owner, YOU):
        if task.owner is None:
            return refuse(f"Task {task.id} is nobody's yet.", "Take it first.", owner=None)
        return refuse(f"Task {task.id} belongs to {task.owner}.", "Only its owner may change it.", owner=task.owner)
    status = command.status or task.status
    text = task.text if command.text is None else command.text
    changed = replace(task, status=status, text=text, owner=None if status == "open" else task.owner)
    if changed == task:
        return Decision(reply=_reply(task))
    return Decision((TaskChanged(id=task.id, status=command.status, text=command.text),), _reply(changed))


def note(_context: Context, command: cmd.Note) -> Decision:
    """A line on the scratchpad."""
    return bad_text("The note", command.text) or Decision((NoteAdded(text=command.text),))


def _no_task(state: State, id_: int) -> Decision:
    return refuse(f"There is no task {id_}.", f"Known: {', '.join(map(str, state.tasks)) or 'none'}.")


def _reply(task: Task) -> dict[str, Any]:
    fields = {"id": task.id, "title": task.title, "text": task.text, "status": task.status, "owner": task.owner}
    return {"task": fields}
