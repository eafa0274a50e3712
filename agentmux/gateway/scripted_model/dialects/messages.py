"""Anthropic Messages. Format: https://docs.anthropic.com/en/api/messages and .../messages-streaming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from agentmux.gateway.scripted_model.conversation import Conversation, Event, Failure, Reply, Tool, Turn, split

ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class _Block(BaseModel):
    type: str = "text"
    text: str = ""
    name: str = ""
    input: Any = None
    content: str | list[_Block] | None = None

    @property
    def words(self) -> str:
        return self.text or _words(self.content or "")


class _Message(BaseModel):
    role: str
    content: str | list[_Block]


class _Tool(BaseModel):
    name: str
    input_schema: dict[str, Any] = {}


class _Output(BaseModel):
    format: dict[str, Any] | None = None


class _Request(BaseModel):
    model: str = ""
    messages: list[_Message]
    system: str | list[_Block] = ""
    tools: list[_Tool] = []
    max_tokens: int | None = None
    stream: bool = False
    output_config: _Output = _Output()


def read(body: bytes) -> Conversation:
    """See `Dialect`."""
    asked = _Request.model_validate_json(body)
    first = next((i for i, message in enumerate(asked.messages) if message.role == "assistant"), len(asked.messages))
    inner = [_words(message.content) for message in asked.messages[:first] if message.role == "system"]
    wanted = asked.output_config.format
    return Conversation(
        model=asked.model,
        system="\n".join([_words(asked.system), *inner]),
        turns=tuple(turn for i, message in enumerate(asked.messages) for turn in _turns(message, begun=i > first)),
        tools=tuple(Tool(tool.name, properties=tool.input_schema.get("properties", {})) for tool in asked.tools),
        schema=wanted.get("schema", {}) if wanted else None,
        limit=asked.max_tokens,
        streamed=asked.stream,
    )


def whole(reply: Reply, model: str) -> Mapping[str, Any]:
    """See `Dialect`."""
    blocks: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text or not reply.call else []
    if reply.call:
        blocks.append(_tool_use(reply) | {"input": reply.call.arguments})
    return _message(reply, model) | {"content": blocks, "stop_reason": _stop(reply)}


def pieces(reply: Reply, model: str) -> list[Event]:
    """See `Dialect`."""
    return [(str(data["type"]), data) for data in _pieces(reply, model)]


def failure(failure: Failure) -> Mapping[str, Any]:
    """See `Dialect`."""
    kind = ERRORS.get(failure.status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": failure.message}}


def _pieces(reply: Reply, model: str) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": _message(reply, model) | {"content": [], "stop_reason": None}}
    index = 0
    if reply.text or not reply.call:
        deltas: list[dict[str, Any]] = [{"type": "text_delta", "text": piece} for piece in split(reply.text)]
        yield from _block(index, {"type": "text", "text": ""}, deltas)
        index += 1
    if reply.call:
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in split(reply.call.json)]
        yield from _block(index, _tool_use(reply) | {"input": {}}, deltas)
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": _stop(reply), "stop_sequence": None},
        "usage": {"output_tokens": reply.usage.out},
    }
    yield {"type": "message_stop"}


def _block(index: int, empty: Mapping[str, Any], deltas: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _message(reply: Reply, model: str) -> dict[str, Any]:
    return {
        "id": f"msg_{reply.name}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "stop_sequence": None,
        "usage": {
            "input_tokens": reply.usage.sent - reply.usage.cached,
            "cache_read_input_tokens": reply.usage.cached,
            "cache_creation_input_tokens": 0,
            "output_tokens": reply.usage.out,
        },
    }


def _tool_use(reply: Reply) -> dict[str, Any]:
    assert reply.call
    return {"type": "tool_use", "id": f"toolu_{reply.name}", "name": reply.call.tool.name}


def _stop(reply: Reply) -> str:
    return "tool_use" if reply.call else "end_turn"


def _turns(message: _Message, *, begun: bool) -> Iterator[Turn]:
    if message.role == "system":
        if begun:  # what a hook had to say about a tool's call
            yield Turn("result", _words(message.content))
        return
    blocks = [_Block(text=message.content)] if isinstance(message.content, str) else message.content
    for block in blocks:
        if block.type == "tool_result":
            yield Turn("result", block.words)
        elif block.type == "tool_use":
            yield Turn("model", f"{block.name} {block.input}", called=block.name)
        elif block.text:
            yield Turn("model" if message.role == "assistant" else "user", block.text)


def _words(content: str | list[_Block]) -> str:
    return content if isinstance(content, str) else "\n".join(block.words for block in content)
