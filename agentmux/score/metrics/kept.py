"""Whether agents do what they promise."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric, share
from agentmux.score.metrics.path_mentions import paths_in
from agentmux.score.metrics.verified import sentences, written
from agentmux.score.recording import Recording

PROMISE = re.compile(r"\bI(?:'ll| will|'m going to| am going to|'m about to| plan to| take| own)\b", re.IGNORECASE)
NOT_MEANT = re.compile(r"\b(not|never|if)\b|n't|\?", re.IGNORECASE)


def kept(recording: Recording, members: Sequence[str]) -> Measure:
    """Paths that an agent promised to change and did / paths that it promised to change.

    A promise is a sentence of a message with `I will`, `I'll`, `I am going to`, `I plan to`, `I take` or `I own`, and
    the name of a path; kept is it if the agent has changed that path by the end. Symbols and checks are not looked at
    yet. None where nothing was promised, or where the snapshots do not name all files.
    """
    if not recording.tells_files_of(members):
        return Measure(None)
    held, promised = 0, []
    for one in recording.said_by(members):
        for sentence in () if one.event.ask else sentences(one.event.text):
            if PROMISE.search(sentence) and not NOT_MEANT.search(sentence):
                paths = paths_in(sentence)
                held += sum(written(recording, one.sender, path, recording.end) for path in paths)
                promised += [one.recorded] * len(paths)
    return Measure(share(held, len(promised)), promised)


METRIC = Metric("truth", "share", kept)
