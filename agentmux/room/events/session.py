"""The session itself: how it begins, goes on and ends."""

from __future__ import annotations

from typing import Any

from agentmux.room.events.event import Event


class SessionCreated(Event):
    """The session exists: its folder, its agents. Always the first event."""

    kind = "session.created"
    session: str
    repo: str
    base: str
    layout: str
    sandbox: str
    agents: list[str]
    profiles: dict[str, str]
    task: str = ""
    features: list[str] = []
    flow: str = "shared"


class RoomStarted(Event):
    """A room process took up the session; `restarted` when an earlier one ended without a word."""

    kind = "room.started"
    pid: int
    restarted: bool = False


class Progress(Event):
    """Something that takes time: `step` names it (`clone ada`, `image`), `text` says how far it is."""

    kind = "progress"
    step: str
    text: str = ""
    done: bool = False


class Warned(Event):
    """Something that the human should know and that stops nothing."""

    kind = "warning"
    text: str


class SessionFailed(Event):
    """The session could not be started; the reason is a sentence, with a hint and the last lines of a log."""

    kind = "session.failed"
    reason: str
    hint: str = ""
    tail: list[str] = []


class SessionStopped(Event):
    """Agents and panes were ended on purpose."""

    kind = "session.stopped"


class SessionImported(Event):
    """What came before was recorded elsewhere, and brought here by `agentmux import`; nothing of it runs here.

    `origin` says what it came from, in a few words. Of another program's run, `facts` is what that program says beside,
    and `untold` names what it tells nothing of, or not all: kinds of events, and metrics and their chapters.
    """

    kind = "session.imported"
    origin: str
    facts: dict[str, Any] = {}
    untold: list[str] = []
