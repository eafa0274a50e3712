"""The written form of events: how they are put into a log, and read back from one of any age."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter

from agentmux.room.events.event import Event, Recorded, UnknownEvent

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTS: Mapping[tuple[str, int], Upcast] = {}
"""(kind, version) -> a function from a body of that version to one of the next version."""
BODY: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


def parse(kind: str, version: int, body: dict[str, Any]) -> Event:
    """An event from its written form, of whatever version.

    >>> import agentmux.room.events
    >>> parse("note.added", 1, {"text": "hello"})
    NoteAdded(text='hello')
    >>> parse("from.the.future", 3, {"x": 1})
    UnknownEvent(name='from.the.future', written_version=3, body={'x': 1})
    """
    cls = Event.classes.get(kind)
    if cls is None or version > cls.version:
        return UnknownEvent(name=kind, written_version=version, body=body)
    while version < cls.version:
        body = UPCASTS[kind, version](body)
        version += 1
    return cls.model_validate(body)


def parse_json(kind: str, version: int, text: str) -> Event:
    """Like `parse`, from JSON text; raises pydantic's ValidationError where that is not an event of this kind."""
    cls = Event.classes.get(kind)
    if cls is not None and version == cls.version:
        return cls.model_validate_json(text)
    return parse(kind, version, BODY.validate_json(text))


def written(event: Event) -> tuple[str, int, str]:
    """An event's written form: kind, version, body as JSON text. An unknown one is written as it was read."""
    if isinstance(event, UnknownEvent):
        return event.name, event.written_version, BODY.dump_json(event.body).decode()
    return event.kind, event.version, event.model_dump_json()


def event_json(recorded: Recorded) -> dict[str, Any]:
    """An event under the keys that programs read."""
    kind, version, body = written(recorded.event)
    head = {"seq": recorded.seq, "at": recorded.at, "actor": recorded.actor, "kind": kind, "version": version}
    return {**head, "body": BODY.validate_json(body)}
