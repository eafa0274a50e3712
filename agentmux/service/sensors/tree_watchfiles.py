"""Watches a tree by watchfiles, where there is no inotify."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import Change, awatch
from watchfiles.main import FileChange

if TYPE_CHECKING:
    from agentmux.service.sensors.tree import Report

DEBOUNCE_MS = 400


async def watch_tree(tree: Path, stop: asyncio.Event, report: Report) -> None:
    """Report the names that change in a tree until `stop` or the end of the tree.

    Each report says that anything else may have changed as well: whether something was lost is not told, and while
    other folders are watched than before, some changes are not seen. Raises what watchfiles does (OSError,
    RuntimeError) where the system lets no more folders be watched.

    Folders are found here and watched one by one: a recursive watch would follow a link that the agent made to all of
    the user's files.
    """
    folders = await asyncio.to_thread(_folders, tree)
    new: set[Path] = set()
    while folders and not stop.is_set():
        over = asyncio.Event()
        ending = asyncio.create_task(_pass_on(stop, over))
        with suppress(FileNotFoundError):  # one of them may be gone already
            # First watched, then listed: no file and no folder comes in between.
            await asyncio.gather(
                _watch(tree, folders, over, report),
                _report_all_in(tree, new, report),
                _end_if_more(tree, folders, over),
            )
        ending.cancel()
        known, folders = folders, await asyncio.to_thread(_folders, tree)
        new = folders - known


async def _watch(tree: Path, folders: Iterable[Path], stop: asyncio.Event, report: Report) -> None:
    """Report what changes in these folders until `stop`, or until there is another folder."""
    watching = awatch(
        *folders,
        watch_filter=_outside_git,
        debounce=DEBOUNCE_MS,
        stop_event=stop,
        recursive=False,
        ignore_permission_denied=True,
    )
    async with aclosing(watching):
        async for changes in watching:
            await report(_names(tree, (Path(path) for _, path in changes)), True)
            if _has_new_folder(changes):
                return


async def _pass_on(stop: asyncio.Event, over: asyncio.Event) -> None:
    await stop.wait()
    over.set()


async def _end_if_more(tree: Path, folders: set[Path], over: asyncio.Event) -> None:
    """Set `over` if there are folders that were made after the others were listed, so that those are watched, too."""
    if await asyncio.to_thread(_folders, tree) - folders:
        over.set()


async def _report_all_in(tree: Path, folders: Iterable[Path], report: Report) -> None:
    await report(_names(tree, await asyncio.to_thread(_files, folders)), True)


def _has_new_folder(changes: set[FileChange]) -> bool:
    return any(change is Change.added and Path(path).is_dir() for change, path in changes)


def _folders(tree: Path) -> set[Path]:
    """The tree and all folders in it, links and git's own excepted."""
    found = set()
    for folder, names, _ in os.walk(tree):
        names[:] = [name for name in names if name != ".git"]
        found.add(Path(folder))
    return found


def _files(folders: Iterable[Path]) -> list[Path]:
    """What lies in these folders directly; nothing of those that are gone."""
    listed = ((folder, next(os.walk(folder), ("", [], []))) for folder in folders)
    return [folder / name for folder, (_, _, names) in listed for name in names]


def _names(tree: Path, files: Iterable[Path]) -> set[bytes]:
    return {os.fsencode(file.relative_to(tree)) for file in files}


def _outside_git(_: Change, path: str) -> bool:
    return "/.git/" not in path and not path.endswith("/.git")
