"""What the room answers on its sockets: `POST /command` (one command as JSON), `/hook` (a hook's JSON), `/mcp` (tools).

Every request carries `Authorization: Bearer TOKEN`; the token alone says who asks.

```
401 {"error": sentence}     the token is missing or nobody's
413 {"error": sentence}     the body is longer than BODY_LIMIT
400 {"error": sentence}     /command, /hook: the body is nothing of that kind
200 {"ok": true, "reply": {...}}
200 {"ok": false, "refused": sentence, "hint": sentence, "facts": {...}, "reply": {...}}
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agentmux.room.commands import WISH
from agentmux.room.decision import Decision
from agentmux.service.hooks import HookCall, Hooks
from agentmux.service.late import LateTools
from agentmux.service.tokens import member_of
from agentmux.service.tools.base import RoomLike, problems

BODY_LIMIT = 1024 * 1024
"""Bytes in one request."""
DRAIN_LIMIT = 16 * BODY_LIMIT
"""Bytes that are read and thrown away, so that a caller with too long a body still gets to read the answer."""


def room_app(room: RoomLike, tokens: Mapping[str, str]) -> ASGIApp:
    """The room's HTTP application.

    Args:
        room: takes the commands.
        tokens: token -> member.
    """

    async def command(request: Request) -> Response:
        try:
            wish = WISH.validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": f"This is no command of the room: {problems(error)}."}, 400)
        return JSONResponse(_answer(await room.submit(request.state.member, wish)))

    async def hook(request: Request) -> Response:
        try:
            call = HookCall.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": f"This is nothing that a hook is told: {problems(error)}."}, 400)

        async def gone() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass

        return JSONResponse(await hooks.answer(request.state.member, call, gone))

    hooks = Hooks(room)
    late = LateTools(room, hooks.tools_listed, BODY_LIMIT)
    routes = [
        Route("/command", command, methods=["POST"]),
        Route("/hook", hook, methods=["POST"]),
        Route("/mcp", late, methods=["POST"]),
    ]
    return Door(Starlette(routes=routes, lifespan=lambda _: late.run()), tokens)


class Door:
    """Lets members in, and nobody else; a request that is let in has the member as `request.state.member`."""

    def __init__(self, app: ASGIApp, tokens: Mapping[str, str]) -> None:
        self.app = app
        self.tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        member = member_of(self.tokens, token.strip()) if scheme.lower() == "bearer" else None
        if member is None:
            error = "This token is not one of this session's members. Each member's is in the file AGENTMUX_TOKEN_FILE."
            await JSONResponse({"error": error}, 401, {"WWW-Authenticate": "Bearer"})(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            error = f"This request is too long: the room takes {BODY_LIMIT} bytes at most."
            await JSONResponse({"error": error}, 413)(scope, receive, send)
            return
        scope.setdefault("state", {})["member"] = member
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await self.app(scope, replay, send)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None if it is longer than allowed. A caller who hangs up has sent all that will come."""
    parts: list[bytes] = []
    length, more = 0, True
    while more and length <= DRAIN_LIMIT:
        message = await receive()
        part = message.get("body", b"")
        more = message.get("more_body", False)
        length += len(part)
        if length <= BODY_LIMIT:
            parts.append(part)
    return b"".join(parts) if length <= BODY_LIMIT else None


def _answer(decision: Decision) -> dict[str, Any]:
    reply = dict(decision.reply)
    if decision.refusal is None:
        return {"ok": True, "reply": reply}
    refusal = decision.refusal
    return {
        "ok": False,
        "refused": refusal.reason,
        "hint": refusal.hint,
        "facts": dict(refusal.facts),
        "reply": reply,
    }
