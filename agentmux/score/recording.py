"""One session's recording as metrics read it: its events, and what belongs together among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import merge
from operator import attrgetter
from typing import Any, TypeVar

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.room.lines import LineChange
from agentmux.room.state import ALL, YOU
from agentmux.score.similarity import similarities
from agentmux.score.writes import Writes

E = TypeVar("E", bound=ev.Event)


@dataclass(frozen=True, slots=True)
class Said:
    """A message, who got it, and the message that answered it, if it is a question that was answered."""

    recorded: Recorded
    event: ev.MessageSent
    sender: str
    recipients: frozenset[str]
    answer: Recorded | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A claim from its grant to its end; `ended` is None if the recording ends before, `by_exit` if its holder did."""

    granted: Recorded
    event: ev.ClaimGranted
    ended: Recorded | None
    by_exit: bool


@dataclass(frozen=True, slots=True)
class Waited:
    """A refused claim's time in line; `ended` is None if the recording ends before."""

    refused: Recorded
    event: ev.ClaimRefused
    ended: Recorded | None


class Untold(Exception):
    """The recording cannot say: what was asked for is unknown to the program that it was imported from."""


@dataclass(frozen=True)
class Recording:
    """A session's events, oldest first and at least one, and the lines of the trees that they name.

    `lines` says how trees differ (`work.wanted` says which), as far as whoever loads the recording has them.
    """

    events: Sequence[Recorded]
    lines: Mapping[tuple[str, str], LineChange] = field(default_factory=dict)
    _kinds: dict[type[ev.Event], list[Recorded]] = field(init=False, repr=False)
    _pairs: dict[type[ev.Event], list[tuple[Recorded, Any]]] = field(init=False, repr=False, default_factory=dict)
    _agents: dict[type[ev.Event], dict[str, list[tuple[Recorded, Any]]]] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        kinds: dict[type[ev.Event], list[Recorded]] = defaultdict(list)
        for recorded in self.events:
            kinds[type(recorded.event)].append(recorded)
        object.__setattr__(self, "_kinds", dict(kinds))

    @property
    def start(self) -> float:
        """When the first event happened (Unix seconds)."""
        return self.events[0].at

    @property
    def end(self) -> float:
        """When the last event happened (Unix seconds)."""
        return self.events[-1].at

    @cached_property
    def agents(self) -> tuple[str, ...]:
        """The session's agents, in its order."""
        return tuple(name for _, created in self.all(ev.SessionCreated) for name in created.agents)

    def all(self, kind: type[E]) -> list[tuple[Recorded, E]]:
        """Every event of a kind, as recorded and by itself; raises Untold."""
        self._check(kind)
        if kind not in self._pairs:
            self._pairs[kind] = [(recorded, recorded.event) for recorded in self._kinds.get(kind, [])]
        return self._pairs[kind]

    def by_agent(self, kind: type[E], agent: str) -> list[tuple[Recorded, E]]:
        """Those of them that name this agent; raises Untold."""
        if kind not in self._agents:
            found: dict[str, list[tuple[Recorded, Any]]] = defaultdict(list)
            for pair in self.all(kind):
                found[getattr(pair[1], "agent", "")].append(pair)
            self._agents[kind] = found
        return self._agents[kind].get(agent, [])

    def of(self, *kinds: type[ev.Event]) -> list[Recorded]:
        """Every event of these kinds, in the order in which they happened; raises Untold."""
        self._check(*kinds)
        return list(merge(*(self._kinds.get(kind, []) for kind in kinds), key=attrgetter("seq")))

    @cached_property
    def untold(self) -> frozenset[str]:
        """What the recording tells nothing of, or not all: kinds of events, metrics, chapters of metrics."""
        imported = (recorded.event for recorded in self._kinds.get(ev.SessionImported, []))
        return frozenset(name for event in imported if isinstance(event, ev.SessionImported) for name in event.untold)

    def _check(self, *kinds: type[ev.Event]) -> None:
        if not self.untold.isdisjoint(kind.kind for kind in kinds):
            raise Untold

    @cached_property
    def snapshots(self) -> dict[str, list[tuple[Recorded, ev.SnapshotTaken]]]:
        """The snapshots of each agent that has any."""
        taken: dict[str, list[tuple[Recorded, ev.SnapshotTaken]]] = {}
        for pair in self.all(ev.SnapshotTaken):
            taken.setdefault(pair[1].agent, []).append(pair)
        return taken

    @cached_property
    def messages(self) -> list[Said]:
        """Every message, the room's among them."""
        said = [
            Said(recorded, event, sender, self._recipients(sender, event.to))
            for recorded, event in self.all(ev.MessageSent)
            for sender in [event.sender or recorded.actor]
        ]
        answers: dict[int, Recorded] = {}
        asked: dict[tuple[str, str], list[int]] = {}
        for one in said:
            for asker in one.recipients:
                for question in asked.pop((one.sender, asker), ()):
                    answers.setdefault(question, one.recorded)
            if one.event.ask:
                for member in one.recipients:
                    asked.setdefault((member, one.sender), []).append(one.event.id)
        return [Said(one.recorded, one.event, one.sender, one.recipients, answers.get(one.event.id)) for one in said]

    def said_by(self, members: Sequence[str]) -> list[Said]:
        """The messages that these members sent."""
        return [one for one in self.messages if one.sender in members]

    @cached_property
    def repeated(self) -> dict[int, float]:
        """How much each message is like an earlier one of its sender (0 to 1), by the message's number."""
        by_sender: dict[str, list[Said]] = defaultdict(list)
        for one in self.messages:
            by_sender[one.sender].append(one)
        return {
            one.event.id: alike
            for said in by_sender.values()
            for one, alike in zip(said, similarities([one.event.text for one in said]), strict=True)
        }

    @cached_property
    def held(self) -> list[Held]:
        """Every claim that was granted."""
        ends: dict[int, Recorded] = {}
        for recorded, released in self.all(ev.ClaimReleased):
            ends[released.id] = recorded
        for recorded, expired in self.all(ev.ClaimExpired):
            ends[expired.id] = recorded
        return [
            Held(recorded, event, ends.get(event.id), _by_exit(ends.get(event.id), event.holder))
            for recorded, event in self.all(ev.ClaimGranted)
        ]

    @cached_property
    def waited(self) -> list[Waited]:
        """Every claim that was refused."""
        ends = {event.id: recorded for recorded, event in self.all(ev.WaitEnded)}
        return [Waited(recorded, event, ends.get(event.id)) for recorded, event in self.all(ev.ClaimRefused)]

    @cached_property
    def writes(self) -> dict[str, Writes]:
        """What each agent wrote that has snapshots."""
        return {agent: Writes(taken) for agent, taken in self.snapshots.items()}

    def tells_files_of(self, members: Sequence[str]) -> bool:
        """Whether the log has a snapshot of these agents, and all that it has name all of their files."""
        wrote = [self.writes[name] for name in members if name in self.writes]
        return bool(wrote) and all(one.whole for one in wrote)

    def files_of(self, members: Sequence[str]) -> set[tuple[str, str]] | None:
        """Which of these agents changed which file, as (agent, path); None where the log does not tell them all."""
        if not self.tells_files_of(members):
            return None
        return {(name, path) for name in members if name in self.writes for path in self.writes[name].files}

    def until(self, ended: Recorded | None) -> float:
        """When something ended (Unix seconds): with this event, or with the recording."""
        return self.end if ended is None else ended.at

    def _recipients(self, sender: str, to: str) -> frozenset[str]:
        return frozenset(name for name in (*self.agents, YOU) if name != sender and to in (ALL, name))


def _by_exit(ended: Recorded | None, holder: str) -> bool:
    """Whether the room took the claim back because its holder's program was over, as `drop_claims` words it."""
    match ended:
        case Recorded(event=ev.ClaimReleased(why=why)):
            return why == f"{holder} has ended"
    return False
