"""The lock that makes one room the session's only writer; the kernel drops it when the process dies, however."""

from __future__ import annotations

import fcntl
import os
import socket
import time

from agentmux.errors import SessionError
from agentmux.paths import SessionPaths


def take(paths: SessionPaths, patience: float = 0.0) -> int:
    """Hold the session's lock until the process ends; returns the open file.

    Args:
        paths: the session's folder.
        patience: seconds to wait for a room that is about to end.

    Raises:
        SessionError: another room holds it.
    """
    handle = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience
    while not _locked(handle):
        if time.monotonic() >= deadline:
            os.close(handle)
            raise SessionError(f"The session {paths.id} is already running.", f"`agentmux attach {paths.id}` shows it.")
        time.sleep(0.02)
    return handle


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def room_alive(paths: SessionPaths) -> bool:
    """Whether a room process answers for the session.

    Asked of the socket, not of the lock: taking the lock to look at it would get in the way of a room that starts.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(paths.room_sock))
        except OSError:
            return False
    return True
