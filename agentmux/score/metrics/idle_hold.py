"""How long claims are held for nothing."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room.events import Recorded
from agentmux.room.globs import parse
from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Held, Recording


def idle_hold(recording: Recording, members: Sequence[str]) -> Measure:
    """Time that agents held claims after their last write there, or without one, each claim by itself and added up.

    A write is a snapshot of the holder's files that names one of the claim's paths as it was granted. None where the
    log tells of no snapshot of a holder, or of one that names only the first of its files.
    """
    held = [one for one in recording.held if one.event.holder in members]
    if not all(recording.tells_files_of((holder,)) for holder in {one.event.holder for one in held}):
        return Measure(None)
    lasts = [_last_write(recording, one) for one in held]
    seconds = sum((recording.until(one.ended) - last.at for one, last in zip(held, lasts, strict=True)), 0.0)
    ends = [one.ended for one in held if one.ended]
    return Measure(seconds, [*lasts, *ends])


def _last_write(recording: Recording, held: Held) -> Recorded:
    """The last snapshot with a file of the claim while it was held, or else its grant."""
    patterns = [parse(path) for path in held.event.paths]
    writes, until = recording.writes[held.event.holder], recording.until(held.ended)
    return writes.last_in(patterns, held.granted.seq, until) or held.granted


METRIC = Metric("claims", "seconds", idle_hold)
