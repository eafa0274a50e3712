"""Places in the network: asked for by agents, allowed by the human."""

import pytest

from agentmux.room.commands import Allow, AskEgress, Deny, ReportState
from agentmux.room.decide import decide
from agentmux.room.events import EgressDenied, EgressGranted, EgressRefused, EgressUsed, Recorded, SessionCreated
from agentmux.room.fold import fold


class Room:
    """Rules and state without a service."""

    def __init__(self):
        created = SessionCreated(
            session="s", repo="/r", base="0", layout="l", sandbox="docker", agents=["ada", "bob"], profiles={}
        )
        self.state = fold([Recorded(1, 1.0, "you", created)])
        for agent in ("ada", "bob"):
            self.do("room", ReportState(agent=agent, state="working"))

    def do(self, actor, command):
        """Whether it was allowed, and the kinds of events that it led to."""
        decision = decide(self.state, actor, command, 1.0)
        for event in decision.events:
            fold([Recorded(self.state.seq + 1, 1.0, actor, event)], self.state)
        return decision.refusal is None, [type(event) for event in decision.events]


@pytest.fixture
def room():
    return Room()


ASK = AskEgress(agent="ada", place="example.org")


def test_a_refusal_is_told_once(room):
    assert room.do("room", ASK) == (False, [EgressRefused])
    assert room.do("room", ASK) == (False, [])


def test_a_grant_for_once_is_used_up(room):
    room.do("room", ASK)
    assert room.do("you", Allow(agent="ada", place="example.org", once=True)) == (True, [EgressGranted])
    assert room.do("room", ASK) == (True, [EgressUsed])
    assert room.do("room", ASK) == (False, [EgressRefused])


def test_a_grant_for_always_lasts_and_can_be_for_all(room):
    assert room.do("you", Allow(place="example.org")) == (True, [EgressGranted, EgressGranted])
    for agent in ("ada", "bob", "ada"):
        assert room.do("room", AskEgress(agent=agent, place="example.org")) == (True, [])


def test_only_the_human_allows(room):
    assert room.do("ada", Allow(agent="ada", place="example.org")) == (False, [])
    assert room.do("ada", ASK) == (False, [])
    assert room.do("you", Allow(agent="eve", place="example.org")) == (False, [])
    assert room.do("ada", Deny(agent="ada", place="example.org")) == (False, [])


def test_a_place_that_was_denied_is_not_asked_about_again_until_it_is_allowed(room):
    room.do("room", ASK)
    assert room.do("you", Deny(agent="ada", place="example.org")) == (True, [EgressDenied])
    assert room.do("room", ASK) == (False, [])
    assert room.state.egress["ada", "example.org"].said == "no"
    room.do("you", Allow(agent="ada", place="example.org"))
    assert room.do("room", ASK) == (True, [])
    assert room.do("you", Deny(place="example.org")) == (True, [EgressDenied, EgressDenied])
    assert room.do("room", ASK) == (False, [])
    assert room.do("you", Deny(agent="eve", place="example.org")) == (False, [])


def test_what_a_cli_looks_for_while_it_starts_is_asked_of_nobody(room):
    room.do("room", ReportState(agent="ada", state="starting"))
    assert room.do("room", ASK) == (False, [EgressRefused])
    assert room.state.egress == {}
    room.do("room", ReportState(agent="ada", state="working"))
    assert room.do("room", ASK) == (False, [EgressRefused])
    assert room.state.egress["ada", "example.org"].said == "refused"
