"""What CLIs ask a model beside their conversation: titles, summaries, quota, routing. None of it is a step."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from agentmux.gateway.scripted_model.beats import Beat
from agentmux.gateway.scripted_model.conversation import Conversation, Turn

PROBE_LIMIT = 16
"""A request for no more tokens than this only asks whether the model is there."""
ERRAND = re.compile(r"\b(titles?|topics?|summar(y|ies|ize|izing|ise)|commit message)\b", re.IGNORECASE)
"""In the beginning of a system prompt without tools: what the request is for."""
BEGINNING = 400
SUGGESTION = re.compile(r"\s*\[SUGGESTION MODE")
"""How Claude Code's wish for something to suggest to the user begins; it comes with the whole conversation."""
SUMMARY = re.compile(
    r"Your task is to create a (detailed )?summary of the conversation"
    r"|You are performing a CONTEXT CHECKPOINT COMPACTION"
    r"|Create a new anchored summary|[Uu]pdate the anchored summary"
    r"|Generate a new <state_snapshot>|Critically evaluate the <state_snapshot>"
)
"""In a CLI's own message: it wants a summary that will stand for the conversation."""
FOLDED = re.compile(r"^\[(User|Assistant|Assistant tool call|Tool result)\]: ", re.MULTILINE)
"""How opencode writes a conversation down in the one message with which it asks for a summary."""
NEW_BASE = "I switched to a new code base."
"""How the message begins with which aider ends its examples of a conversation."""
STAGED = re.compile(
    r"Ok\.?$|Ok, (I will use these files|I won't try and edit|any changes I propose|based on your requests I will)"
)
"""What aider says in the model's name, to what it tells about files and commands."""
TEXT = "Scripted session"


def beat_of(asked: Conversation) -> Beat | None:
    """The answer to a side request; None if this is the conversation itself."""
    if asked.schema is not None:
        return Beat(json.dumps(example(asked.schema)))
    if asked.limit is not None and asked.limit <= PROBE_LIMIT:
        return Beat("ok")
    last = asked.turns[-1] if asked.turns else None
    if last and last.who == "user" and SUGGESTION.match(last.text):
        return Beat(TEXT)
    if not asked.tools and not wants_summary(asked) and ERRAND.search(asked.system[:BEGINNING]):
        return Beat(TEXT)
    return None


def spoken(asked: Conversation) -> tuple[Turn, ...]:
    """The conversation without the replies that aider, which offers no tools, has made up itself."""
    if asked.tools:
        return asked.turns
    heads = [index for index, turn in enumerate(asked.turns) if turn.who == "user" and turn.text.startswith(NEW_BASE)]
    turns = asked.turns[heads[0] if heads else 0 :]
    return tuple(turn for turn in turns if turn.who != "model" or not STAGED.match(turn.text.strip()))


def wants_summary(asked: Conversation) -> bool:
    """Whether the reply will stand for the conversation from now on."""
    last = asked.turns[-1] if asked.turns else None
    return last is not None and last.who == "user" and bool(SUMMARY.search(last.text))


def summed_up(asked: Conversation) -> tuple[Turn, ...]:
    """The conversation that a summary is wanted of."""
    last = asked.turns[-1].text
    before, opened, rest = last.partition("<conversation>\n")
    inner, _, after = rest.partition("\n</conversation>")
    if not opened:
        return asked.turns
    parts = FOLDED.split(inner)[1:]
    return (Turn("user", before + after), *map(_folded, parts[::2], parts[1::2]))


def _folded(kind: str, text: str) -> Turn:
    match kind:
        case "User":
            return Turn("user", text)
        case "Tool result":
            return Turn("result", text)
        case "Assistant":
            return Turn("model", text)
        case _:
            return Turn("model", text, called=text.partition("(")[0])


def example(schema: Mapping[str, Any]) -> Any:
    """The smallest value that fits a JSON schema, as far as CLIs use it.

    >>> example({"type": "object", "properties": {"title": {"type": "string"}, "n": {"type": "INTEGER"}}})
    {'title': 'Scripted session', 'n': 1}
    """
    if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        return choices[0]
    if variants := schema.get("anyOf") or schema.get("oneOf"):
        return example(variants[0])
    match str(schema.get("type", "object")).lower():
        case "string":
            return TEXT
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
        case "array":
            return [example(schema.get("items", {}))] * schema.get("minItems", 0)
        case "null":
            return None
        case _:
            return {name: example(inner) for name, inner in schema.get("properties", {}).items()}
