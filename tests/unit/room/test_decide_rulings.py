from __future__ import annotations

import pytest

from agentmux.room.commands import Claim, Release, Rule
from agentmux.room.events import RulingSettled


@pytest.fixture
def contested(trio):
    """ada holds src/ (claim 1), bob asked for src/a.py (number 2), seven seconds ago."""
    trio.do("ada", Claim(paths=["src/"], lease=300))
    trio.refused("bob", Claim(paths=["src/a.py"], intent="fix", lease=60))
    trio.now += 7
    return trio


def leases(session):
    return {lease.holder: (lease.id, list(lease.paths), lease.mode) for lease in session.state.claims.values()}


@pytest.mark.parametrize(
    ("rule", "ada", "bob", "waits"),
    [
        (Rule(id=2, choice="keep"), (1, ["src/"], "exclusive"), None, True),
        (Rule(id=2, choice="settle"), (1, ["src/"], "exclusive"), None, True),
        (Rule(id=2, choice="transfer"), None, (2, ["src/a.py"], "exclusive"), False),
        (Rule(id=2, choice="share"), (1, ["src/"], "shared"), (2, ["src/a.py"], "shared"), False),
        (
            Rule(id=2, choice="split", holder_paths=["src/[!a]*"], asker_paths=["src/a.py#main"]),
            (1, ["src/[!a]*"], "exclusive"),
            (2, ["src/a.py#main"], "exclusive"),
            False,
        ),
    ],
    ids=["keep", "settle", "transfer", "share", "split"],
)
def test_what_each_choice_does(contested, rule, ada, bob, waits):
    rule = rule.model_copy(update={"reason": "because"})
    reply = contested.do("you", rule)
    assert leases(contested).get("ada") == ada
    assert leases(contested).get("bob") == bob
    assert (2 in contested.state.waiting) is waits
    assert contested.state.rulings == {}
    settled = next(entry.event for entry in contested.log if isinstance(entry.event, RulingSettled))
    assert (settled.id, settled.choice, settled.reason, settled.seconds) == (2, rule.choice, "because", 7.0)
    for member in ("ada", "bob"):
        (text,) = contested.told(member)
        assert text.startswith("The human ruled: ")
        assert "because" in text
    if bob:
        assert reply["granted"] == {"id": 2, "paths": bob[1], "mode": bob[2], "until": contested.now + 60, "fence": 2}


@pytest.mark.parametrize(
    ("holder_paths", "asker_paths", "words"),
    [
        ([], ["src/a.py"], "both sides"),
        (["src/"], [], "both sides"),
        (["src/*.py"], ["src/a*"], "src/*.py and src/a* overlap"),
        (["/x"], ["src/a.py"], "absolute"),
        (["src/b.py"], ["docs/x"], "cy holds docs/"),
        (["docs/x"], ["src/a.py"], "cy holds docs/"),
    ],
)
def test_a_split_must_be_one(contested, holder_paths, asker_paths, words):
    contested.do("cy", Claim(paths=["docs/"]))
    before = leases(contested)
    rule = Rule(id=2, choice="split", holder_paths=holder_paths, asker_paths=asker_paths)
    assert words in contested.refused("you", rule).reason
    assert leases(contested) == before
    assert 2 in contested.state.rulings
    assert contested.told("ada") == []


def test_a_split_of_several_claims_leaves_the_holder_what_was_ruled(duo):
    duo.do("ada", Claim(paths=["a"]))
    duo.do("ada", Claim(paths=["b"]))
    duo.refused("bob", Claim(paths=["a", "b"]))
    duo.do("you", Rule(id=3, choice="split", holder_paths=["a"], asker_paths=["b"]))
    assert leases(duo) == {"ada": (1, ["a"], "exclusive"), "bob": (3, ["b"], "exclusive")}


def test_two_holders_cannot_split_but_can_hand_over(trio):
    trio.do("ada", Claim(paths=["a"]))
    trio.do("bob", Claim(paths=["b"]))
    trio.refused("cy", Claim(paths=["a", "b"]))
    rule = Rule(id=3, choice="split", holder_paths=["a"], asker_paths=["b"])
    assert "ada and bob" in trio.refused("you", rule).reason
    trio.do("you", Rule(id=3, choice="transfer"))
    assert leases(trio) == {"cy": (3, ["a", "b"], "exclusive")}
    assert len(trio.told("ada")) == len(trio.told("bob")) == 1


def test_sharing_what_was_shared_with_somebody_else_too(trio):
    trio.do("ada", Claim(paths=["a"], mode="shared"))
    trio.do("bob", Claim(paths=["a"], mode="shared"))
    trio.refused("cy", Claim(paths=["a"]))
    trio.do("you", Rule(id=3, choice="share"))
    assert {lease.mode for lease in trio.state.claims.values()} == {"shared"}
    assert len(trio.state.claims) == 3


def test_a_ruling_frees_others_who_waited(trio):
    trio.do("ada", Claim(paths=["a", "b"]))
    trio.refused("bob", Claim(paths=["a"]))
    trio.refused("cy", Claim(paths=["b"]))
    trio.do("you", Rule(id=2, choice="transfer"))
    assert leases(trio) == {"bob": (2, ["a"], "exclusive")}
    assert trio.state.waiting == trio.state.rulings == {}
    assert "nobody is in your way" in trio.told("cy")[0]


def test_others_in_line_for_the_same_go_on_waiting(trio):
    trio.do("ada", Claim(paths=["a"]))
    trio.refused("bob", Claim(paths=["a"]))
    trio.refused("cy", Claim(paths=["a"]))
    trio.do("you", Rule(id=2, choice="transfer"))
    assert list(trio.state.waiting) == list(trio.state.rulings) == [3]
    trio.do("you", Rule(id=3, choice="transfer"))
    assert leases(trio) == {"cy": (3, ["a"], "exclusive")}


def test_nothing_is_ruled_on_twice(contested):
    contested.do("you", Rule(id=2, choice="keep"))
    assert "nothing to rule on as number 2" in contested.refused("you", Rule(id=2, choice="keep")).reason
    assert "nothing to rule on as number 9" in contested.refused("you", Rule(id=9, choice="keep")).reason


def test_the_human_may_think_again_about_who_still_waits(contested):
    contested.do("you", Rule(id=2, choice="keep"))
    contested.do("you", Rule(id=2, choice="transfer"))
    assert leases(contested) == {"bob": (2, ["src/a.py"], "exclusive")}


def test_after_keep_asking_again_raises_no_new_ruling(contested):
    contested.do("you", Rule(id=2, choice="keep"))
    contested.refused("bob", Claim(paths=["src/a.py"]))
    assert contested.state.rulings == {}
    contested.do("ada", Release())
    assert "nobody is in your way" in contested.told("bob")[-1]
    assert contested.state.waiting == {}


def test_a_ruling_on_what_ran_out_meanwhile_is_refused_but_the_end_is_told(contested):
    contested.now += 300
    contested.refused("you", Rule(id=2, choice="transfer"))
    assert contested.state.claims == contested.state.waiting == {}
    assert len(contested.told("bob")) == 1


def test_agents_may_not_rule(contested):
    refusal = contested.refused("bob", Rule(id=2, choice="transfer"))
    assert "may not ask for 'rule'" in refusal.reason
