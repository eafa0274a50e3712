"""How much is written where somebody else holds a claim."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.score.metric import Measure, Metric, share
from agentmux.score.recording import Recording


def off_claim_writes(recording: Recording, members: Sequence[str]) -> Measure:
    """Files that agents wrote inside a claim of somebody else / files that they wrote.

    A file counts once for each agent, however often it wrote it. None where the log tells of no snapshot, or of one
    that names only the first of its files.
    """
    wrote = recording.files_of(members)
    off = [(recorded, event) for recorded, event in recording.all(ev.Trespassed) if event.agent in members]
    trespassed = {(event.agent, path) for _, event in off for path in event.paths}
    if wrote is None:
        return Measure(None)
    return Measure(share(len(trespassed), len(wrote | trespassed)), [recorded for recorded, _ in off])


METRIC = Metric("claims", "share", off_claim_writes)
