from __future__ import annotations

import pytest

from agentmux.room.commands import TaskAdd, TaskTake, TaskUpdate


@pytest.fixture
def listed(duo):
    """A session with two tasks."""
    duo.do("you", TaskAdd(title="parser", text="write it"))
    duo.do("ada", TaskAdd(title="docs"))
    return duo


def test_adding_a_task(duo):
    reply = duo.do("ada", TaskAdd(title="parser", text="write it"))
    assert reply == {"task": {"id": 1, "title": "parser", "text": "write it", "status": "open", "owner": None}}
    assert duo.state.tasks[1].by == "ada"
    assert "title is empty" in duo.refused("ada", TaskAdd(title="  ")).reason


def test_taking_is_first_come_first_served(listed):
    assert listed.do("ada", TaskTake(id=1))["task"]["owner"] == "ada"
    refusal = listed.refused("bob", TaskTake(id=1))
    assert "belongs to ada" in refusal.reason
    assert refusal.facts == {"owner": "ada"}
    assert listed.ask("ada", TaskTake(id=1)).events == ()
    assert listed.state.tasks[1].status == "in_progress"


def test_what_is_done_cannot_be_taken(listed):
    listed.do("ada", TaskTake(id=1))
    listed.do("ada", TaskUpdate(id=1, status="done"))
    assert "done by ada" in listed.refused("bob", TaskTake(id=1)).reason
    assert "done" in listed.refused("ada", TaskTake(id=1)).reason


def test_only_the_owner_or_the_human_changes_a_task(listed):
    assert "nobody's" in listed.refused("ada", TaskUpdate(id=1, status="done")).reason
    listed.do("ada", TaskTake(id=1))
    assert "belongs to ada" in listed.refused("bob", TaskUpdate(id=1, status="done")).reason
    listed.do("ada", TaskUpdate(id=1, status="blocked", text="needs a port"))
    task = listed.do("you", TaskUpdate(id=1, text="port 80"))["task"]
    assert task == {"id": 1, "title": "parser", "text": "port 80", "status": "blocked", "owner": "ada"}
    assert listed.state.tasks[1].text == "port 80"


def test_open_gives_it_back(listed):
    listed.do("ada", TaskTake(id=1))
    assert listed.do("ada", TaskUpdate(id=1, status="open"))["task"]["owner"] is None
    assert listed.do("bob", TaskTake(id=1))["task"]["owner"] == "bob"


def test_no_change_is_no_event(listed):
    assert listed.ask("you", TaskUpdate(id=1, status="open")).events == ()


@pytest.mark.parametrize("command", [TaskTake(id=9), TaskUpdate(id=9, status="done")])
def test_a_task_that_does_not_exist(listed, command):
    refusal = listed.refused("ada", command)
    assert "no task 9" in refusal.reason
    assert refusal.hint == "Known: 1, 2."
