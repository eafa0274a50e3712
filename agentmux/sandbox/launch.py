"""The first program in a pane without a container; standard library only, run as a script.

usage: launch.py PLACE TREE SECRETS PROGRAM [ARGUMENT ...]

It runs PROGRAM in the folder TREE with the `KEY=value` lines of the file SECRETS added to its environment (so that no
secret is in the arguments of any process), and with AGENTMUX_PLACE=PLACE, by which its processes and their children are
found again. It stays the pane's own process itself: tmux lets its children go on at once when they are stopped, so a
program that shall be frozen must not be one. It ends as the program ends, by the same status or the same signal.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from types import FrameType
from typing import NoReturn

KEYS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)
"""The terminal sends these to the program as well; the launcher outlives them."""
ENDS = (signal.SIGHUP, signal.SIGTERM)
NOT_FOUND = 127


def secrets(path: str) -> dict[str, str]:
    """The `KEY=value` lines of a file, values as they are; none where there is no file."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            lines = file.read().split("\n")
    except FileNotFoundError:
        return {}
    return {key: value for key, _, value in (line.partition("=") for line in lines) if key.isidentifier()}


def main() -> NoReturn:
    """Run the program and end like it."""
    place, tree, secret_file, *argv = sys.argv[1:]
    env = {**os.environ, **secrets(secret_file), "AGENTMUX_PLACE": place}
    for number in KEYS:  # not SIG_IGN: the program would inherit that
        signal.signal(number, lambda *_: None)
    try:
        program = subprocess.Popen(argv, cwd=tree, env=env)
    except OSError as err:
        print(f"{argv[0]} cannot be started: {err.strerror}.", file=sys.stderr)
        sys.exit(NOT_FOUND)

    def pass_on(number: int, _: FrameType | None) -> None:
        program.send_signal(number)

    for number in ENDS:
        signal.signal(number, pass_on)
    status = program.wait()
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    main()
