"""The first program in a sandbox without an image: what is left to do inside, then the agent's program itself.

usage: enter.py [--pids COUNT] [--user UID:GID] [--filter FD] PROGRAM [ARGUMENT ...]

It starts the relay that AGENTMUX_LINKS names, gives signals back their meaning (whoever started the sandbox ignores
those of the terminal, which must not end the sandbox before the program), limits open files and the number of
processes, drops from root to the agent's user, and takes on the filter of system calls that the descriptor FD holds,
for a program that comes into a sandbox later.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
from typing import NoReturn

OPEN_FILES = (4096, 8192)
NOT_FOUND = 127
OPTIONS = ("--pids", "--user", "--filter")
# linux/prctl.h, linux/seccomp.h
PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 22, 24, 38
SECCOMP_MODE_FILTER = 2
INSTRUCTION = 8
"""Bytes of one instruction of a filter."""


class Filter(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def relay() -> None:
    """Start the relay, if there are links for it; without it, the `room` command still works."""
    links = os.environ.get("AGENTMUX_LINKS", "").split()
    script = os.path.join(os.path.dirname(__file__), "relay.py")  # noqa: PTH118, PTH120
    if links and subprocess.run([sys.executable, "-I", "-S", script, *links], check=False).returncode:
        print("The room cannot be reached at a port; the room command still works.", file=sys.stderr)


def limit(pids: int) -> None:
    """Limit the open files, and the processes of this user in this user namespace; never more than allowed before."""
    wanted = [(resource.RLIMIT_NOFILE, *OPEN_FILES), (resource.RLIMIT_CORE, 0, 0)]
    if pids:
        wanted.append((resource.RLIMIT_NPROC, pids, pids))
    for kind, soft, hard in wanted:
        _, most = resource.getrlimit(kind)
        hard = hard if most == resource.RLIM_INFINITY else min(hard, most)
        resource.setrlimit(kind, (min(soft, hard), hard))


def become(user: str) -> None:
    """Become a user for good: no capabilities are left, nor any to be had."""
    uid, gid = map(int, user.split(":"))
    capability = 0
    while prctl(PR_CAPBSET_DROP, capability) == 0:
        capability += 1
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def take_on(descriptor: int) -> None:
    """Take on a filter of system calls, and give up new privileges, which it asks for."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    with open(descriptor, "rb") as file:
        code = file.read()
    if code:
        filter_ = Filter(len(code) // INSTRUCTION, code)
        if prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filter_)):
            sys.exit(f"The filter of system calls was refused: {os.strerror(ctypes.get_errno())}.")


def prctl(option: int, *arguments: object) -> int:
    """The system call; 0 if it was done."""
    words = [ctypes.c_ulong(word) if isinstance(word, int) else word for word in (*arguments, 0, 0, 0)][:4]
    return int(ctypes.CDLL(None, use_errno=True).prctl(option, *words))


def main() -> NoReturn:
    """Make everything ready and become the program."""
    argv, wanted = sys.argv[1:], dict[str, str]()
    while argv[0] in OPTIONS:
        wanted[argv[0]], argv = argv[1], argv[2:]
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)
    if user := wanted.get("--user"):
        become(user)
    if descriptor := wanted.get("--filter"):
        take_on(int(descriptor))
    relay()
    limit(int(wanted.get("--pids", 0)))
    os.environ.pop("AGENTMUX_LINKS", None)
    try:
        os.execvp(argv[0], argv)  # noqa: S606
    except OSError as err:
        print(f"{argv[0]} cannot be started: {err.strerror}.", file=sys.stderr)
        sys.exit(NOT_FOUND)


if __name__ == "__main__":
    main()
