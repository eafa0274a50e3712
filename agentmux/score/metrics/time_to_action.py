"""How soon the human acts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.room.state import YOU
from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording

Pair = tuple[Recorded, Recorded]


def time_to_action(recording: Recording, members: Sequence[str]) -> Measure:
    """Median time from something that waits for the human until the human settled it.

    That is: a contested claim and its ruling, a request for permission and its answer, a question to the human and the
    next message to the asker. What nobody settled is left out. None where there was none.
    """
    pairs = [*_rulings(recording, members), *_permissions(recording, members), *_questions(recording, members)]
    if not pairs:
        return Measure(None)
    pairs.sort(key=lambda pair: pair[0].seq)
    return Measure(median(done.at - told.at for told, done in pairs), [event for pair in pairs for event in pair])


def _rulings(recording: Recording, members: Sequence[str]) -> Iterator[Pair]:
    raised = {event.id: recorded for recorded, event in recording.all(ev.RulingRaised) if event.asker in members}
    for recorded, event in recording.all(ev.RulingSettled):
        if event.id in raised:
            yield raised.pop(event.id), recorded


def _permissions(recording: Recording, members: Sequence[str]) -> Iterator[Pair]:
    asked = {event.id: recorded for recorded, event in recording.all(ev.PermissionAsked) if event.agent in members}
    for recorded, event in recording.all(ev.PermissionAnswered):
        if recorded.actor == YOU and event.id in asked:
            yield asked[event.id], recorded


def _questions(recording: Recording, members: Sequence[str]) -> Iterator[Pair]:
    for one in recording.said_by(members):
        if one.event.ask and one.event.to == YOU and one.answer:
            yield one.recorded, one.answer


METRIC = Metric("human", "seconds", time_to_action)
