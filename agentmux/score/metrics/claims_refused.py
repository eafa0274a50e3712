"""How often claims collide."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric, share
from agentmux.score.recording import Recording


def claims_refused(recording: Recording, members: Sequence[str]) -> Measure:
    """Claims that were refused / claims that were asked for; renewals ask for nothing. None where nothing was."""
    refused = {one.event.id: one.refused for one in recording.waited if one.event.asker in members}
    asked = refused.keys() | {one.event.id for one in recording.held if one.event.holder in members}
    return Measure(share(len(refused), len(asked)), list(refused.values()))


METRIC = Metric("claims", "share", claims_refused)
