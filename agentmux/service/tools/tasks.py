"""`tasks`: the shared list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from agentmux.room.commands import Command, TaskAdd, TaskTake, TaskUpdate
from agentmux.room.decision import Decision
from agentmux.room.events import TaskStatus
from agentmux.service import facts
from agentmux.service.tools.base import Arguments, Caller, Tool, quoted

Action = Literal["list", "add", "take", "update", "finish"]


class Args(Arguments):
    """What to do, and with which task."""

    action: Action = Field("list", description="add needs title; take, update and finish need id.")
    id: int | None = Field(None, description="The number of the task.")
    title: str | None = Field(None, min_length=1, description="With add: the task in one line.")
    text: str | None = Field(None, description="With add, update or finish: more about it, such as how it went.")
    status: TaskStatus | None = Field(None, description="With update: its new status; 'open' gives it back.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.action == "add" and not self.title:
            raise ValueError("add needs title")
        if self.action in ("take", "update", "finish") and self.id is None:
            raise ValueError(f"{self.action} needs id")
        if self.action == "update" and self.status is None and self.text is None:
            raise ValueError("update needs status or text")
        return self


async def _run(caller: Caller, args: Args) -> Decision:
    command = _command(args)
    if command:
        return await caller.submit(command)
    return Decision(reply={"tasks": [facts.of_task(task) for task in caller.room.state.tasks.values()]})


def _command(args: Args) -> Command | None:
    match args:
        case Args(action="add", title=str(title)):
            return TaskAdd(title=title, text=args.text or "")
        case Args(action="take", id=int(number)):
            return TaskTake(id=number)
        case Args(action="update", id=int(number)):
            return TaskUpdate(id=number, status=args.status, text=args.text)
        case Args(action="finish", id=int(number)):
            return TaskUpdate(id=number, status="done", text=args.text)
        case _:
            return None


def _show(reply: Mapping[str, Any]) -> str:
    if "task" in reply:
        return _line(reply["task"])
    return "\n".join(map(_line, reply["tasks"])) or "There are no tasks."


def _line(task: Mapping[str, Any]) -> str:
    owner = f", {task['owner']}" if task["owner"] else ""
    more = f"\n    {quoted(task['text'])}" if task["text"] else ""
    return f"{task['id']}: {quoted(task['title'])} ({task['status']}{owner}){more}"


TOOL = Tool(
    name="tasks",
    description=(
        "The shared task list. Take a task before you start on it: only one member can have it, so nothing is done "
        "twice. Add what you find that somebody must do, and finish what you have done."
    ),
    args=Args,
    run=_run,
    show=_show,
)
