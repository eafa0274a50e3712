"""The shared list: what is open, who does it, what is done."""

from __future__ import annotations

from textual.content import Content

from agentmux.room.events import TaskStatus
from agentmux.room.state import State, Task
from agentmux.ui.format import clean, name_style, spread
from agentmux.ui.panels.panel import Panel, Ref, Row, View

MARKS: dict[TaskStatus, tuple[str, str]] = {
    "in_progress": ("▸", "$success"),
    "blocked": ("!", "bold $warning"),
    "open": ("·", "$muted"),
    "done": ("✓", "$success"),
}
_ORDER = list(MARKS)


def rows(view: View) -> list[Row]:
    """A row for each task: what is under way first, then blocked, open and done ones."""
    tasks = sorted(view.state.tasks.values(), key=lambda task: (_ORDER.index(task.status), task.id))
    return [_row(view, task) for task in tasks]


def _row(view: View, task: Task) -> Row:
    glyph, style = MARKS[task.status]
    title = Content.styled(clean(task.title), "$muted" if task.status == "done" else "")
    left = Content.assemble((f"{glyph} ", style), title)
    word = {"blocked": "blocked ", "open": "open", "done": "", "in_progress": ""}[task.status]
    right = Content.assemble((word, style), (task.owner or "", name_style(view.state, task.owner or "")))
    return Row(spread(left, right, view.width), Ref("task", task.id), task.status == "blocked")


def _badge(state: State) -> Content:
    if not state.tasks:
        return Content()
    done = sum(task.status == "done" for task in state.tasks.values())
    return Content.styled(f" {done}/{len(state.tasks)} done", "$muted")


PANEL = Panel(
    id="tasks",
    key="k",
    about="go to the tasks",
    order=3,
    share=6,
    rows=rows,
    empty="no tasks on the list",
    badge=_badge,
)
