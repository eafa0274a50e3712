"""Messages that come too late."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from agentmux.room import events as ev
from agentmux.score.metric import Measure, Metric, share
from agentmux.score.recording import Recording


def unread(recording: Recording, members: Sequence[str]) -> Measure:
    """Messages that had not reached every agent they were for when their sender's files changed next / messages.

    Only messages to agents after which the sender's files changed at all are counted; None where there is none.
    """
    changes: dict[str, list[int]] = {name: [] for name in members}
    for recorded, event in recording.all(ev.SnapshotTaken):
        if event.agent in changes:
            changes[event.agent].append(recorded.seq)
    reached = {(event.id, event.member): recorded.seq for recorded, event in recording.all(ev.MessageDelivered)}
    counted, late = 0, []
    for one in recording.said_by(members):
        teammates = one.recipients.intersection(recording.agents)
        mine = changes[one.sender]
        place = bisect_right(mine, one.recorded.seq)
        if not teammates or place == len(mine):
            continue
        counted += 1
        if any(reached.get((one.event.id, name), mine[place] + 1) > mine[place] for name in teammates):
            late.append(one.recorded)
    return Measure(share(len(late), counted), late)


METRIC = Metric("communication", "share", unread)
