"""The room as a process of its own: started detached, asked whether it lives, ended with everything that it left."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from agentmux.errors import SessionError
from agentmux.paths import SessionPaths
from agentmux.room.commands import Stop
from agentmux.room.events import SessionStopped
from agentmux.room.state import YOU
from agentmux.service import lock
from agentmux.service.boxes import box_of, sandbox_of
from agentmux.service.client import RoomClient
from agentmux.service.lock import room_alive
from agentmux.service.log import Log
from agentmux.service.logins import take_back
from agentmux.service.session import load, state_of
from agentmux.service.tokens import forget
from agentmux.terminal.tmux import TmuxServer

START_SECONDS = 60.0
END_SECONDS = 20.0


def start_room(paths: SessionPaths) -> None:
    """Start the session's room, detached from this terminal, unless one runs; return once it answers.

    Raises:
        SessionError: it ended at once, or did not answer in time; the sentence says why, as far as it told.
    """
    if room_alive(paths):
        return
    try:
        done = subprocess.run(
            [sys.executable, "-m", "agentmux.service", str(paths.folder)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=START_SECONDS,
            check=False,
        )
        reason = done.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        reason = f"It did not answer within {START_SECONDS:.0f} s; see {paths.room_log}."
    else:
        if done.returncode == 0:
            return
    raise SessionError(
        f"The room of session {paths.id} did not start.", reason or f"Its last words are in {paths.room_log}."
    )


def shut_down(paths: SessionPaths) -> None:
    """End the session's agents, panes and room, whether or not a room runs. What was recorded stays.

    Raises:
        SessionError: the room could not write that it ends, or does not end.
        SandboxError: no room runs, and the agents' places cannot be removed.
    """
    if room_alive(paths):
        answer = RoomClient(paths).send_blocking(Stop())
        if not answer.ok and not state_of(paths).stopped:  # somebody else may have stopped it just now
            raise SessionError(answer.refused, answer.hint)
        os.close(lock.take(paths, patience=END_SECONDS))  # the room puts its things away after it has answered
        return
    handle = lock.take(paths, patience=END_SECONDS)
    try:
        if state_of(paths).stopped:
            return
        session = load(paths)
        sandbox = sandbox_of(session)
        for spec in session.agents:
            sandbox.remove(box_of(paths, session, spec.name))
        TmuxServer(paths.tmux_sock).kill()
        forget(paths)
        take_back(paths, session)
        with Log(paths.log) as log:
            log.append(time.time(), YOU, [SessionStopped()])
    finally:
        os.close(handle)
