"""Loopback ports of a container without network, each joined to a unix socket that the host has mounted.

usage: relay.py PORT=SOCKET [PORT=SOCKET ...]

It returns as soon as all ports listen and goes on in the background, so that whoever started it need not wait for it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from functools import partial
from typing import NoReturn

CHUNK = 64 * 1024


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until its end, and pass the end on: the other direction may go on."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def join(path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Join one accepted connection to the socket at `path`; it is closed if nobody listens there."""
    try:
        far_reader, far_writer = await asyncio.open_unix_connection(path)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
    far_writer.close()
    writer.close()


async def serve(links: list[tuple[socket.socket, str]]) -> None:
    """Serve every listening socket for ever."""
    for listener, path in links:
        await asyncio.start_server(partial(join, path), sock=listener)
    await asyncio.Event().wait()


def listen(port: int) -> socket.socket:
    """A listening socket on a loopback port."""
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    listener.setblocking(False)
    return listener


def leave_the_terminal() -> None:
    """Become a process of its own, without the agent's terminal: what happens there must not end it."""
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


def main() -> NoReturn:
    """Listen on all ports, then serve in the background."""
    try:
        pairs = [(int(port), path) for port, _, path in (link.partition("=") for link in sys.argv[1:])]
        links = [(listen(port), path) for port, path in pairs]
    except (OSError, ValueError) as err:
        sys.exit(f"relay: {err}")
    leave_the_terminal()
    asyncio.run(serve(links))
    sys.exit(0)


if __name__ == "__main__":
    main()
