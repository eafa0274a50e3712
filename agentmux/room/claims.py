"""Who holds what, who stands in whose way, and who waits: questions about the claims of a state."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from agentmux.room import globs
from agentmux.room.events import Mode
from agentmux.room.state import Lease, State, Waiting

DEFAULT_LEASE = 900.0
"""Seconds, where the layout does not say."""
PATHS_LIMIT = 64
"""Paths in one claim."""
CLAIMS_LIMIT = 64
"""Claims that one member may hold or wait for: every claim is compared with all that others hold."""
WRITES_LIMIT = 200
"""Files in one report of what was written: each is compared with all claims."""
WEIGHT_LIMIT = 400
"""What the patterns of all these claims may weigh together (`globs.weight`): 200 folders, or 9 patterns that are as
hard to compare as patterns can be."""
WORTH_RENEWING = 0.1
"""The part of its lease that a renewal must win, so that a busy holder does not flood the log."""


def normalise(paths: Iterable[str]) -> tuple[str, ...]:
    """The patterns in their normal form, each once; raises ValueError with a sentence."""
    return tuple(dict.fromkeys(globs.parse(path).text for path in paths))


def first_overlap(these: Iterable[str], those: Iterable[str]) -> tuple[str, str, str] | None:
    """A pattern of each side that overlap, and a path in both; None if the sides are apart."""
    others = [globs.parse(path) for path in those]
    for a in map(globs.parse, these):
        for b in others:
            if (path := globs.witness(a, b)) is not None:
                return a.text, b.text, path
    return None


def blockers(state: State, holder: str, paths: Iterable[str], mode: Mode) -> list[Lease]:
    """The leases of others that do not allow `holder` these paths; shared does not block shared."""
    wanted = tuple(paths)
    return [
        lease
        for lease in state.claims.values()
        if lease.holder != holder and "exclusive" in (mode, lease.mode) and first_overlap(wanted, lease.paths)
    ]


def covering(state: State, holder: str, paths: Iterable[str], mode: Mode) -> Lease | None:
    """A lease of this holder that already allows all these paths in at least this mode."""
    wanted = tuple(paths)
    return next((lease for lease in leases_of(state, holder) if covers(lease.paths, lease.mode, wanted, mode)), None)


def covers(outer: Iterable[str], outer_mode: Mode, inner: Iterable[str], inner_mode: Mode) -> bool:
    """Whether a claim on `outer` surely allows everything that one on `inner` would."""
    patterns = [globs.parse(path) for path in outer]
    return outer_mode in ("exclusive", inner_mode) and all(
        any(globs.covers(pattern, globs.parse(path)) for pattern in patterns) for path in inner
    )


def touches(lease: Lease, paths: Iterable[str]) -> bool:
    """Whether one of these files lies inside the claim."""
    patterns = [globs.parse(path) for path in lease.paths]
    return any(globs.matches(pattern, path) for path in paths for pattern in patterns)


def trespassed(state: State, agent: str, paths: Iterable[str], since: float) -> dict[int, list[str]]:
    """The claims of others in which the agent, writing these files from `since` on, wrote, with which files.

    A claim that was granted only after `since` is not held against anybody: the write may have come before it. Nor is
    one on a part of a file, of which nobody can tell from the file's name.
    """
    allowed = _of(state, agent, since)
    held = [lease for lease in state.claims.values() if lease.holder != agent and lease.granted <= since]
    patterns = [(lease.id, [p for p in map(globs.parse, lease.paths) if p.anchor is None]) for lease in held]
    found: dict[int, list[str]] = {}
    for path in paths:
        behind = [id_ for id_, those in patterns if any(globs.matches(p, path) for p in those)]
        if behind and not any(touches(lease, [path]) for lease in allowed):
            for id_ in behind:
                found.setdefault(id_, []).append(path)
    return found


def unclaimed(state: State, agent: str, paths: Iterable[str], since: float) -> int:
    """How many of these files, which the agent wrote from `since` on, lie in nobody's claim."""
    held = [lease for lease in state.claims.values() if lease.holder != agent] + _of(state, agent, since)
    return sum(not any(touches(lease, [path]) for lease in held) for path in paths)


def _of(state: State, agent: str, since: float) -> list[Lease]:
    """The leases that the agent has, or had at some time from `since` on."""
    lapsed = [lease for ended, lease in state.lapsed if lease.holder == agent and ended >= since]
    return leases_of(state, agent) + lapsed


def leases_of(state: State, holder: str) -> list[Lease]:
    """The holder's leases, oldest first."""
    return [lease for lease in state.claims.values() if lease.holder == holder]


def waits_of(state: State, asker: str) -> list[Waiting]:
    """The asker's places in line, oldest first."""
    return [waiting for waiting in state.waiting.values() if waiting.asker == asker]


def weight(state: State, member: str, paths: Iterable[str]) -> int:
    """What the member's patterns weigh if these come to them."""
    held = [lease.paths for lease in leases_of(state, member)] + [wait.paths for wait in waits_of(state, member)]
    return sum(globs.weight(globs.parse(path)) for path in chain(*held, paths))


def in_line(state: State, asker: str, paths: Iterable[str]) -> Waiting | None:
    """The asker's place in line for exactly these paths."""
    wanted = set(paths)
    return next((waiting for waiting in waits_of(state, asker) if set(waiting.paths) == wanted), None)


def free(state: State) -> list[Waiting]:
    """The waiting claims that nothing stands in the way of any more."""
    return [w for w in state.waiting.values() if not blockers(state, w.asker, w.paths, w.mode)]


def expired(state: State, now: float) -> list[Lease]:
    """The leases that have run out."""
    return [lease for lease in state.claims.values() if lease.until <= now]


def grant_facts(lease: Lease) -> dict[str, Any]:
    """What the holder is told about its lease."""
    return {
        "id": lease.id,
        "paths": list(lease.paths),
        "mode": lease.mode,
        "until": lease.until,
        "fence": lease.fence,
    }


def blocker_facts(lease: Lease, now: float) -> dict[str, Any]:
    """What somebody else is told about a lease that stands in the way."""
    return {
        "id": lease.id,
        "holder": lease.holder,
        "paths": list(lease.paths),
        "mode": lease.mode,
        "intent": lease.intent,
        "until": lease.until,
        "seconds_left": max(0.0, round(lease.until - now, 3)),
    }
