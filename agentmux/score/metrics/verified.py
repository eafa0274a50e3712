"""Whether what agents say of their work is so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.score.metric import Measure, Metric, share
from agentmux.score.metrics.path_mentions import paths_in
from agentmux.score.recording import Recording

SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
DONE = re.compile(
    r"\b(added|changed|created|deleted|done|edited|extended|finished|fixed|implemented|moved|refactored|removed"
    r"|renamed|rewrote|updated|wrote)\b",
    re.IGNORECASE,
)
NOT_SAID = re.compile(
    r"\b(you|your|not|never|can|could|should|would|will|please|if|before|until|to be|going to)\b|n't|'ll|\?",
    re.IGNORECASE,
)
"""With one of these a sentence is a question, a wish or a plan, or about somebody else."""
SOON = 5.0
"""Seconds by which a snapshot may come after what was said of it."""


def verified(recording: Recording, members: Sequence[str]) -> Measure:
    """Statements about files that are true / those that can be checked.

    A statement is a sentence of a message that says by a verb of the past (`added`, `fixed`, `done` …) and the name of
    a path what its sender did, or the same in the title or text of a task that it finished; wishes, questions, plans
    and negations are none. It is true of a path if the sender's snapshots until 5 s later changed it. Statements about
    symbols and checks are not looked at yet. None where there is none, or where the snapshots do not name all files.
    """
    if not recording.tells_files_of(members):
        return Measure(None)
    true, checked = 0, []
    for recorded, agent, paths in _statements(recording, members):
        true += sum(written(recording, agent, path, recorded.at + SOON) for path in paths)
        checked += [recorded] * len(paths)
    return Measure(share(true, len(checked)), checked)


def written(recording: Recording, agent: str, path: str, until: float) -> bool:
    """Whether the agent had changed by then (Unix seconds) what somebody who says `path` may mean.

    That is a file of this path, one below it, or one whose path ends so.
    """
    if agent not in recording.writes:
        return False
    first = recording.writes[agent].first_named(path.removeprefix("./").removeprefix("/ws/").rstrip("/"))
    return first is not None and first <= until


def sentences(text: str) -> list[str]:
    """The sentences of a text, as far as full stops and lines tell."""
    return [one for one in SENTENCE.split(text) if one.strip()]


def _statements(recording: Recording, members: Sequence[str]) -> Iterator[tuple[Recorded, str, list[str]]]:
    for one in recording.said_by(members):
        for sentence in () if one.event.ask else sentences(one.event.text):
            if DONE.search(sentence) and not NOT_SAID.search(sentence) and (paths := paths_in(sentence)):
                yield one.recorded, one.sender, paths
    tasks = {event.id: f"{event.title} {event.text}" for _, event in recording.all(ev.TaskAdded)}
    for recorded, event in recording.all(ev.TaskChanged):
        if event.status == "done" and recorded.actor in members and (paths := paths_in(tasks.get(event.id, ""))):
            yield recorded, recorded.actor, paths


METRIC = Metric("truth", "share", verified)
