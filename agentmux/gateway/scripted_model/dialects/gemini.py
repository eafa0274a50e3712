"""Gemini generateContent and streamGenerateContent. Format: https://ai.google.dev/api/generate-content.

The model and whether the reply is streamed are in the path of the request, not in its body.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from agentmux.gateway.scripted_model.conversation import Conversation, Event, Failure, Reply, Tool, Turn, split

STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"} | {
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


class _Part(BaseModel):
    text: str = ""
    thought: bool = False
    functionCall: dict[str, Any] | None = None  # noqa: N815
    functionResponse: dict[str, Any] | None = None  # noqa: N815


class _Content(BaseModel):
    role: str = "user"
    parts: list[_Part] = []


class _Function(BaseModel):
    name: str
    parametersJsonSchema: dict[str, Any] | None = None  # noqa: N815
    parameters: dict[str, Any] | None = None


class _Tool(BaseModel):
    functionDeclarations: list[_Function] = []  # noqa: N815


class _Generation(BaseModel):
    maxOutputTokens: int | None = None  # noqa: N815
    responseMimeType: str = ""  # noqa: N815
    responseJsonSchema: dict[str, Any] | None = None  # noqa: N815
    responseSchema: dict[str, Any] | None = None  # noqa: N815


class _Request(BaseModel):
    contents: list[_Content]
    systemInstruction: _Content = _Content()  # noqa: N815
    tools: list[_Tool] = []
    generationConfig: _Generation = _Generation()  # noqa: N815


def read(body: bytes) -> Conversation:
    """See `Dialect`."""
    asked = _Request.model_validate_json(body)
    wanted = asked.generationConfig
    functions = [function for tool in asked.tools for function in tool.functionDeclarations]
    schema = wanted.responseJsonSchema or wanted.responseSchema or {}
    return Conversation(
        model="",
        system="\n".join(part.text for part in asked.systemInstruction.parts),
        turns=tuple(turn for content in asked.contents for turn in _turns(content)),
        tools=tuple(Tool(function.name, properties=_properties(function)) for function in functions),
        schema=schema if wanted.responseMimeType == "application/json" else None,
        limit=wanted.maxOutputTokens,
    )


def whole(reply: Reply, model: str) -> Mapping[str, Any]:
    """See `Dialect`."""
    return _chunk(reply, model, [*_text(reply.text), *_call(reply)], last=True)


def pieces(reply: Reply, model: str) -> list[Event]:
    """See `Dialect`."""
    texts = [_chunk(reply, model, _text(piece)) for piece in split(reply.text)]
    return [(None, chunk) for chunk in [*texts, _chunk(reply, model, _call(reply) or [{"text": ""}], last=True)]]


def failure(failure: Failure) -> Mapping[str, Any]:
    """See `Dialect`."""
    status = STATUS.get(failure.status, "INTERNAL")
    return {"error": {"code": failure.status, "message": failure.message, "status": status}}


def _chunk(reply: Reply, model: str, parts: list[dict[str, Any]], *, last: bool = False) -> dict[str, Any]:
    candidate = {"index": 0, "content": {"role": "model", "parts": parts}} | ({"finishReason": "STOP"} if last else {})
    usage = {
        "promptTokenCount": reply.usage.sent,
        "cachedContentTokenCount": reply.usage.cached,
        "candidatesTokenCount": reply.usage.out,
        "totalTokenCount": reply.usage.sent + reply.usage.out,
    }
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model, "responseId": reply.name}


def _text(text: str) -> list[dict[str, Any]]:
    return [{"text": text}] if text else []


def _call(reply: Reply) -> list[dict[str, Any]]:
    if reply.call is None:
        return []
    return [{"functionCall": {"name": reply.call.tool.name, "args": reply.call.arguments}}]


def _turns(content: _Content) -> Iterator[Turn]:
    for part in content.parts:
        if part.functionResponse is not None:
            yield Turn("result", json.dumps(part.functionResponse.get("response")))
        elif part.functionCall is not None:
            yield Turn("model", json.dumps(part.functionCall), called=str(part.functionCall.get("name")))
        elif part.text and not part.thought:
            yield Turn("model" if content.role == "model" else "user", part.text)


def _properties(function: _Function) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = (function.parametersJsonSchema or function.parameters or {}).get("properties", {})
    return properties
