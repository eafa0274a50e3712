"""Where the scripted model listens, and the loop that serves it until ctrl-C."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn

from agentmux.errors import UsageError
from agentmux.gateway.scripted_model.script import Script
from agentmux.gateway.scripted_model.server import scripted_model

Address = tuple[str, int]
"""A host and a port; port 0 is any free one."""
GRACE = 1
"""Seconds that replies under way get at the end."""


@contextmanager
def listening(where: Address | Path) -> Iterator[tuple[socket.socket, str]]:
    """A listening socket and its URL for people; a unix socket's file is gone afterwards.

    Who connects before the server runs is answered when it does.

    Raises:
        UsageError: the address is in use, or cannot be had.
    """
    try:
        listener = _bind_file(where) if isinstance(where, Path) else _bind(where)
    except OSError as error:
        name = where if isinstance(where, Path) else f"{where[0]}:{where[1]}"
        raise UsageError(
            f"The scripted model cannot listen on {name}: {error.strerror or error}.", "Choose another address."
        ) from error
    try:
        yield listener, _url(listener)
    finally:
        listener.close()
        if isinstance(where, Path):
            where.unlink(missing_ok=True)


def serve(script: Script, listener: socket.socket) -> None:
    """Play the script for whoever connects, until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        scripted_model(script),
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=GRACE,
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def _bind(where: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def _bind_file(path: Path) -> socket.socket:
    """A unix socket; one that a killed server left behind is replaced."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()
        except OSError:
            pass
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(os.fspath(path))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def _url(listener: socket.socket) -> str:
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"unix:{name}"
    host = f"[{name[0]}]" if listener.family == socket.AF_INET6 else name[0]
    return f"http://{host}:{name[1]}"
