"""Which reply comes next. It follows from the conversation alone, so restarts, retries and many agents just work.

The history is played again: each time that the model spoke, the beat that was due then is looked up. If it fits what
the model did (a tool call, or the end of a turn), it is over. What does not fit, such as the text that a CLI puts in
the model's mouth after an interrupt, leaves the script where it was. A summary that replaces the history holds the
place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from agentmux.gateway.scripted_model import side
from agentmux.gateway.scripted_model.beats import Beat, Run, Wait, beats_of
from agentmux.gateway.scripted_model.conversation import (
    Conversation,
    Failure,
    Reply,
    Tool,
    ToolCall,
    Turn,
    Usage,
    tokens,
)
from agentmux.gateway.scripted_model.script import Script, Step
from agentmux.gateway.scripted_model.tools import INBOX_WAIT, call_of

OVER = "The script is over."
NO_PART = "The script has no part for this agent: put its name into its key, its model's name or its first message."
PLACE = "<summary>This is a scripted session. So far {} replies of the script were given.</summary>"
"""What a summary says: with it the script goes on where it was, though the conversation before is gone. Some CLIs give
it back as the user's words, some as the model's."""
PLACE_IN = re.compile(r"So far (\d+) replies of the script were given")
SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
"""What mini-swe-agent tells its model to print when it is done; it takes no reply without a tool call."""
LETTER = re.compile(
    r"\[(\d+)\] ([a-z][a-z0-9-]*) to |\\*\"id\\*\":\s*(\d+),\s*\\*\"from\\*\":\s*\\*\"([a-z][a-z0-9-]*)"
)
"""A message of the room, in the text of a tool's reply or in its JSON."""


def answer(script: Script, asked: Conversation, key: str, refusals: int) -> Reply | Failure:
    """What the model answers.

    Args:
        script: what it plays.
        asked: the conversation so far.
        key: what the caller presented as its API key.
        refusals: how often this very request has been refused already.
    """
    beat = side.beat_of(asked)
    if beat is None:
        steps = part(script, asked, key)
        if steps is None:
            beat = Beat(NO_PART)
        else:
            summary = side.wants_summary(asked)
            turns = side.summed_up(asked) if summary else side.spoken(asked)
            ending = _ending(asked)
            cursor = _played(beats_of(steps, _offered(asked.tools, turns), ending), turns, ending)
            beat = Beat(PLACE.format(cursor.at)) if summary else cursor.beat
    if refusals < len(beat.failures):
        return Failure(beat.failures[refusals], "The script wants this request to fail.")
    text, call = beat.text, None
    if beat.action:
        call = call_of(beat.action, asked.tools)
        if call is None:
            text = f"{text}\n\nNo tool is offered for this step of the script: {beat.action}.".strip()
    return Reply(text, call, beat.seconds, _usage(asked, text, call), asked.digest(key))


def part(script: Script, asked: Conversation, key: str) -> list[Step] | None:
    """The steps of the agent that asks; None if the script has none for it.

    An agent is known by its name as a word in its key (`sk-scripted-ada`), else in the model's name, else by the words
    `You are ada` in its system prompt, else by the first name that its first message mentions.
    """
    names = {entry.name: entry.steps for entry in script.agents}
    turns = side.spoken(asked)
    opening = [turn.text for turn in turns[: _first_reply(turns)] if not turn.text.lstrip().startswith("<")]
    told = re.findall(r"\bYou are ([a-z][a-z0-9-]*)", asked.system)
    for text in (key, asked.model, " ".join(told), "\n".join(opening)):
        found = [(match.start(), name) for name in names if (match := _word(name).search(text))]
        if found:
            return names[min(found)[1]]
    return script.steps or None


def _played(beats: Sequence[Beat], turns: Iterable[Turn], ending: Run | None) -> _Cursor:
    """The place in the script that the history leads to."""
    cursor = _Cursor(beats, ending)
    for by_model, group in groupby(turns, key=lambda turn: turn.who == "model"):
        said = list(group)
        text = " ".join(turn.text for turn in said)
        if by_model and not PLACE_IN.search(text):
            cursor.spoken(called=any(turn.called for turn in said))
        else:
            cursor.heard(text)
    return cursor


@dataclass(slots=True)
class _Cursor:
    """A place in the script, moved on by the history."""

    beats: Sequence[Beat]
    ending: Run | None
    at: int = 0
    tries: int = 0
    """How often `inbox` was called for the wait that is due."""
    mail: dict[int, str] = field(default_factory=dict)
    """Messages that came in and that no wait has taken: sender by id."""
    taken: set[int] = field(default_factory=set)
    unsaid: str = ""
    """Text of waits that were over before they began."""

    def __post_init__(self) -> None:
        self._pass_waits()

    @property
    def beat(self) -> Beat:
        if self.at == len(self.beats):
            return Beat(self._with_unsaid(OVER), self.ending)
        beat = self.beats[self.at]
        return replace(beat, text="" if self.tries else self._with_unsaid(beat.text))

    def spoken(self, *, called: bool) -> None:
        """The model made a tool call, or only said something."""
        if self.at == len(self.beats) or called != (self.beats[self.at].action is not None):
            return
        self.unsaid = ""
        if isinstance(self.beats[self.at].action, Wait):
            self.tries += 1  # whether it is over depends on what comes back
        else:
            self.at += 1
            self._pass_waits()

    def heard(self, text: str) -> None:
        """A tool or the user said something, perhaps with messages of the room; or it is a summary with the place."""
        for place in PLACE_IN.findall(text):
            self.at, self.tries = min(int(place), len(self.beats)), 0
        for in_text, sender, in_json, json_sender in LETTER.findall(text):
            self.mail[int(in_text or in_json)] = sender or json_sender
        self._pass_waits()

    def _pass_waits(self) -> None:
        while self.at < len(self.beats) and isinstance(wait := self.beats[self.at].action, Wait):
            fitting = [
                letter
                for letter, sender in self.mail.items()
                if letter not in self.taken and wait.member in (sender, "all")
            ]
            if not fitting and self.tries * INBOX_WAIT < wait.seconds:
                return
            self.taken |= {min(fitting)} if fitting else set()
            if not self.tries:
                self.unsaid = self._with_unsaid(self.beats[self.at].text)
            self.at, self.tries = self.at + 1, 0

    def _with_unsaid(self, text: str) -> str:
        return "\n\n".join(filter(None, [self.unsaid, text]))


def _usage(asked: Conversation, text: str, call: ToolCall | None) -> Usage:
    """Counts that a real model could have: what the last request held is in the cache."""
    last = max((index for index, turn in enumerate(asked.turns) if turn.who == "model"), default=-1)
    fixed = [asked.system, *(f"{tool.name}{json.dumps(dict(tool.properties))}" for tool in asked.tools)]
    texts = [turn.text for turn in asked.turns]
    return Usage(
        sent=tokens([*fixed, *texts]),
        cached=tokens([*fixed, *texts[:last]]) if last >= 0 else 0,
        out=max(1, tokens([text, call.json if call else ""])),
    )


def _offered(tools: Iterable[Tool], turns: Iterable[Turn]) -> set[str]:
    """The names of the tools; a CLI that has called some does have them, also where it offers none for a summary."""
    return {tool.name for tool in tools} or {turn.called for turn in turns} - {""}


def _ending(asked: Conversation) -> Run | None:
    """What ends a turn: a reply without a call, or the command that mini waits for."""
    told = [asked.system, *(turn.text for turn in asked.turns[: _first_reply(asked.turns)])]
    return Run(f"echo {SUBMIT}") if any(SUBMIT in text for text in told) else None


def _first_reply(turns: Sequence[Turn]) -> int:
    return next((index for index, turn in enumerate(turns) if turn.who == "model"), len(turns))


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
