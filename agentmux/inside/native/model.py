"""The model, through litellm: one reply at a time, tried again where that helps, with its tokens and its cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WAITS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds between the tries of one reply."""
LONGEST_WAIT = 120.0
"""Seconds that a server may ask to be left alone before that counts as an error."""
SILENT_SECONDS = 600
"""How long the server may say nothing."""
DETAIL = 300
"""Characters of a server's own words that are shown."""
FULL = 0.8
"""Part of its context from which on a model counts as full."""
CACHED = ("anthropic/", "openrouter/anthropic/")
"""Models that cache only what they are told to."""
CACHE_AT = [{"location": "message", "role": "system"}, {"location": "message", "index": -1}]


class ModelError(Exception):
    """No reply is to be had: one sentence, and what to do."""


class ContextFull(ModelError):
    """The conversation is longer than the model takes."""


class Stopped(Exception):
    """Nobody waits for the reply any more."""


@dataclass(frozen=True)
class Usage:
    """What replies took: tokens in (of these `cached`), tokens out, and US dollars, None where no price is known."""

    tokens_in: int = 0
    cached: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        known = self.cost is not None and other.cost is not None
        return Usage(
            self.tokens_in + other.tokens_in,
            self.cached + other.cached,
            self.tokens_out + other.tokens_out,
            (self.cost or 0) + (other.cost or 0) if known else None,
        )


@dataclass(frozen=True)
class Reply:
    """A reply as a message of the conversation, what it took, and whether the context is nearly full now."""

    message: dict[str, Any]
    usage: Usage
    full: bool = False


class Model:
    """A model by litellm's name for it, PROVIDER/MODEL.

    Args:
        name: which.
        library: gives litellm, whose import takes seconds.
    """

    def __init__(self, name: str, library: Callable[[], Any]) -> None:
        self.name = name
        self._library = library

    def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]],
        stop: threading.Event,
        told: Callable[[str], None],
    ) -> Reply:
        """The next reply.

        Args:
            messages: the conversation with its system prompt.
            tools: what the model may call.
            stop: gives it up when it is set.
            told: gets a sentence for each try that failed.

        Raises:
            ModelError: there is none, and trying again would not help or did not.
            Stopped: `stop` was set.
        """
        told("loading litellm")
        self._library()
        told("")
        for wait in (*WAITS, None):
            try:
                return self._reply(messages, tools, stop)
            except Exception as error:  # litellm passes on what its many libraries raise
                if isinstance(error, Stopped):
                    raise
                problem = self._problem(error)
                seconds = max(wait or 0, _asked_to_wait(error))
                if wait is None or not _passes(error) or seconds > LONGEST_WAIT:
                    raise problem from error
                told(f"{problem} Next try in {seconds:g} s.")
                if stop.wait(seconds):
                    raise Stopped from error
        raise AssertionError

    def _reply(self, messages: Sequence[Mapping[str, Any]], tools: Any, stop: threading.Event) -> Reply:
        litellm = self._library()
        caching = {"cache_control_injection_points": CACHE_AT} if self.name.startswith(CACHED) else {}
        stream = litellm.completion(
            model=self.name,
            messages=[*messages],
            tools=[*tools],
            stream=True,
            stream_options={"include_usage": True},
            timeout=SILENT_SECONDS,
            max_retries=0,
            drop_params=True,
            **caching,
        )
        whole = litellm.stream_chunk_builder(list(_until_stopped(stream, stop)), messages=[*messages])
        if whole is None or not whole.choices:
            raise ConnectionError("the model's reply was empty")
        usage = _usage(whole, _or_none(lambda: litellm.completion_cost(completion_response=whole, model=self.name)))
        window = _or_none(lambda: litellm.get_model_info(self.name)["max_input_tokens"])
        return Reply(_message(whole), usage, bool(window and usage.tokens_in > window * FULL))

    def _problem(self, error: Exception) -> ModelError:
        status = getattr(error, "status_code", None)
        words = " ".join(str(getattr(error, "message", "") or error).split())[:DETAIL]
        if type(error).__name__ == "ContextWindowExceededError":
            return ContextFull(f"The conversation is too long for {self.name}.")
        if "LLM Provider NOT provided" in words:
            return ModelError(f"'{self.name}' names no provider: set AGENTMUX_MODEL to PROVIDER/MODEL for the session.")
        if status in (401, 403):
            return ModelError(
                f"The model's server refuses the key ({status}): {words} Set it where the session is started."
            )
        if status == 404:
            return ModelError(f"There is no model {self.name} (404): {words} AGENTMUX_MODEL names another.")
        if status == 429:
            return ModelError(f"Too many requests (429): {words}")
        return ModelError(f"{self.name} does not answer{f' ({status})' if status else ''}: {words}")


def _until_stopped(stream: Iterator[Any], stop: threading.Event) -> Iterator[Any]:
    for piece in stream:
        if stop.is_set():
            raise Stopped
        yield piece


def _passes(error: Exception) -> bool:
    """Whether the same request may work in a while."""
    status = getattr(error, "status_code", None)
    return isinstance(error, OSError) or (isinstance(status, int) and (status in (408, 409, 429) or status >= 500))


def _asked_to_wait(error: Exception) -> float:
    """The seconds in a refusal's `retry-after`; 0 without one."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return float(headers.get("retry-after", 0))
    except ValueError:
        return 0.0


def _message(whole: Any) -> dict[str, Any]:
    """The reply as it is sent back with the next request."""
    message = whole.choices[0].message
    kept: dict[str, Any] = {"role": "assistant", "content": message.content or ""}
    if thoughts := getattr(message, "thinking_blocks", None):
        kept["thinking_blocks"] = [dict(block) for block in thoughts]
    if message.tool_calls:
        kept["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.function.name, "arguments": call.function.arguments},
            }
            for call in message.tool_calls
        ]
    return kept


def _usage(whole: Any, cost: float | None) -> Usage:
    counted = getattr(whole, "usage", None)
    details = getattr(counted, "prompt_tokens_details", None)
    return Usage(
        tokens_in=getattr(counted, "prompt_tokens", 0) or 0,
        cached=getattr(details, "cached_tokens", 0) or 0,
        tokens_out=getattr(counted, "completion_tokens", 0) or 0,
        cost=cost,
    )


def _or_none(look_up: Callable[[], Any]) -> Any:
    """What litellm's table says; None for a model that is not in it, for which it raises all kinds of errors."""
    try:
        return look_up()
    except Exception:  # noqa: BLE001
        return None
