"""Joins the namespaces of a process and runs a program there; standard library only, run as a script.

usage: join.py PID PROGRAM [ARGUMENT ...]

bwrap makes two user namespaces, one in the other: the outer owns the others (setns(2)), the inner holds the agent. Who
goes straight to the inner one, as nsenter does, may not join the rest. It ends with the program's status.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import sys
from typing import NoReturn

NS_GET_PARENT = 0xB702
"""Of ioctl_ns(2): the parent of a user namespace."""
OTHERS = ("ipc", "uts", "net", "pid", "mnt")


def users(pid: str) -> list[int]:
    """Descriptors of the user namespaces from the one below our own to that of the process."""
    found: list[int] = []
    here = os.stat("/proc/self/ns/user")  # noqa: PTH116
    inner = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
    while os.fstat(inner).st_ino != here.st_ino:
        found.insert(0, inner)
        inner = fcntl.ioctl(inner, NS_GET_PARENT)
    return found


def join(descriptor: int) -> None:
    """setns(2); raises OSError."""
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def main() -> NoReturn:
    """Join, then run the program as a child: only a child is in another namespace of processes."""
    pid, *argv = sys.argv[1:]
    try:
        outer = users(pid)
        rest = [os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY) for name in OTHERS]
        for descriptor in [*outer[:1], *rest, *outer[1:]]:
            join(descriptor)
            os.close(descriptor)
    except OSError as err:
        sys.exit(f"The namespaces of process {pid} cannot be joined: {err.strerror}.")
    child = os.fork()
    if child == 0:
        os.execvp(argv[0], argv)  # noqa: S606
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256)


if __name__ == "__main__":
    main()
