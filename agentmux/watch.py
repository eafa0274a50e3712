"""Tells when files grow or appear and when processes end, as the kernel tells it. Never polls.

On Linux by inotify and pidfds, elsewhere by kqueue.
"""

from __future__ import annotations

import asyncio
import os
import select
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from agentmux.errors import AgentmuxError

Callback = Callable[[], None]

if sys.platform == "linux":
    import asyncinotify

    _EVENT = struct.Struct("iIII")  # struct inotify_event of inotify(7), before the name
    _CHANGED = (
        asyncinotify.Mask.MODIFY
        | asyncinotify.Mask.CREATE
        | asyncinotify.Mask.MOVED_TO
        | asyncinotify.Mask.CLOSE_WRITE
        | asyncinotify.Mask.ONLYDIR
    )
    _OVERFLOW = int(asyncinotify.Mask.Q_OVERFLOW)  # a flag of an enumeration takes longer than all else here

    class _Notifier:
        """Watches folders, because files in them may be replaced or not be there yet."""

        def __init__(self) -> None:
            self._inotify = asyncinotify.Inotify()
            self._watches: dict[str, asyncinotify.Watch] = {}
            self._folders: dict[int, str] = {}

        @property
        def fd(self) -> int:
            return self._inotify.fd

        def follow(self, files: set[str]) -> None:
            """Watch exactly these files from now on."""
            wanted = {str(Path(file).parent) for file in files}
            for folder in self._watches.keys() - wanted:
                watch = self._watches.pop(folder)
                del self._folders[watch.wd]
                if Path(folder).is_dir():
                    self._inotify.rm_watch(watch)
            for folder in wanted - self._watches.keys():
                watch = self._watches[folder] = self._inotify.add_watch(folder, _CHANGED)
                self._folders[watch.wd] = folder

        def changed(self, files: set[str]) -> set[str]:
            """The files that changed since the last call; all of them if the kernel lost count."""
            # Read here and not through asyncinotify, which builds several objects per event: a recorder writes often.
            data = os.read(self.fd, 1 << 16)
            found = set()
            at = 0
            while at < len(data):
                folder_id, mask, _, length = _EVENT.unpack_from(data, at)
                at += _EVENT.size + length
                if mask & _OVERFLOW:
                    return files
                if folder := self._folders.get(folder_id):
                    name = data[at - length : at].rstrip(b"\0")
                    found.add(f"{folder}/{os.fsdecode(name)}")
            return found

        def close(self) -> None:
            self._inotify.close()

else:

    class _Notifier:
        """Watches each file, and its folder for as long as the file is not there."""

        def __init__(self) -> None:
            self._kqueue = select.kqueue()
            self._open: dict[str, int] = {}

        @property
        def fd(self) -> int:
            return self._kqueue.fileno()

        def follow(self, files: set[str]) -> None:
            """Watch exactly these files from now on."""
            for path in self._open.keys() - files - {str(Path(file).parent) for file in files}:
                os.close(self._open.pop(path))
            for file in files:
                self._watch(str(Path(file).parent))
                if Path(file).exists():
                    self._watch(file)

        def changed(self, files: set[str]) -> set[str]:
            """The files that changed since the last call."""
            found = set()
            paths = {fd: path for path, fd in self._open.items()}
            for event in self._kqueue.control(None, 64, 0):
                path = paths.get(event.ident)
                if path in files:
                    found.add(path)
                    if event.fflags & (select.KQ_NOTE_DELETE | select.KQ_NOTE_RENAME):
                        os.close(self._open.pop(path))
                else:
                    found |= {file for file in files - self._open.keys() if Path(file).exists()}
            self.follow(files)
            return found

        def close(self) -> None:
            for fd in self._open.values():
                os.close(fd)
            self._kqueue.close()

        def _watch(self, path: str) -> None:
            if path in self._open:
                return
            fd = self._open[path] = os.open(path, getattr(os, "O_EVTONLY", os.O_RDONLY) | os.O_CLOEXEC)
            flags = select.KQ_NOTE_WRITE | select.KQ_NOTE_EXTEND | select.KQ_NOTE_DELETE | select.KQ_NOTE_RENAME
            event = select.kevent(fd, select.KQ_FILTER_VNODE, select.KQ_EV_ADD | select.KQ_EV_CLEAR, flags)
            self._kqueue.control([event], 0)


class FileWatch:
    """Calls back on the running event loop when a file grows, appears, is replaced, or is closed by its writer.

    Several changes may arrive as one call. A file need not exist; its folder must.

    Raises:
        AgentmuxError: the system has no watches left, or a folder is not there.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._callbacks: dict[str, list[Callback]] = {}
        self._closed = False
        try:
            self._notifier = _Notifier()
        except OSError as err:
            raise _failure(err) from err
        self._loop.add_reader(self._notifier.fd, self._read)

    def add(self, path: Path, callback: Callback) -> None:
        """Call `callback` whenever the file changes; one file may have several callbacks."""
        file = _name(path)
        try:
            self._notifier.follow(self._callbacks.keys() | {file})
        except OSError as err:
            raise _failure(err) from err
        self._callbacks.setdefault(file, []).append(callback)

    def remove(self, path: Path, callback: Callback | None = None) -> None:
        """Stop calling `callback` for the file, or every callback that it has."""
        file = _name(path)
        left = [other for other in self._callbacks.get(file, []) if callback is not None and other != callback]
        if left:
            self._callbacks[file] = left
        elif self._callbacks.pop(file, None):
            self._notifier.follow(set(self._callbacks))

    def close(self) -> None:
        """Stop watching; a second call does nothing."""
        if not self._closed:
            self._closed = True
            self._callbacks.clear()
            self._loop.remove_reader(self._notifier.fd)
            self._notifier.close()

    def _read(self) -> None:
        for file in self._notifier.changed(set(self._callbacks)):
            for callback in self._callbacks.get(file, ())[:]:
                callback()


def watch_process(pid: int, gone: Callable[[], None]) -> Callable[[], None]:
    """Have `gone` called on the running loop once the process has ended; returns what stops watching.

    A process that has ended already counts at once.
    """
    loop = asyncio.get_running_loop()
    try:
        handle, close = _process_handle(pid)
    except ProcessLookupError:
        loop.call_soon(gone)
        return lambda: None

    def stop() -> None:
        loop.remove_reader(handle)
        close()

    def ended() -> None:
        stop()
        gone()

    loop.add_reader(handle, ended)
    return stop


def _process_handle(pid: int) -> tuple[int, Callable[[], None]]:
    """A descriptor that becomes readable when the process ends, and what closes it."""
    if sys.platform == "linux":
        handle = os.pidfd_open(pid)
        return handle, lambda: os.close(handle)
    queue = select.kqueue()
    wanted = select.kevent(pid, select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT)
    queue.control([wanted], 0)
    return queue.fileno(), queue.close


def _name(path: Path) -> str:
    return str(path.absolute())


def _failure(err: OSError) -> AgentmuxError:
    if isinstance(err, FileNotFoundError):
        return AgentmuxError(f"The folder {err.filename} cannot be watched: it does not exist.")
    return AgentmuxError(
        f"The system refused to watch files: {err.strerror}.",
        "On Linux, raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl.",
    )
