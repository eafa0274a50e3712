"""What agents are started for: a repository with a text of yours, or a task folder with a repository of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from agentmux.cli.output import notice, on_terminal
from agentmux.errors import UsageError
from agentmux.tasks import importers, repository
from agentmux.tasks.task import Task, mirror_folder
from agentmux.workspace.repo import Repo, inspect

SHOWN_FILES = 5
"""How many files with uncommitted changes are named."""
TASK_FILES = (".md", ".txt")
"""A word that ends like this is no task, but a file's name."""


@dataclass(frozen=True, slots=True)
class Work:
    """What to do, and on what.

    Attributes:
        source: the repository; its `head` is what agents start from.
        include: whether they get the uncommitted changes as well.
        text: what all are told.
        task: the task folder, if there is one.
    """

    source: Repo
    include: bool
    text: str
    task: Task | None = None


def work_of(repo: Path | None, task: str, mirror: Path | None, *, include_changes: bool) -> Work:
    """What the command line asks for, which must be one thing; the human is asked about uncommitted changes.

    Args and what is raised as in `works_of`.
    """
    works = works_of(repo, task, mirror, include_changes=include_changes)
    if len(works) > 1:
        raise UsageError(
            f"There are {len(works)} tasks in {task}.",
            f"Name one of their folders, or choose features of one: FOLDER:f1,f2. `agentmux tasks {task}` lists them.",
        )
    return works[0]


def works_of(repo: Path | None, task: str, mirror: Path | None, *, include_changes: bool) -> list[Work]:
    """All that the command line asks for: a text is one thing, a folder may hold many.

    Args:
        repo: the repository, or a folder in it; None for the current one, or the task folder's own.
        task: a text, the name of a file with one, or what `tasks.importers.find` reads.
        mirror: where repositories are that a task folder only names.
        include_changes: whether agents get the uncommitted changes, unasked.

    Raises:
        UsageError: there is no such file, no such repository, or the two exclude each other.
    """
    if is_folder(task):
        return _tasks(task, mirror, named=repo, changes=include_changes)
    text = _task_text(task)
    source = inspect(repo or Path())
    return [Work(source, _include(source, include_changes), text)]


def is_folder(task: str) -> bool:
    """Whether this names a folder of tasks, and is no text: with features behind it, and a subset file, too."""
    try:
        return bool(task) and (Path(task).is_dir() or importers.is_task(task))
    except OSError:  # a text that is too long for a name
        return False


def _tasks(folder: str, mirror: Path | None, *, named: Path | None, changes: bool) -> list[Work]:
    found = importers.find(folder, mirror)
    if named or changes:
        word = "--repo" if named else "--include-changes"
        raise UsageError(f"The task in {folder} says itself what agents start from.", f"Leave out {word}.")
    return [Work(_source(task, mirror), include=False, text="", task=task) for task in found]


def _source(task: Task, mirror: Path | None) -> Repo:
    place = repository.find(task.repo, Path(), mirror or mirror_folder())
    return repository.provide(place, task.base)


def _task_text(task: str) -> str:
    """The task itself, or what is in the file of that name; raises UsageError."""
    file = Path(task)
    try:
        there = bool(task) and file.is_file()
    except OSError:  # a text that is too long for the name of a file
        return task
    if there:
        try:
            return file.read_text(encoding="utf-8")
        except UnicodeDecodeError as err:
            raise UsageError(f"The task file {task} is not UTF-8 text.") from err
        except OSError as err:
            raise UsageError(f"The task file {task} cannot be read: {err.strerror}.") from err
    if not any(letter.isspace() for letter in task) and (file.suffix in TASK_FILES or _beside_something(task)):
        raise UsageError(f"There is no task {task}.", "Name a file or folder that is there, or write the task itself.")
    return task


def _beside_something(task: str) -> bool:
    """Whether this is meant as a path: it leads to a folder that is there. A CLI's own command, `/init`, is a text."""
    return "/" in task.strip("/") and Path(task).parent.is_dir()


def _include(source: Repo, wanted: bool) -> bool:
    """Whether the uncommitted changes go to the agents as well; asks where there are any and a human is there."""
    if not source.dirty or wanted:
        return bool(source.dirty)
    more = f" and {len(source.dirty) - SHOWN_FILES} more" if len(source.dirty) > SHOWN_FILES else ""
    notice(f"{source.root} has uncommitted changes: {', '.join(source.dirty[:SHOWN_FILES])}{more}.")
    if not on_terminal():
        notice("The agents start without them; --include-changes gives them to the agents.")
        return False
    answer = ""
    while answer not in ("i", "l", "c"):
        answer = input("(i)nclude them, (l)eave them out, (c)ancel [l]: ").strip().lower()[:1] or "l"
    if answer == "c":
        raise typer.Exit(1)
    return answer == "i"
