"""What every dialect is read into and written from: a conversation with its tools, and a reply."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Event = tuple[str | None, Mapping[str, Any] | str]
"""A server-sent event: its name, if it has one, and its data (JSON, or text as it is)."""
PIECE = re.compile(r"\s*\S+\s?|\s+")


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the CLI offers.

    Args:
        name: what it is called by.
        space: the namespace it is in; empty without one.
        properties: its arguments, each with its JSON schema.
        freeform: it takes plain text instead of arguments.
    """

    name: str
    space: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    freeform: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said: by the user, by the model (with a call of the tool `called`), or a tool's result."""

    who: Literal["user", "model", "result"]
    text: str
    called: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a CLI sends for one reply.

    Args:
        schema: the JSON schema that the reply must fit; empty if any JSON will do, None if plain text is wanted.
        limit: the most tokens that the reply may have.
        streamed: the reply is wanted piece by piece.
    """

    model: str
    system: str
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...]
    schema: Mapping[str, Any] | None = None
    limit: int | None = None
    streamed: bool = False

    def digest(self, key: str) -> str:
        """Names this conversation of the caller with that key; the same after a retry or a restart."""
        told = json.dumps([key, self.model, *([turn.who, turn.text] for turn in self.turns)])
        return hashlib.sha256(told.encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the CLI is to make; a freeform tool's argument is text."""

    tool: Tool
    arguments: Mapping[str, Any] | str

    @property
    def json(self) -> str:
        """The arguments as text."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a request: all that went in, how many of those were in the cache, and what came out."""

    sent: int
    cached: int
    out: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers: text, then at most one tool call; without one the turn is over.

    Args:
        seconds: how long it takes to come.
        name: letters and digits, for the ids that the dialects want.
    """

    text: str
    call: ToolCall | None
    seconds: float
    usage: Usage
    name: str


@dataclass(frozen=True, slots=True)
class Failure:
    """The model refuses with an HTTP status."""

    status: int
    message: str


class Dialect(Protocol):
    """A way of speaking with a model. Every module of `dialects` is one."""

    def read(self, body: bytes) -> Conversation:
        """The conversation in a request; raises pydantic.ValidationError."""

    def whole(self, reply: Reply, model: str) -> Mapping[str, Any]:
        """The reply in one piece."""

    def pieces(self, reply: Reply, model: str) -> list[Event]:
        """The same reply, streamed."""

    def failure(self, failure: Failure) -> Mapping[str, Any]:
        """The body of an error."""


def split(text: str) -> list[str]:
    r"""The text as the pieces in which it is streamed; together they are the text.

    >>> split("One word\n  more")
    ['One ', 'word\n', '  more']
    """
    return PIECE.findall(text)


def tokens(texts: Iterable[str]) -> int:
    """About how many tokens texts have: a quarter of their characters."""
    return -(-sum(map(len, texts)) // 4)
