"""A runaway agent is slowed down; nobody else is."""

from __future__ import annotations

import pytest

from agentmux.room.commands import Claim, Note, ReadInbox, Release, Say, TaskAdd, TaskTake, TaskUpdate
from agentmux.room.pace import BYTES_LIMIT, WRITES_LIMIT


@pytest.mark.parametrize("command", [Say(text="x"), Note(text="x"), TaskAdd(title="x")])
def test_an_agent_writes_so_often_in_a_minute(duo, command):
    for _ in range(WRITES_LIMIT):
        duo.do("ada", command)
    before = duo.state.seq
    refusal = duo.refused("ada", command)
    assert "ada has written 60 times and 0 KiB in this minute; the most is 60 times and 256 KiB." in refusal.reason
    assert "next minute" in refusal.hint
    assert duo.state.seq == before
    duo.do("bob", command)
    duo.do("you", command)
    duo.do("ada", ReadInbox())
    duo.wait(refusal.facts["seconds_left"])
    duo.do("ada", command)


def test_all_that_an_agent_writes_is_counted_together(duo):
    for number in range(1, WRITES_LIMIT // 4 + 1):
        duo.do("ada", TaskAdd(title="x"))
        duo.do("ada", TaskTake(id=number))
        duo.do("ada", TaskUpdate(id=number, text="y"))
        duo.do("ada", Note(text="n"))
    for command in (Say(text="x"), TaskUpdate(id=1, status="done"), TaskTake(id=2)):
        assert "has written" in duo.refused("ada", command).reason


def test_an_agent_writes_so_much_in_a_minute(duo):
    text = "é" * 32_000
    for _ in range(4):
        duo.do("ada", Say(text=text))
    assert "has written 4 times and 250 KiB" in duo.refused("ada", Say(text=text)).reason
    duo.do("ada", Say(text="short"))
    duo.wait(60)
    duo.do("ada", Say(text=text))
    assert 5 * len(text.encode()) > BYTES_LIMIT


def test_the_human_and_the_room_are_not_held_back(duo):
    for _ in range(2 * WRITES_LIMIT):
        duo.do("you", Say(text="x"))
        duo.do("room", Say(to="ada", text="x"))


def test_claims_are_counted_and_releases_are_always_possible(duo):
    for _ in range(WRITES_LIMIT // 2):
        duo.do("ada", Claim(paths=["a.py"]))
        duo.do("ada", Release())
    for number in range(WRITES_LIMIT // 4):
        duo.do("ada", Claim(paths=["b.py"], lease=60 + number))
    duo.do("bob", Claim(paths=["c.py"]))
    for number in range(WRITES_LIMIT // 4):
        duo.refused("ada", Claim(paths=["c.py", f"{number}.py"]))
    assert "ada has written 60 times" in duo.refused("ada", Claim(paths=["d.py"])).reason
    duo.do("ada", Release())
    duo.do("bob", Claim(paths=["d.py"]))
