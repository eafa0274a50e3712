"""How many tokens a reply of a model cost, read from the reply itself while it passes by.

Formats: Anthropic Messages, OpenAI Responses and OpenAI Chat Completions, as one JSON body or as server-sent events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BODY_LIMIT = 16 * 1024 * 1024
"""Bytes of one JSON body, or of one line of a stream, that are read for their count; a longer one is not counted."""
MARK = b'"usage"'


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one reply cost: all tokens that went in, how many of these came from a cache, and those that came out."""

    model: str
    taken: int
    cached: int
    given: int


class UsageReader:
    """Takes a reply in pieces, however they are cut.

    Args:
        stream: whether the reply is a stream of server-sent events.
    """

    def __init__(self, *, stream: bool) -> None:
        self._stream = stream
        self._rest = bytearray()
        self._skipping = False
        self._model = ""
        self._usage: dict[str, Any] = {}

    def feed(self, piece: bytes) -> None:
        """The next piece of the body."""
        if not self._stream:
            self._keep(piece)
            return
        first, *others = piece.split(b"\n")
        self._keep(first)
        for line in others:
            self._line()
            self._keep(line)

    def tokens(self) -> Tokens | None:
        """What the reply said so far; None if nothing."""
        self._line()
        return _tokens(self._model, self._usage) if self._usage else None

    def _keep(self, piece: bytes) -> None:
        if len(self._rest) + len(piece) > BODY_LIMIT:
            self._rest.clear()
            self._skipping = True
        if not self._skipping:
            self._rest += piece

    def _line(self) -> None:
        """Read what has been kept: a line of a stream, or a whole body."""
        line = bytes(self._rest)
        self._rest.clear()
        self._skipping = False
        if MARK not in line:
            return
        try:
            found = json.loads(line.removeprefix(b"data:") if self._stream else line)
        except ValueError:
            return
        if isinstance(found, dict):
            self._read(found)

    def _read(self, reply: Mapping[str, Any]) -> None:
        """Later counts replace earlier ones: a stream repeats them as they grow."""
        for part in (reply, reply.get("message"), reply.get("response")):
            if isinstance(part, dict) and isinstance(usage := part.get("usage"), dict):
                self._model = str(part.get("model") or self._model)
                self._usage |= {key: value for key, value in usage.items() if value is not None}


def _tokens(model: str, usage: Mapping[str, Any]) -> Tokens:
    if "cache_read_input_tokens" in usage or "cache_creation_input_tokens" in usage:  # Anthropic counts them apart
        cached = _number(usage, "cache_read_input_tokens")
        taken = _number(usage, "input_tokens") + cached + _number(usage, "cache_creation_input_tokens")
        return Tokens(model, taken, cached, _number(usage, "output_tokens"))
    details = usage.get("input_tokens_details") or usage.get("prompt_tokens_details")
    return Tokens(
        model,
        taken=_number(usage, "input_tokens") or _number(usage, "prompt_tokens"),
        cached=_number(details, "cached_tokens") if isinstance(details, dict) else 0,
        given=_number(usage, "output_tokens") or _number(usage, "completion_tokens"),
    )


def _number(usage: Mapping[str, Any], key: str) -> int:
    value = usage.get(key)
    return value if isinstance(value, int) and value > 0 else 0
