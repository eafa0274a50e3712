"""Watches a tree by inotify: every folder has a watch of its own, and a new one gets it without a look at the others.

The kernel says when it lost count; nothing is looked at again before that.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from asyncinotify import Mask

if TYPE_CHECKING:
    from agentmux.service.sensors.tree import Report

GATHER = 0.05
"""Seconds from the first news of a change until it is read, with all that came meanwhile."""
READ = 1 << 20

_libc = ctypes.CDLL(None, use_errno=True)  # asyncinotify remembers each watch for ever, and folders come and go
_EVENT = struct.Struct("iIII")  # struct inotify_event of inotify(7), before the name
_WRITTEN = Mask.CREATE | Mask.MODIFY | Mask.CLOSE_WRITE | Mask.ATTRIB | Mask.DELETE
_WATCHED = _WRITTEN | Mask.MOVED_FROM | Mask.MOVED_TO | Mask.ONLYDIR
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES)
"""What opening a folder says that is gone, a link by now, or unreadable."""


async def watch_tree(tree: Path, stop: asyncio.Event, report: Report) -> None:
    """Report the names that change in a tree until `stop` or the end of the tree.

    The first report comes when all is watched, and says that anything may have changed. Raises OSError where the system
    lets no more folders be watched.
    """
    with closing(_Tree(tree)) as watched:
        await asyncio.to_thread(watched.begin)
        names: set[bytes] = set()
        lost = True
        while watched.there and not stop.is_set():
            if names or lost:
                await report(names, lost)
            await _readable(watched.fd, stop)
            if not stop.is_set():
                await asyncio.sleep(GATHER)
                names, lost = await asyncio.to_thread(watched.read)


async def _readable(fd: int, stop: asyncio.Event) -> None:
    """Return when there is something to read, or at `stop`."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(fd, readable.set)
    waiting = [asyncio.ensure_future(event.wait()) for event in (readable, stop)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        loop.remove_reader(fd)
        for one in waiting:
            one.cancel()


class _Tree:
    """A tree's watches. Names are relative to it; its own is empty. Used by one thread after another."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._busy = threading.Lock()
        self._watches: dict[bytes, int] = {}
        self._names: dict[int, bytes] = {}
        self.fd = _checked(_libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))

    @property
    def there(self) -> bool:
        """Whether the tree is still there."""
        return b"" in self._watches

    def close(self) -> None:
        """Watch nothing any more."""
        with self._busy:
            os.close(self.fd)
            self.fd = -1

    def begin(self) -> None:
        """Watch all folders; a tree that is not there has none."""
        with self._busy:
            self._add(b"")

    def read(self) -> tuple[set[bytes], bool]:
        """What changed since the last call, and whether anything else may have: the kernel may have lost count."""
        changed: set[bytes] = set()
        lost = False
        with self._busy:
            for watch, mask, name in self._events():
                if mask & Mask.Q_OVERFLOW:
                    lost = True
                elif (folder := self._names.get(watch)) is not None:
                    changed |= self._take_in(watch, mask, folder, name)
            if lost:
                self._watch_anew()
        return changed - {b""}, lost or b"" in changed

    def _take_in(self, watch: int, mask: int, folder: bytes, name: bytes) -> set[bytes]:
        """The names that an event in a folder tells of."""
        if mask & Mask.IGNORED:
            self._forget(folder, watch)
            return set()
        if name == b".git":
            # Its files are nobody's work, but with it the folder becomes a repository, or none any more.
            return {folder} - {b""}
        path = _join(folder, name)
        if mask & Mask.ISDIR and mask & (Mask.MOVED_FROM | Mask.DELETE):
            for inner in [inner for inner in self._watches if inner == path or inner.startswith(path + b"/")]:
                self._drop(inner)
        came = mask & (Mask.CREATE | Mask.MOVED_TO) or (mask & Mask.ATTRIB and path not in self._watches)
        return {path, *(self._add(path) if mask & Mask.ISDIR and came else ())}

    def _events(self) -> Iterator[tuple[int, int, bytes]]:
        data = b""
        with suppress(BlockingIOError):
            data = os.read(self.fd, READ)
        at = 0
        while at < len(data):
            watch, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size + length
            yield watch, mask, data[at - length : at].rstrip(b"\0")

    def _add(self, top: bytes) -> set[bytes]:
        """Watch a folder and all in it, git's own excepted, and return the names of what is in them.

        First watched, then listed: nothing comes in between. What is gone already, or cannot be read, is left out.
        """
        found: set[bytes] = set()
        folders = [top]
        while folders:
            folder = folders.pop()
            with _unless_gone(), self._opened(folder) as opened:
                self._watch(folder, opened)
                with os.scandir(opened) as entries:
                    for entry in entries:
                        if entry.name != ".git":
                            name = _join(folder, os.fsencode(entry.name))
                            found.add(name)
                            if entry.is_dir(follow_symlinks=False):
                                folders.append(name)
        return found

    def _watch(self, folder: bytes, opened: int) -> None:
        place = f"/proc/self/fd/{opened}".encode()
        watch = _checked(_libc.inotify_add_watch(self.fd, place, ctypes.c_uint32(_WATCHED)))
        if self._watches.get(folder, watch) != watch:
            self._drop(folder)  # what had the name before is still open somewhere
        self._watches[folder], self._names[watch] = watch, folder

    def _watch_anew(self) -> None:
        """Find out which folders there are by now."""
        before = set(self._names)
        self._watches, self._names = {}, {}
        self._add(b"")
        for watch in before - set(self._names):
            _libc.inotify_rm_watch(self.fd, watch)  # it may be gone already

    @contextmanager
    def _opened(self, folder: bytes) -> Iterator[int]:
        """The folder itself, whatever link the agent puts on the way to it."""
        opened = os.open(self._top, _FOLDER)
        for name in folder.split(b"/") if folder else ():
            try:
                inner = os.open(name, _FOLDER, dir_fd=opened)
            finally:
                os.close(opened)
            opened = inner
        try:
            yield opened
        finally:
            os.close(opened)

    def _drop(self, name: bytes) -> None:
        watch = self._watches[name]
        if self._names.get(watch) == name:  # else it has another name by now
            _libc.inotify_rm_watch(self.fd, watch)
        self._forget(name, watch)

    def _forget(self, name: bytes, watch: int) -> None:
        if self._names.get(watch) == name:
            del self._names[watch]
        if self._watches.get(name) == watch:
            del self._watches[name]


@contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
    except OSError as err:
        if err.errno not in _NOT_THERE:
            raise


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        text = "all watches that the system allows are in use" if number == errno.ENOSPC else os.strerror(number)
        raise OSError(number, text)
    return result


def _join(folder: bytes, name: bytes) -> bytes:
    return b"/".join(part for part in (folder, name) if part)
