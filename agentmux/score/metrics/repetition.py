"""How much is said again."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric, share
from agentmux.score.recording import Recording

TAU = 0.8


def repetition(recording: Recording, members: Sequence[str]) -> Measure:
    """Share of the agents' messages that are like an earlier one of their sender: similarity at least tau = 0.8.

    The similarity of two texts is the number of different words (letters, digits and underscores, lower case) in both /
    in either. A message is compared with all earlier ones that have the same words, and with the sender's last 200
    that differ. None where no agent sent a message.
    """
    said = recording.said_by(members)
    again = [one.recorded for one in said if recording.repeated[one.event.id] >= TAU]
    return Measure(share(len(again), len(said)), again)


METRIC = Metric("communication", "share", repetition)
