"""Claims on paths, who waits for them, and rulings where two want the same."""

from __future__ import annotations

from typing import Literal

from agentmux.room.events.event import Event

Mode = Literal["exclusive", "shared"]
Choice = Literal["keep", "transfer", "split", "share", "settle"]


class ClaimGranted(Event):
    """A lease on paths, until `until` (Unix seconds); `fence` grows with every grant of the session."""

    kind = "claim.granted"
    id: int
    holder: str
    paths: list[str]
    mode: Mode = "exclusive"
    intent: str = ""
    lease: float
    until: float
    fence: int


class ClaimRefused(Event):
    """Nothing was granted; `behind` are the claims in the way. The asker waits, with this number in line."""

    kind = "claim.refused"
    id: int
    asker: str
    paths: list[str]
    mode: Mode = "exclusive"
    intent: str = ""
    lease: float
    behind: list[int]


class ClaimRenewed(Event):
    """The holder was active inside its claim; it lasts until `until` now."""

    kind = "claim.renewed"
    id: int
    until: float


class ClaimReleased(Event):
    """The claim is over before its time; `why` says so in a few words, `released` if its holder gave it up."""

    kind = "claim.released"
    id: int
    why: str = "released"


class ClaimExpired(Event):
    """The lease ran out."""

    kind = "claim.expired"
    id: int


class ClaimChanged(Event):
    """A ruling changed what a claim covers or its mode."""

    kind = "claim.changed"
    id: int
    paths: list[str]
    mode: Mode


class WaitEnded(Event):
    """The waiting claim `id` is no longer in line: granted, withdrawn, or its asker is gone."""

    kind = "claim.unqueued"
    id: int
    why: str


class RulingRaised(Event):
    """A contested claim waits for the human; `id` is the waiting claim's number."""

    kind = "ruling.raised"
    id: int
    asker: str
    holders: list[str]
    paths: list[str]


class RulingSettled(Event):
    """The human ruled, `seconds` after it was raised."""

    kind = "ruling.settled"
    id: int
    choice: Choice
    reason: str = ""
    seconds: float = 0.0
