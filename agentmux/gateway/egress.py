"""An agent's way out: an HTTP proxy that opens connections to allowed places only. TLS stays end to end.

A place is a host name, for the ports 80 and 443, or `host:port`. The proxy takes `CONNECT host:port` and plain
`http://host/` requests, and answers 403 with a sentence where a place is not allowed, 502 where it cannot be reached.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

REGISTRIES = (
    "pypi.org",
    "files.pythonhosted.org",
    "registry.npmjs.org",
    "deb.debian.org",
    "security.debian.org",
)
"""Where packages come from; allowed from the start, so that installing a dependency just works."""
WEB_PORTS = (80, 443)
HEAD_SECONDS = 15.0
CONNECT_SECONDS = 15.0
CHUNK = 64 * 1024
Ask = Callable[[str, Callable[[], bool]], Awaitable[bool]]
"""Whether a place may be reached; told of by its name, and by whether the agent has given up meanwhile."""


def place_of(host: str, port: int) -> str:
    """The name of a host and port.

    >>> place_of("PyPI.org.", 443), place_of("localhost", 8080)
    ('pypi.org', 'localhost:8080')
    """
    name = host.lower().rstrip(".")
    return name if port in WEB_PORTS else f"{name}:{port}"


def listed(place: str, rules: Iterable[str]) -> bool:
    """Whether one of the rules allows the place; a rule that begins with a dot stands for all names below it.

    >>> listed("a.example.org", [".example.org"]), listed("example.org.evil.net", ["example.org"])
    (True, False)
    """
    return any(place == rule or (rule.startswith(".") and place.endswith(rule)) for rule in rules)


@asynccontextmanager
async def egress(listener: socket.socket, rules: Iterable[str], ask: Ask) -> AsyncGenerator[None]:
    """Serve the proxy from entry until exit; connections that it has opened end then, too.

    Args:
        listener: a bound unix socket; it is closed at the end.
        rules: the places that are allowed from the start.
        ask: asked about every other place.
    """
    proxy = _Proxy(tuple(rules), ask)
    server = await asyncio.start_unix_server(proxy.serve, sock=listener)
    try:
        yield
    finally:
        server.close()
        proxy.end()


class _Proxy:
    def __init__(self, rules: tuple[str, ...], ask: Ask) -> None:
        self.rules = rules
        self.ask = ask
        self._serving: set[asyncio.Task[object]] = set()

    def end(self) -> None:
        """End what is under way."""
        for task in self._serving:
            task.cancel()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the agent."""
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            await self._answer(head, reader, writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ConnectionError):
            pass
        finally:
            self._serving.discard(task)
            writer.close()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            host, port, first = _request(head)
        except ValueError:
            await _say(writer, 400, "This is no request for a proxy.")
            return
        place = place_of(host, port)
        by_rule = listed(place, self.rules)
        if not (by_rule or await self.ask(place, reader.at_eof)):
            await _say(writer, 403, f"{place} is not on this session's list; the human may allow it.")
            return
        try:
            far_reader, far_writer = await _dial(host, port, exact=place in self.rules or not by_rule)
        except (OSError, TimeoutError) as err:
            await _say(writer, 502, f"{place} cannot be reached: {err or 'no answer in time'}.")
            return
        if first:
            far_writer.write(first)
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.close()


def _request(head: bytes) -> tuple[str, int, bytes]:
    """Host, port, and what to send on first: nothing for CONNECT. Raises ValueError."""
    line, *headers = head.rstrip(b"\r\n").split(b"\r\n")
    method, target, version = line.decode("ascii").split(" ")
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        return host.strip("[]"), int(port), b""
    url = urlsplit(target)
    if url.scheme != "http" or not url.hostname:
        raise ValueError(target)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    kept = [h for h in headers if not h.lower().startswith((b"proxy-", b"connection:"))]
    first = b"\r\n".join([f"{method} {path} {version}".encode("ascii"), *kept, b"connection: close", b"", b""])
    return url.hostname, url.port or 80, first


async def _dial(host: str, port: int, *, exact: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect. A name that only a rule for many names allows must not lead into the user's own network."""
    async with asyncio.timeout(CONNECT_SECONDS):
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        problem: OSError = OSError("it has no public address")
        for _, _, _, _, address in found:
            if exact or ipaddress.ip_address(address[0]).is_global:
                try:
                    return await asyncio.open_connection(str(address[0]), port)
                except OSError as err:
                    problem = err
        raise problem


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until its end, and pass the end on."""
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def _say(writer: asyncio.StreamWriter, status: int, sentence: str) -> None:
    text = f"{sentence}\n".encode()
    lines = (
        f"HTTP/1.1 {status} agentmux",
        "content-type: text/plain",
        f"content-length: {len(text)}",
        "connection: close",
    )
    writer.write("\r\n".join([*lines, "", ""]).encode("ascii") + text)
    await writer.drain()
