from __future__ import annotations

import pytest

from agentmux.room.commands import Claim, Release, ReportExit, ReportSnapshot, ReportWritten


def wrote(*paths, agent="ada", since=1000.0, **facts):
    return ReportSnapshot(
        agent=agent, tree="t2", parent="t1", paths=list(paths), files=len(paths), since=since, **facts
    )


def trespasses(session):
    return [
        (e.event.agent, e.event.paths, e.event.claim, e.event.holder) for e in session.log if e.event.kind == "trespass"
    ]


def taken(session):
    return [entry.event for entry in session.log if entry.event.kind == "snapshot.taken"]


def test_a_snapshot_is_a_fact_and_the_agents_tree(duo):
    duo.do("room", wrote("a.py", "b.py", added=3, removed=1, seconds=0.25))
    event = taken(duo)[0]
    assert (event.agent, event.tree, event.parent, event.paths, event.files) == ("ada", "t2", "t1", ["a.py", "b.py"], 2)
    assert (event.added, event.removed, event.seconds, event.unclaimed) == (3, 1, 0.25, 2)
    assert duo.state.agents["ada"].tree == "t2"
    assert trespasses(duo) == []


def test_a_write_inside_anothers_claim_is_told_to_both(duo):
    duo.do("bob", Claim(paths=["src/"]))
    duo.do("room", wrote("README.md", "src/a.py"))
    assert trespasses(duo) == [("ada", ["src/a.py"], 1, "bob")]
    assert duo.told("ada") == ["You wrote src/a.py inside claim 1 of bob. Talk to them before you go on."]
    assert duo.told("bob") == ["ada wrote src/a.py inside your claim 1."]
    assert taken(duo)[0].unclaimed == 1


def test_it_is_told_once_for_each_file_of_a_claim(duo):
    duo.do("bob", Claim(paths=["src/"]))
    duo.do("room", wrote("src/a.py"))
    duo.do("room", wrote("src/a.py"))
    duo.do("room", ReportWritten(agent="ada", paths=["src/a.py", "src/b.py"], since=1000.0))
    assert [paths for _, paths, _, _ in trespasses(duo)] == [["src/a.py"], ["src/b.py"]]
    assert duo.state.trespasses == {(1, "ada"): frozenset({"src/a.py", "src/b.py"})}
    duo.do("bob", Release())
    duo.do("bob", Claim(paths=["src/"]))
    duo.wait(10)
    duo.do("room", wrote("src/a.py", since=duo.now))
    assert trespasses(duo)[-1] == ("ada", ["src/a.py"], 2, "bob")


@pytest.mark.parametrize("path", ["src/a.py", "docs/a.md"], ids=["own claim", "nobody's"])
def test_other_writes_are_no_trespass(duo, path):
    duo.do("ada", Claim(paths=["src/"]))
    duo.do("bob", Claim(paths=["tests/"]))
    duo.do("room", wrote(path))
    assert trespasses(duo) == []


def test_shared_claims_allow_their_holders_and_nobody_else(trio):
    trio.do("ada", Claim(paths=["src/"], mode="shared"))
    trio.do("bob", Claim(paths=["src/"], mode="shared"))
    trio.do("room", wrote("src/a.py", agent="ada"))
    assert trespasses(trio) == []
    trio.do("room", wrote("src/a.py", agent="cy"))
    assert [(who, claim) for who, _, claim, _ in trespasses(trio)] == [("cy", 1), ("cy", 2)]


def test_a_claim_on_a_part_of_a_file_is_not_held_against_a_write(duo):
    duo.do("bob", Claim(paths=["src/a.py#Cart", "src/b.py:1-9"]))
    duo.do("room", wrote("src/a.py", "src/b.py"))
    assert trespasses(duo) == []
    assert taken(duo)[0].unclaimed == 0


def test_a_claim_that_came_after_the_write_is_not_held_against_it(duo):
    duo.wait(5)
    duo.do("bob", Claim(paths=["src/"]))
    duo.do("room", wrote("src/a.py", since=1004.0))
    assert trespasses(duo) == []
    duo.do("room", wrote("src/a.py", since=1005.0))
    assert len(trespasses(duo)) == 1


def test_a_claim_given_up_after_the_write_still_counts_as_the_writers(duo):
    """What is written, released, and claimed by the next before anybody looked is nobody's fault."""
    duo.do("ada", Claim(paths=["src/"]))
    duo.wait(1)
    duo.do("ada", Release())
    duo.do("bob", Claim(paths=["lib/"]))
    duo.wait(1)
    duo.do("room", wrote("src/a.py", since=1000.5))
    assert taken(duo)[0].unclaimed == 0
    duo.do("room", wrote("src/a.py", since=1001.5))
    assert taken(duo)[1].unclaimed == 1


def test_a_holder_that_has_ended_is_not_trespassed_on(duo):
    duo.do("bob", Claim(paths=["src/"]))
    duo.do("room", ReportExit(agent="bob", status=0))
    duo.do("room", wrote("src/a.py"))
    assert trespasses(duo) == []


def test_what_ran_out_is_not_held_against_anybody(duo):
    duo.do("bob", Claim(paths=["src/"], lease=10))
    duo.wait(11)
    duo.do("room", wrote("src/a.py", since=duo.now))
    assert trespasses(duo) == []


def test_writes_keep_ones_own_claims_alive(duo):
    duo.do("ada", Claim(paths=["src/"], lease=100))
    duo.wait(50)
    duo.do("room", wrote("src/a.py", since=duo.now))
    assert duo.state.claims[1].until == duo.now + 100


def test_a_message_about_many_files_stays_short(duo):
    duo.do("bob", Claim(paths=["src/"]))
    duo.do("room", wrote(*(f"src/{n}.py" for n in range(8))))
    assert duo.told("bob") == [
        "ada wrote src/0.py, src/1.py, src/2.py, src/3.py, src/4.py and 3 more inside your claim 1."
    ]
    assert len(trespasses(duo)[0][1]) == 8
