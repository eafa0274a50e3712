"""An event of a log in one line, for people and for programs."""

from __future__ import annotations

import json
from typing import Any

from agentmux.room.events import Event, Recorded, written


def event_text(event: Event) -> str:
    """An event's kind and what it says; from agents, so not yet fit for a terminal."""
    kind, _, body = written(event)
    facts = " ".join(
        f"{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in json.loads(body).items()
        if value not in (None, "", [])
    )
    return f"{kind:<20} {facts}".rstrip()


def event_json(recorded: Recorded) -> dict[str, Any]:
    """An event under the keys that programs read."""
    kind, version, body = written(recorded.event)
    head = {"seq": recorded.seq, "at": recorded.at, "actor": recorded.actor, "kind": kind, "version": version}
    return {**head, "body": json.loads(body)}
