"""The scripted model's HTTP side. It waits where the script is slow, and counts how often it has refused a request.

```
POST /v1/messages                 Anthropic Messages; /v1/messages/count_tokens
POST /v1/chat/completions         OpenAI Chat Completions
POST /v1/responses                OpenAI Responses
POST /v1beta/models/M:generateContent, :streamGenerateContent, :countTokens
GET  /v1/models, /v1beta/models   one model, whatever it is called
```
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from agentmux.gateway.scripted_model.conversation import Dialect, Event, Failure, tokens
from agentmux.gateway.scripted_model.dialects import chat, gemini, messages, responses
from agentmux.gateway.scripted_model.play import answer
from agentmux.gateway.scripted_model.script import Script

MODEL = "scripted-1"
RETRY_AFTER = {"retry-after": "1", "retry-after-ms": "200"}
"""With a refusal: when to come again, in seconds and, for clients that know it, in milliseconds."""
KEY_HEADERS = ("x-api-key", "x-goog-api-key", "authorization")
Handler = Callable[[Request], Awaitable[Response]]


def scripted_model(script: Script) -> ASGIApp:
    """The application that plays the script."""
    refused: Counter[str] = Counter()

    async def reply(request: Request, dialect: Dialect, told: dict[str, object] | None = None) -> Response:
        try:
            asked = dialect.read(await request.body())
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            sentence = f"This is no request of this API: {where}: {first['msg']}."
            return JSONResponse(dialect.failure(Failure(400, sentence)), 400)
        asked = replace(asked, **told or {})  # type: ignore[arg-type]
        key = _key(request)
        name = asked.digest(key)
        given = answer(script, asked, key, refused[name])
        if isinstance(given, Failure):
            refused[name] += 1
            return JSONResponse(dialect.failure(given), given.status, RETRY_AFTER)
        del refused[name]
        if asked.streamed:
            events = _paced(dialect.pieces(given, asked.model), given.seconds)
            return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-cache"})
        await asyncio.sleep(given.seconds)
        return JSONResponse(dialect.whole(given, asked.model))

    def speaking(dialect: Dialect) -> Handler:
        async def handler(request: Request) -> Response:
            return await reply(request, dialect)

        return handler

    async def of_gemini(request: Request) -> Response:
        model, _, verb = request.path_params["call"].rpartition(":")
        if verb == "countTokens":
            return JSONResponse({"totalTokens": await _tokens(request)})
        if verb in ("generateContent", "streamGenerateContent"):
            return await reply(request, gemini, {"model": model, "streamed": verb.startswith("stream")})
        return JSONResponse(gemini.failure(Failure(404, f"There is no method {verb} here.")), 404)

    return Starlette(
        routes=[
            Route("/", _alive, methods=["GET", "HEAD"]),
            Route("/v1/messages", speaking(messages), methods=["POST"]),
            Route("/v1/messages/count_tokens", _count, methods=["POST"]),
            Route("/v1/chat/completions", speaking(chat), methods=["POST"]),
            Route("/v1/responses", speaking(responses), methods=["POST"]),
            Route("/v1/models", _models),
            Route("/v1beta/models", _gemini_models),
            Route("/v1beta/models/{call:path}", of_gemini, methods=["POST"]),
        ]
    )


async def _paced(events: Iterable[Event], seconds: float) -> AsyncIterator[str]:
    """The events as they go over the wire, spread evenly over the seconds."""
    waiting = list(events)
    for name, data in waiting:
        await asyncio.sleep(seconds / len(waiting))
        line = data if isinstance(data, str) else json.dumps(data)
        yield (f"event: {name}\n" if name else "") + f"data: {line}\n\n"


def _key(request: Request) -> str:
    """The API key that the caller presents; empty without one."""
    found = next((value for name in KEY_HEADERS if (value := request.headers.get(name))), "")
    return found.removeprefix("Bearer ") or request.query_params.get("key", "")


async def _tokens(request: Request) -> int:
    return tokens([(await request.body()).decode(errors="replace")])


async def _count(request: Request) -> Response:
    return JSONResponse({"input_tokens": await _tokens(request)})


async def _alive(_: Request) -> Response:
    return JSONResponse({})


async def _models(_: Request) -> Response:
    """A list that Anthropic's, OpenAI's and Codex's clients all take."""
    model = {
        "id": MODEL,
        "type": "model",
        "object": "model",
        "display_name": MODEL,
        "created": 0,
        "created_at": "2026-01-01T00:00:00Z",
        "owned_by": "agentmux",
    }
    ends = {"first_id": MODEL, "last_id": MODEL, "has_more": False}
    return JSONResponse({"object": "list", "data": [model], "models": [], **ends})


async def _gemini_models(_: Request) -> Response:
    methods = ["generateContent", "countTokens"]
    return JSONResponse({"models": [{"name": f"models/{MODEL}", "supportedGenerationMethods": methods}]})
