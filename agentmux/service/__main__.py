"""`python -m agentmux.service FOLDER`: start the room of the session in FOLDER as a daemon, return once it answers.

If it does not come up, the reason is printed and the exit status is not 0.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from agentmux.paths import SessionPaths


def wait_for(child: int) -> int:
    """The exit status: 0 once the room has written `ready`; what else it writes is why not."""
    with os.fdopen(child, "rb") as pipe:
        answer = pipe.read()
    if answer == b"ready":
        return 0
    sys.stderr.buffer.write(answer)
    return 1


def be_the_room(paths: SessionPaths, parent: int) -> None:
    """Become a daemon that writes to the session's own log file, and the session's room."""
    os.setsid()
    os.chdir("/")
    output = os.open(paths.room_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, target in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (output, 2)):
        os.dup2(descriptor, target)

    from agentmux.errors import AgentmuxError
    from agentmux.service.host import main

    def ready() -> None:
        os.write(parent, b"ready")
        os.close(parent)

    try:
        main(paths, ready)
    except AgentmuxError as err:
        os.write(parent, str(err).encode())


def start(folder: Path) -> int:
    """Fork off the room and wait until it answers; returns the exit status."""
    ours, theirs = os.pipe()
    if os.fork():
        os.close(theirs)
        return wait_for(ours)
    os.close(ours)
    be_the_room(SessionPaths(folder), theirs)
    return 0


sys.exit(start(Path(sys.argv[1])))
