"""What was said, kept as JSON lines in the agent's home so that a restarted agent goes on with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Message = dict[str, Any]
"""As in OpenAI's Chat Completions: role, content; of an assistant's tool_calls, of a tool's result tool_call_id."""

UNTOUCHED = 12
"""So many of the last messages are never shortened."""
WORTH = 400
"""Characters from which on an old result is worth being left out."""
LEFT_OUT = "(This output was left out to make room. Run the command again if you need it.)"


class Conversation:
    """The messages after the system prompt.

    Args:
        file: where each message is written as it comes.
        resumed: whether to go on with what is there; else it is set aside under another name.
    """

    def __init__(self, file: Path, *, resumed: bool = False) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not resumed:
            file.rename(file.with_stem(f"{file.stem}-{file.stat().st_mtime_ns}"))
        self.messages = list(_read(file)) if file.exists() else []
        self._file = file
        self._thinned = 0
        self.answer_open_calls("The agent was restarted; whether this was done is not known.")

    def add(self, message: Mapping[str, Any]) -> None:
        """Append a message, in the file as well."""
        self.messages.append(dict(message))
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(self.messages[-1], ensure_ascii=False) + "\n")

    def answer_open_calls(self, text: str) -> None:
        """Give each call without a result this one: models take no conversation in which one is missing."""
        last = next((m for m in reversed(self.messages) if m["role"] == "assistant"), {})
        answered = {message.get("tool_call_id") for message in self.messages}
        for call in last.get("tool_calls") or []:
            if call["id"] not in answered:
                self.add({"role": "tool", "tool_call_id": call["id"], "content": text})

    def thin(self) -> bool:
        """From now on leave out what old commands printed; False if that was done up to here already."""
        before, self._thinned = self._thinned, max(0, len(self.messages) - UNTOUCHED)
        return self._thinned > before

    def view(self) -> list[Message]:
        """The messages as the model gets them."""
        return [
            message | {"content": LEFT_OUT} if index < self._thinned and _is_long_result(message) else message
            for index, message in enumerate(self.messages)
        ]


def _is_long_result(message: Message) -> bool:
    return message["role"] == "tool" and len(message["content"]) > WORTH


def _read(file: Path) -> Iterable[Message]:
    """The messages in a file; a last line that was not written to its end is none."""
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict) and "role" in message:
            yield message
