"""A terminal of its own between the user's terminal and a program in a sandbox; standard library only, run as a script.

usage: between.py PROGRAM [ARGUMENT ...]

Whoever has a terminal open can read what is typed there, also later, and an agent may take over any program beside it.
So the program never gets the user's own terminal, only one that ends with it. It ends with the program's status.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import termios
import tty
from typing import NoReturn

CHUNK = 64 * 1024


def main() -> NoReturn:
    """Run the program and pass on both directions, and each new size."""
    pid, far = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGWINCH, lambda *_: termios.tcsetwinsize(far, termios.tcgetwinsize(0)))
    termios.tcsetwinsize(far, termios.tcgetwinsize(0))
    before = termios.tcgetattr(0)
    tty.setraw(0, termios.TCSADRAIN)  # what was typed meanwhile is for the program
    try:
        _pass_on(far, woken)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
    os.close(far)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)


def _pass_on(far: int, woken: int) -> None:
    sources = [0, far, woken]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if woken in ready:
            os.read(woken, CHUNK)
        if far in ready:
            try:
                data = os.read(far, CHUNK)
            except OSError:  # nobody has it open any more
                return
            if not data:
                return
            _write(1, data)
        if 0 in ready:
            data = os.read(0, CHUNK)
            if not data:
                return
            _write(far, data)


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


if __name__ == "__main__":
    main()
