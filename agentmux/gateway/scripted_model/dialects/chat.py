"""OpenAI Chat Completions. Format: https://platform.openai.com/docs/api-reference/chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from agentmux.gateway.scripted_model.conversation import Conversation, Event, Failure, Reply, Tool, Turn, split

CREATED = 1_700_000_000
"""Unix seconds; the same for all, so that a reply depends on its request alone."""


class _Part(BaseModel):
    text: str = ""


class _Call(BaseModel):
    function: dict[str, Any] = {}


class _Message(BaseModel):
    role: str
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None

    @property
    def words(self) -> str:
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content or [])


class _Function(BaseModel):
    name: str
    parameters: dict[str, Any] = {}


class _Tool(BaseModel):
    function: _Function | None = None


class _Request(BaseModel):
    model: str = ""
    messages: list[_Message]
    tools: list[_Tool] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream: bool | None = None
    response_format: dict[str, Any] | None = None


def read(body: bytes) -> Conversation:
    """See `Dialect`."""
    asked = _Request.model_validate_json(body)
    functions = [tool.function for tool in asked.tools or [] if tool.function]
    tools = [Tool(function.name, properties=function.parameters.get("properties", {})) for function in functions]
    return Conversation(
        model=asked.model,
        system="\n".join(message.words for message in asked.messages if message.role in ("system", "developer")),
        turns=tuple(_turn(message) for message in asked.messages if message.role not in ("system", "developer")),
        tools=tuple(tools),
        schema=_schema(asked.response_format or {}),
        limit=asked.max_completion_tokens or asked.max_tokens,
        streamed=bool(asked.stream),
    )


def whole(reply: Reply, model: str) -> Mapping[str, Any]:
    """See `Dialect`."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.call:
        message["tool_calls"] = [_tool_call(reply, reply.call.json)]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply)}
    return _head(reply, model, "chat.completion") | {"choices": [choice], "usage": _usage(reply)}


def pieces(reply: Reply, model: str) -> list[Event]:
    """See `Dialect`."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in split(reply.text)]
    if reply.call:
        deltas.append({"tool_calls": [{"index": 0} | _tool_call(reply, "")]})
        deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in split(reply.call.json)]
    head = _head(reply, model, "chat.completion.chunk")
    events: list[Event] = [
        (None, head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}) for delta in deltas
    ]
    last = {"index": 0, "delta": {}, "finish_reason": _finish(reply)}
    return [*events, (None, head | {"choices": [last]}), (None, head | {"choices": [], "usage": _usage(reply)}), DONE]


DONE: Event = (None, "[DONE]")


def failure(failure: Failure) -> Mapping[str, Any]:
    """See `Dialect`."""
    kind = "rate_limit_exceeded" if failure.status == 429 else "server_error"
    return {"error": {"message": failure.message, "type": kind, "code": kind, "param": None}}


def _turn(message: _Message) -> Turn:
    if message.role == "tool":
        return Turn("result", message.words)
    calls = [call.function for call in message.tool_calls or []]
    text = message.words + "".join(f" {call}" for call in calls)
    called = next((str(call.get("name")) for call in calls), "")
    return Turn("model" if message.role == "assistant" else "user", text, called)


def _schema(wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if wanted.get("type") not in ("json_schema", "json_object"):
        return None
    schema: Mapping[str, Any] = wanted.get("json_schema", {}).get("schema", {})
    return schema


def _head(reply: Reply, model: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{reply.name}", "object": kind, "created": CREATED, "model": model}


def _tool_call(reply: Reply, arguments: str) -> dict[str, Any]:
    assert reply.call
    function = {"name": reply.call.tool.name, "arguments": arguments}
    return {"id": f"call_{reply.name}", "type": "function", "function": function}


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.call else "stop"


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": reply.usage.sent,
        "prompt_tokens_details": {"cached_tokens": reply.usage.cached},
        "completion_tokens": reply.usage.out,
        "total_tokens": reply.usage.sent + reply.usage.out,
    }
