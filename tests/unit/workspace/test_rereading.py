"""The recording of a session that goes on, loaded again and again."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from agentmux import scoring
from agentmux.room.events import NoteAdded, SessionCreated, SnapshotTaken
from agentmux.score.work import Pair
from agentmux.scoring import Rereading, load
from agentmux.service.log import Log
from agentmux.workspace.history import take

from .conftest import write

CREATED = SessionCreated(
    session="s", repo="/r", base="b", layout="solo", sandbox="process", agents=["ada"], profiles={}
)


@pytest.fixture
def log(world):
    world.paths.folder.mkdir(parents=True, exist_ok=True)
    with Log(world.paths.log) as log:
        log.append(1.0, "room", [CREATED])
        yield log


def taken(world, text):
    """A snapshot after the agent has written this."""
    write(world.tree("ada"), {"a.py": text})
    found = take(world.paths, "ada", "")
    return SnapshotTaken(agent="ada", tree=found.tree, parent=found.parent, paths=["a.py"], files=1, added=1)


def test_each_look_finds_what_a_first_one_would(world, log):
    world.commit({"a.py": "x = 1\n"})
    world.start("ada")
    reading = Rereading(world.paths)
    assert reading.recording() == load(world.paths)
    for at, text in enumerate(["x = 2\n", "x = 3\n"], start=2):
        log.append(float(at), "room", [taken(world, text), NoteAdded(text=text)])
        recording = reading.recording()
        assert recording == load(world.paths)
        assert len(recording.events) == 2 * at - 1
        assert recording.lines
    assert [one.seq for one in reading.recording(2.0).events] == [1, 2, 3]
    assert reading.recording() == load(world.paths)


def test_what_has_been_read_is_not_read_again(world, log, monkeypatch):
    world.commit({"a.py": "x = 1\n"})
    world.start("ada")
    log.append(2.0, "room", [taken(world, "x = 2\n")])
    reading = Rereading(world.paths)
    before = reading.recording()
    with closing(sqlite3.connect(world.paths.log)) as db, db:
        db.execute("DELETE FROM events")
    asked: list[Pair] = []

    def line_changes(_, pairs):
        asked.extend(pairs)
        return {}

    monkeypatch.setattr(scoring, "line_changes", line_changes)
    log.append(3.0, "ada", [NoteAdded(text="more")])
    recording = reading.recording()
    assert [one.seq for one in recording.events] == [1, 2, 3]
    assert recording.lines == before.lines != {}
    assert asked == []
