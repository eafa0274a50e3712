"""Counts in streams of OpenAI Chat Completions, which come only where a request asks for them.

The gateway asks for them where the CLI did not, and takes the one event out again that comes of it (no choices, only
the usage), so that the CLI gets the stream that it expects. Format: `stream_options.include_usage` of
https://platform.openai.com/docs/api-reference/chat/create.
"""

from __future__ import annotations

import json


def asking(body: bytes) -> bytes | None:
    """The request with a wish for counts; None where it is no request for a stream, or has one already."""
    try:
        asked = json.loads(body)
    except ValueError:
        return None
    if not isinstance(asked, dict) or asked.get("stream") is not True:
        return None
    options = asked.get("stream_options") or {}
    if not isinstance(options, dict) or options.get("include_usage") is True:
        return None
    return json.dumps(asked | {"stream_options": options | {"include_usage": True}}).encode()


class WithoutUsage:
    """Takes the event with nothing but the counts out of a stream, however that is cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._dropped = False

    def feed(self, piece: bytes) -> bytes:
        """What of the stream can go on after this piece."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return b"".join(line + b"\n" for line in lines if self._stays(line))

    def end(self) -> bytes:
        """What is left at the end."""
        return self._rest if self._stays(self._rest) else b""

    def _stays(self, line: bytes) -> bool:
        if self._dropped and not line.strip():  # the end of the event that was taken out
            self._dropped = False
            return False
        self._dropped = _only_usage(line)
        return not self._dropped


def _only_usage(line: bytes) -> bool:
    if not line.startswith(b"data:") or b'"usage"' not in line:
        return False
    try:
        found = json.loads(line.removeprefix(b"data:"))
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("choices") == [] and bool(found.get("usage"))
