"""What ended sessions left behind. Only things with our own label or in our own folder are ever looked at."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable

from agentmux.errors import SandboxError, TerminalError
from agentmux.paths import SessionPaths, home
from agentmux.sandbox.base import LABEL, Leftover

CONTAINER = "container"
TMUX = "tmux"
PATIENCE = 5.0
"""Seconds that a tmux server may take to end."""


def leftovers(alive: Callable[[str], bool]) -> list[Leftover]:
    """Containers and tmux servers of the sessions that are not `alive`; no containers if no engine answers."""
    return [*_containers(alive), *_tmux_servers(alive)]


def remove(leftover: Leftover) -> None:
    """Remove a container, or end a tmux server. It is no error if it is gone already.

    Raises:
        SandboxError: the engine refused, or the container is not ours.
        TerminalError: tmux refused.
    """
    if leftover.kind == CONTAINER:
        _remove_container(leftover.name)
    else:
        _end_tmux(leftover.name)


def _ours() -> dict[str, str | list[str] | bool]:
    return {"label": f"{LABEL}.home={home()}"}


def _containers(alive: Callable[[str], bool]) -> list[Leftover]:
    from agentmux.sandbox.engine import engine

    try:
        with engine("list the containers") as client:
            found = client.containers.list(all=True, filters=_ours(), ignore_removed=True)
    except SandboxError:
        return []
    labelled = [(str(container.name), container.labels[f"{LABEL}.session"]) for container in found]
    return [Leftover(CONTAINER, name, session) for name, session in sorted(labelled) if not alive(session)]


def _tmux_servers(alive: Callable[[str], bool]) -> list[Leftover]:
    folders = sorted((home() / "sessions").glob("*/"))
    servers = [SessionPaths(folder) for folder in folders if _listens(SessionPaths(folder).tmux_sock)]
    return [Leftover(TMUX, str(paths.tmux_sock), paths.id) for paths in servers if not alive(paths.id)]


def _listens(path: object) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _remove_container(name: str) -> None:
    from agentmux.sandbox.engine import engine

    with engine(f"remove the container {name}") as client:
        for container in client.containers.list(all=True, filters={**_ours(), "name": f"^{name}$"}):
            container.remove(force=True, v=True)


def _end_tmux(sock: str) -> None:
    ended = subprocess.run(["tmux", "-S", sock, "kill-server"], capture_output=True, text=True, check=False)
    deadline = time.monotonic() + PATIENCE
    while _listens(sock):  # the command returns before the server is gone
        if ended.returncode or time.monotonic() > deadline:
            raise TerminalError(
                f"The tmux server at {sock} cannot be ended: {ended.stderr.strip() or 'no reason given'}."
            )
        time.sleep(0.02)
