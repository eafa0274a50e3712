"""OpenAI Responses. Format: https://platform.openai.com/docs/api-reference/responses.

Codex adds to it: tools inside the input (items `additional_tools`), tools grouped in namespaces (one for each MCP
server), and freeform tools that take text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from agentmux.gateway.scripted_model.conversation import Conversation, Event, Failure, Reply, Tool, Turn, split

CREATED = 1_700_000_000
"""Unix seconds; the same for all, so that a reply depends on its request alone."""


class _Part(BaseModel):
    text: str = ""


class _Tool(BaseModel):
    type: str
    name: str = ""
    parameters: dict[str, Any] | None = None
    tools: list[_Tool] = []


class _Item(BaseModel):
    type: str = "message"
    role: str = ""
    content: str | list[_Part] | None = None
    name: str = ""
    arguments: str = ""
    input: Any = ""
    output: str | list[_Part] | dict[str, Any] | None = None
    tools: list[_Tool] = []


class _Text(BaseModel):
    format: dict[str, Any] | None = None


class _Request(BaseModel):
    model: str = ""
    instructions: str | None = None
    input: str | list[_Item]
    tools: list[_Tool] | None = None
    max_output_tokens: int | None = None
    stream: bool | None = None
    text: _Text | None = None


def read(body: bytes) -> Conversation:
    """See `Dialect`."""
    asked = _Request.model_validate_json(body)
    items = [_Item(role="user", content=asked.input)] if isinstance(asked.input, str) else asked.input
    offered = [*(asked.tools or []), *(tool for item in items for tool in item.tools)]
    orders = [_words(item.content) for item in items if item.role in ("system", "developer")]
    return Conversation(
        model=asked.model,
        system="\n".join([asked.instructions or "", *orders]),
        turns=tuple(turn for item in items for turn in _turns(item)),
        tools=tuple(_tools(offered)),
        schema=_schema((asked.text and asked.text.format) or {}),
        limit=asked.max_output_tokens,
        streamed=bool(asked.stream),
    )


def whole(reply: Reply, model: str) -> Mapping[str, Any]:
    """See `Dialect`."""
    return _head(reply, model) | {"status": "completed", "output": list(_items(reply)), "usage": _usage(reply)}


def pieces(reply: Reply, model: str) -> list[Event]:
    """See `Dialect`."""
    return [
        (str(data["type"]), data | {"sequence_number": number}) for number, data in enumerate(_pieces(reply, model))
    ]


def failure(failure: Failure) -> Mapping[str, Any]:
    """See `Dialect`."""
    kind = "rate_limit_exceeded" if failure.status == 429 else "server_error"
    return {"error": {"message": failure.message, "type": kind, "code": kind, "param": None}}


def _pieces(reply: Reply, model: str) -> Iterator[dict[str, Any]]:
    begun = _head(reply, model) | {"status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    for index, item in enumerate(_items(reply)):
        yield {"type": "response.output_item.added", "output_index": index, "item": item | {"status": "in_progress"}}
        if item["type"] == "message":
            place = {"item_id": item["id"], "output_index": index, "content_index": 0}
            for piece in split(reply.text):
                yield {"type": "response.output_text.delta", **place, "delta": piece}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": "response.completed", "response": whole(reply, model)}


def _items(reply: Reply) -> Iterator[dict[str, Any]]:
    if reply.text or not reply.call:
        yield {
            "type": "message",
            "id": f"msg_{reply.name}",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": reply.text, "annotations": []}],
        }
    if reply.call:
        call = reply.call
        names = {"name": call.tool.name} | ({"namespace": call.tool.space} if call.tool.space else {})
        ids = {"call_id": f"call_{reply.name}", "status": "completed"}
        if call.tool.freeform:
            yield {"type": "custom_tool_call", "id": f"ctc_{reply.name}", **ids, **names, "input": call.json}
        else:
            yield {"type": "function_call", "id": f"fc_{reply.name}", **ids, **names, "arguments": call.json}


def _head(reply: Reply, model: str) -> dict[str, Any]:
    return {"id": f"resp_{reply.name}", "object": "response", "created_at": CREATED, "model": model}


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "input_tokens": reply.usage.sent,
        "input_tokens_details": {"cached_tokens": reply.usage.cached},
        "output_tokens": reply.usage.out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": reply.usage.sent + reply.usage.out,
    }


def _turns(item: _Item) -> Iterator[Turn]:
    if item.type.endswith("_output"):
        yield Turn("result", _words(item.output))
    elif item.type.endswith("_call"):
        yield Turn("model", f"{item.name} {item.arguments or item.input}", called=item.name)
    elif item.type == "message" and item.role in ("user", "assistant"):
        yield Turn("model" if item.role == "assistant" else "user", _words(item.content))


def _tools(offered: list[_Tool], space: str = "") -> Iterator[Tool]:
    for tool in offered:
        if tool.type == "namespace":
            yield from _tools(tool.tools, tool.name)
        else:
            properties = (tool.parameters or {}).get("properties", {})
            yield Tool(tool.name or tool.type, space, properties, freeform=tool.type == "custom")


def _schema(wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if wanted.get("type") not in ("json_schema", "json_object"):
        return None
    schema: Mapping[str, Any] = wanted.get("schema", {})
    return schema


def _words(content: str | list[_Part] | dict[str, Any] | None) -> str:
    if isinstance(content, list):
        return "\n".join(part.text for part in content)
    return str(content or "")
