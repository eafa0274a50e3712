"""How concrete messages are: paths."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric, share
from agentmux.score.recording import Recording

PATH = re.compile(r"/?[\w.@*-]+(/[\w.@*-]+)+/?|(?!e\.g$|i\.e$)[\w-][\w.-]*\.[a-zA-Z][a-zA-Z0-9]{0,3}")


def path_mentions(recording: Recording, members: Sequence[str]) -> Measure:
    """Paths named in the agents' messages / messages.

    A path is a word with a slash between two names (`src/api`), or a name with an ending of one to four letters or
    digits that begins with a letter (`app.py`); addresses (`https://…`) are none. None where no agent sent a message.
    """
    counts = [(one.recorded, len(paths_in(one.event.text))) for one in recording.said_by(members)]
    total = sum(count for _, count in counts)
    return Measure(share(total, len(counts)), [recorded for recorded, count in counts if count])


def paths_in(text: str) -> list[str]:
    """The paths that a text names, as often as it does.

    >>> paths_in("See src/api and app.py:12, not https://example.org/a.html, e.g. version 1.2 or and/or.")
    ['src/api', 'app.py', 'and/or']
    """
    words = (word.strip("`'\"()[]<>{},;!?*").split(":")[0].split("#")[0].rstrip(".") for word in text.split())
    return [word for word in words if PATH.fullmatch(word)]


METRIC = Metric("communication", "per message", path_mentions)
