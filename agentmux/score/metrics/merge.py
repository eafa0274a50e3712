"""Whether the agents' work fits together."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def merge(recording: Recording, _members: Sequence[str]) -> Measure:
    """How the last attempt to merge went: `clean`, `conflict`, or `missing`: it ended with neither.

    The last is so where no agent has changed a file, and where the merge could not be made. None where nobody tried.
    """
    tried = [recorded for recorded, event in recording.all(ev.Progress) if event.step == "merge" and event.done]
    results = recording.of(ev.Merged, ev.MergeRefused)
    if results and not _later(tried, results[-1]):
        return Measure("clean" if isinstance(results[-1].event, ev.Merged) else "conflict", results[-1:])
    return Measure("missing" if tried else None, tried[-1:])


def _later(tried: Sequence[Recorded], result: Recorded) -> bool:
    """Whether there was another attempt: each ends with one such event, after its result."""
    return sum(one.seq > result.seq for one in tried) > 1


METRIC = Metric("outcome", "word", merge, per_agent=False)
