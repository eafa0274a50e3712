"""The written form of events: how they are put into a log, and read back from one of any age."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from agentmux.room.events.event import Event, Recorded, UnknownEvent

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTS: Mapping[tuple[str, int], Upcast] = {}
"""(kind, version) -> a function from a body of that version to one of the next version."""
BODY: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
Written = tuple[str, int, str]
"""An event's kind, version, and body as JSON text."""
MANY = 32
"""Events of one kind from which on it pays to read them together: what that needs is made once, in 0.4 ms."""


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


def parse_all(texts: Sequence[Written]) -> list[Event]:
    """Like `parse_json` of each, in half the time: many events of a kind are read together."""
    kinds: dict[tuple[str, int], list[str]] = {}
    for kind, version, text in texts:
        kinds.setdefault((kind, version), []).append(text)
    parsed = {(kind, version): iter(_alike(kind, version, bodies)) for (kind, version), bodies in kinds.items()}
    return [next(parsed[kind, version]) for kind, version, _ in texts]


def _alike(kind: str, version: int, texts: list[str]) -> list[Event]:
    """The events of one kind and version."""
    cls = Event.classes.get(kind)
    if cls is not None and version == cls.version and len(texts) >= MANY:
        with suppress(ValidationError):
            events = _list_of(cls).validate_json(f"[{','.join(texts)}]")
            if len(events) == len(texts):  # else some text was not one event
                return events
    return [parse_json(kind, version, text) for text in texts]


@cache
def _list_of(cls: type[Event]) -> TypeAdapter[list[Event]]:
    return TypeAdapter(list[cls])  # type: ignore[valid-type]


def written(event: Event) -> Written:
    """An event's written form. An unknown one is written as it was read."""
    if isinstance(event, UnknownEvent):
        return event.name, event.written_version, BODY.dump_json(event.body).decode()
    return event.kind, event.version, event.model_dump_json()


def event_json(recorded: Recorded) -> dict[str, Any]:
    """An event under the keys that programs read."""
    kind, version, body = written(recorded.event)
    head = {"seq": recorded.seq, "at": recorded.at, "actor": recorded.actor, "kind": kind, "version": version}
    return {**head, "body": BODY.validate_json(body)}
