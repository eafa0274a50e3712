"""What an event is, and an event in the log."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """One fact of a session."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)
    kind: ClassVar[str]
    version: ClassVar[int] = 1
    classes: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" in cls.__dict__:
            Event.classes[cls.kind] = cls


class Recorded(NamedTuple):
    """An event in the log: its number (from 1, without gaps), its time (Unix seconds) and whose doing it was."""

    seq: int
    at: float
    actor: str
    event: Event


class UnknownEvent(Event):
    """An event of a kind that this program does not know, kept as it was written."""

    name: str
    written_version: int
    body: dict[str, Any]
