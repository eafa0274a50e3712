"""What messages are for."""

from __future__ import annotations

from collections.abc import Sequence

from agentmux.score.metric import Measure, Metric
from agentmux.score.recording import Recording


def message_kinds(recording: Recording, members: Sequence[str]) -> Measure:
    """Shares of questions, answers and statements among the agents' messages.

    A question waits for an answer (`ask`); an answer is a reply to a question, and asks nothing itself; the rest are
    statements. None where no agent sent a message.
    """
    questions = {one.event.id for one in recording.messages if one.event.ask}
    said = recording.said_by(members)
    if not said:
        return Measure(None)
    asked = sum(one.event.ask for one in said)
    answered = sum(not one.event.ask and one.event.reply_to in questions for one in said)
    counts = {"question": asked, "answer": answered, "statement": len(said) - asked - answered}
    return Measure({kind: count / len(said) for kind, count in counts.items()}, [one.recorded for one in said])


METRIC = Metric("communication", "share", message_kinds)
