"""How concrete messages are: lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric, share
from agentmux.score.recording import Recording

LINE = re.compile(r"\b(?:[Ll]ines? |L)\d+|\.[a-zA-Z][a-zA-Z0-9]{0,3}:\d+")


def line_mentions(recording: Recording, members: Sequence[str]) -> Measure:
    """Lines named in the agents' messages / messages.

    Counted are `line 12`, `lines 10-20`, `L12`, and a number after the colon behind a name with an ending
    (`app.py:10-20`); a range is one. None where no agent sent a message.
    """
    counts = [(one.recorded, len(LINE.findall(one.event.text))) for one in recording.said_by(members)]
    total = sum(count for _, count in counts)
    return Measure(share(total, len(counts)), [recorded for recorded, count in counts if count])


METRIC = Metric("communication", "per message", line_mentions)
