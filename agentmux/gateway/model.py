"""An agent's way to its model: an HTTP proxy that puts the real key in, counts tokens, and closes when told to.

The agent's side holds no key; whatever it sends as one is taken out. Bodies pass through as they are, streams piece by
piece, and so do the upstream's own errors. Where the upstream cannot be reached, the answer is a 502 with a sentence.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import httpx2
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from agentmux.gateway.chat_usage import WithoutUsage, asking
from agentmux.gateway.refusal import refused
from agentmux.gateway.upstream import Upstream
from agentmux.gateway.usage import Tokens, UsageReader

CONNECT_SECONDS = 15.0
SILENT_SECONDS = 600.0
"""How long a model may think without sending anything."""
CHAT_LIMIT = 64 * 1024 * 1024
"""Bytes of a Chat Completions request, which is read as a whole."""
KEY_HEADERS = {"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization"}
HOP_HEADERS = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding",
    "upgrade",
}  # fmt: skip
"""These speak of one connection, and a proxy has two."""
NOT_SENT_ON = KEY_HEADERS | HOP_HEADERS | {"host", "accept-encoding"}
"""Without `accept-encoding` the reply comes as plain text, in which tokens can be counted."""
Used = Callable[[Tokens], Awaitable[object]]
Closed = Callable[[], str]


def model_app(upstream: Upstream, used: Used, closed: Closed) -> ASGIApp:
    """The gateway of one agent.

    Args:
        upstream: where it leads.
        used: told what each reply cost once it has ended.
        closed: why no request that costs something may go on, as a sentence; empty while they may.
    """
    client = httpx2.AsyncClient(
        transport=httpx2.AsyncHTTPTransport(uds=str(upstream.socket)) if upstream.socket else None,
        verify=ssl.create_default_context(),
        timeout=httpx2.Timeout(SILENT_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=None),
        headers={"accept-encoding": "identity"},
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    return Starlette(routes=[Mount("/", app=_Gateway(client, upstream, used, closed))], lifespan=lifespan)


class _Gateway:
    def __init__(self, client: httpx2.AsyncClient, upstream: Upstream, used: Used, closed: Closed) -> None:
        self.client = client
        self.base = httpx2.URL(upstream.url.rstrip("/"))
        self.key = [upstream.key] if upstream.key else []
        self.used = used
        self.closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        if request.method == "POST" and (why := self.closed()):
            await refused(scope["path"], why)(scope, receive, send)
            return
        try:
            body, added = await _with_counts(request)
        except ClientDisconnect:
            return
        except _TooLongError:
            await refused(scope["path"], f"A request may have {CHAT_LIMIT:,} bytes at most.")(scope, receive, send)
            return
        asked = self.client.build_request(
            request.method, self._url(scope), headers=self._headers(request, changed=added), content=body
        )
        try:
            answer = await self.client.send(asked, stream=True)
        except ClientDisconnect:
            return
        except httpx2.TransportError as err:
            await _unreachable(self.base.host, err)(scope, receive, send)
            return
        try:
            await self._pass_on(answer, scope, receive, send, WithoutUsage() if added else None)
        except httpx2.TransportError:
            return  # without an end: the agent's connection breaks as the upstream's did
        finally:
            await answer.aclose()

    async def _pass_on(
        self, answer: httpx2.Response, scope: Scope, receive: Receive, send: Send, without: WithoutUsage | None
    ) -> None:
        """Send the answer on as it comes. Returns early, and so ends the request upstream, when the agent hangs up."""
        reader = UsageReader(stream=answer.headers.get("content-type", "").startswith("text/event-stream"))

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in answer.aiter_raw():
                reader.feed(piece)
                yield without.feed(piece) if without else piece
            if without:
                yield without.end()

        response = StreamingResponse(pieces(), answer.status_code)
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.lower().decode("latin-1") not in HOP_HEADERS
        ]
        try:
            await response(scope, receive, send)
        finally:
            if tokens := reader.tokens():
                await self.used(tokens)

    def _url(self, scope: Scope) -> httpx2.URL:
        """The same path and query below the upstream's URL; they can lead to no other host."""
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        return self.base.copy_with(raw_path=self.base.raw_path.rstrip(b"/") + path.partition(b"?")[0] + query)

    def _headers(self, request: Request, *, changed: bool) -> list[tuple[str, str]]:
        left_out = NOT_SENT_ON | ({"content-length"} if changed else set())
        return [*_without(request.headers.items(), left_out), *self.key]


def _without(headers: Iterable[tuple[str, str]], names: set[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in names]


def _body(request: Request) -> AsyncIterator[bytes] | None:
    has_one = "content-length" in request.headers or "transfer-encoding" in request.headers
    return request.stream() if has_one else None


class _TooLongError(Exception):
    """Nobody keeps so much in memory."""


async def _with_counts(request: Request) -> tuple[AsyncIterator[bytes] | bytes | None, bool]:
    """The body to send on, and whether a wish for counts was added to it."""
    if not request.url.path.endswith("/chat/completions") or "content-encoding" in request.headers:
        return _body(request), False
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > CHAT_LIMIT:
            raise _TooLongError
    changed = asking(bytes(body))
    return changed or bytes(body), changed is not None


def _unreachable(host: str, err: httpx2.TransportError) -> JSONResponse:
    """An error in the form that the CLIs of all providers understand."""
    sentence = f"agentmux cannot reach the model at {host}: {str(err) or type(err).__name__}."
    return JSONResponse({"type": "error", "error": {"type": "api_error", "message": sentence}}, 502)
