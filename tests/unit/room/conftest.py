from __future__ import annotations

import copy

import pytest

from agentmux.room.decide import decide
from agentmux.room.events import AgentStarted, Recorded, SessionCreated
from agentmux.room.fold import fold
from agentmux.room.state import State


class Session:
    """A room in memory: what is decided is recorded and folded; `now` is the clock."""

    def __init__(self, agents):
        self.log = []
        self.state = State()
        self.now = 1000.0
        profiles = dict.fromkeys(agents, "scripted")
        created = SessionCreated(
            session="s1", repo="/r", base="b", layout="duo", sandbox="docker", agents=agents, profiles=profiles
        )
        self.record("room", created, *(AgentStarted(agent=name, pane=f"%{i}") for i, name in enumerate(agents)))

    def record(self, actor, *events):
        recorded = [Recorded(seq, self.now, actor, event) for seq, event in enumerate(events, start=self.state.seq + 1)]
        self.log += recorded
        fold(recorded, self.state)

    def wait(self, seconds):
        """Time goes by; returns the time it is then."""
        self.now += seconds
        return self.now

    def ask(self, actor, command):
        """Submit, and return the decision."""
        before = copy.deepcopy(self.state)
        decision = decide(self.state, actor, command, self.now)
        assert self.state == before, "decide wrote to the state"
        self.record(actor, *decision.events)
        return decision

    def do(self, actor, command):
        """Submit what must be allowed, and return the reply."""
        decision = self.ask(actor, command)
        assert decision.refusal is None, decision.refusal
        return decision.reply

    def refused(self, actor, command):
        """Submit what must be refused, and return the refusal."""
        decision = self.ask(actor, command)
        assert decision.refusal is not None, decision
        assert decision.refusal.reason.endswith(".")
        return decision.refusal

    def happened(self, since=0):
        """The kinds of the events after number `since`."""
        return [entry.event.kind for entry in self.log[since:]]

    def told(self, member):
        """What the room wrote to a member."""
        return [m.text for m in self.state.messages.values() if m.sender == "room" and m.to == member]


@pytest.fixture
def nobody():
    return Session([])


@pytest.fixture
def duo():
    return Session(["ada", "bob"])


@pytest.fixture
def trio():
    return Session(["ada", "bob", "cy"])
