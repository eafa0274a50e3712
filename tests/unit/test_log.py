from __future__ import annotations

import asyncio
import gc
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from agentmux.errors import SessionError
from agentmux.room.events import (
    AgentExited,
    AgentPaused,
    AgentResumed,
    AgentStarted,
    AgentStateChanged,
    Event,
    MessageSent,
    NoteAdded,
    RoomStarted,
    SessionCreated,
    SessionFailed,
    SessionStopped,
    UnknownEvent,
)
from agentmux.room.fold import fold
from agentmux.service.log import MIGRATIONS, Log, LogReader, news
from agentmux.watch import FileWatch


@pytest.fixture
def path():
    folder = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp"))
    yield folder / "log.db"
    shutil.rmtree(folder)


def notes(*texts):
    return [NoteAdded(text=text) for text in texts]


def test_what_is_appended_is_read_with_numbers_without_gaps(path):
    with Log(path) as log:
        first = log.append(1.5, "ada", notes("a", "b"))
        assert log.append(2.0, "ada", []) == []
        second = log.append(2.5, "you", [MessageSent(id=1, to="all", text="ü\x1b[31m\n")])
        with LogReader(path) as reader:
            assert reader.read() == first + second
            assert [(e.seq, e.at, e.actor) for e in reader.read()] == [
                (1, 1.5, "ada"),
                (2, 1.5, "ada"),
                (3, 2.5, "you"),
            ]
            assert reader.read(after=1, limit=1) == first[1:]
            assert reader.read(after=3) == []
            third = log.append(3.0, "ada", notes("c"))
            assert reader.read(after=3) == third


def test_a_log_goes_on_where_it_ended(path):
    with Log(path) as log:
        log.append(1.0, "ada", notes("a"))
    with LogReader(path) as reader:
        assert len(reader.read()) == 1
    with Log(path) as log:
        assert log.append(2.0, "ada", notes("b"))[0].seq == 2


def test_events_of_a_newer_program_survive_reading_and_copying(path):
    with Log(path) as log:
        log.append(1.0, "room", [UnknownEvent(name="from.the.future", written_version=3, body={"x": [1, None]})])
        log.append(1.0, "room", [NoteAdded.model_validate({"text": "a", "colour": "red"})])
    row = sqlite3.connect(path).execute("SELECT kind, version, body FROM events").fetchone()
    assert row == ("from.the.future", 3, '{"x":[1,null]}')
    with LogReader(path) as reader:
        unknown, note = (entry.event for entry in reader.read())
    assert unknown == UnknownEvent(name="from.the.future", written_version=3, body={"x": [1, None]})
    assert note.model_extra == {"colour": "red"}


def test_events_of_an_older_program_are_read_as_they_would_be_written_now(path, monkeypatch):
    with Log(path) as log:
        log.append(1.0, "ada", notes("three words long"))

    monkeypatch.setattr(Event, "classes", dict(Event.classes))

    class CountedNote(Event):
        kind = "note.added"
        version = 3
        words: list[str]
        count: int

    upcasts = {
        ("note.added", 1): lambda body: {"words": body["text"].split()},
        ("note.added", 2): lambda body: {**body, "count": len(body["words"])},
    }
    monkeypatch.setattr("agentmux.room.events.UPCASTS", upcasts)
    with LogReader(path) as reader:
        assert reader.read()[0].event == CountedNote(words=["three", "words", "long"], count=3)


def test_an_append_is_all_or_nothing(path):
    with Log(path) as log:
        log.append(1.0, "ada", notes("a"))
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute(
            "CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.seq = 3 BEGIN SELECT RAISE(FAIL, 'no'); END"
        )
        with pytest.raises(SessionError, match="no"):
            log.append(2.0, "ada", notes("b", "c"))
        blocker.execute("DROP TRIGGER full")
        blocker.close()
        assert [e.seq for e in log.append(3.0, "ada", notes("d"))] == [2]
        with LogReader(path) as reader:
            assert [e.event for e in reader.read()] == notes("a", "d")


def test_the_reader_cannot_write(path):
    with Log(path), LogReader(path) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._db.execute("DELETE FROM events")


# -- what is no log ---------------------------------------------------------------------------------------------


def test_no_file(path):
    with pytest.raises(SessionError, match=f"There is no log at {path}"):
        LogReader(path)
    assert not path.exists()


@pytest.mark.parametrize("opener", [Log, LogReader])
def test_something_else(path, opener):
    path.write_bytes(b"not a database at all, but long enough to look like one" * 100)
    with pytest.raises(SessionError, match="is no log"):
        opener(path)


def test_an_empty_file_is_no_log_yet(path):
    path.touch()
    with pytest.raises(SessionError, match="holds no log"):
        LogReader(path)


@pytest.mark.parametrize("opener", [Log, LogReader])
def test_a_newer_schema(path, opener):
    Log(path).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    with pytest.raises(SessionError, match="newer agentmux") as refused:
        opener(path)
    assert "Update" in refused.value.hint


def test_a_folder_that_is_not_there(path):
    with pytest.raises(SessionError, match="cannot be used"):
        Log(path.parent / "missing" / "log.db")


@pytest.mark.parametrize("body", ["{", '{"text": 1}', '"text"'])
def test_a_damaged_event(path, body):
    with Log(path) as log:
        log.append(1.0, "ada", notes("a"))
    db = sqlite3.connect(path)
    db.execute("UPDATE events SET body = ?", (body,))
    db.commit()
    db.close()
    with LogReader(path) as reader, pytest.raises(SessionError, match=r"damaged|cannot be read"):
        reader.read()


# -- the writer dies --------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from agentmux.room.events import NoteAdded
from agentmux.service.log import Log
log = Log(Path(sys.argv[1]))
while True:
    recorded = log.append(1.0, "ada", [NoteAdded(text="x" * 500), NoteAdded(text="y" * 500)])
    print(recorded[-1].seq, flush=True)
"""


STORY = [
    SessionCreated(
        session="s", repo="/r", base="b", layout="duo", sandbox="process", agents=["ada", "bob"], profiles={}
    ),
    RoomStarted(pid=1),
    AgentStarted(agent="ada", pane="%1"),
    AgentStateChanged(agent="ada", state="working"),
    AgentStarted(agent="bob", pane="%2"),
    AgentStateChanged(agent="bob", state="idle"),
    AgentStateChanged(agent="ada", state="idle"),
    AgentPaused(agent="ada", how="soft"),
    SessionFailed(reason="no"),
    AgentResumed(agent="ada"),
    AgentPaused(agent="bob", how="freeze"),
    AgentExited(agent="bob", status=3),
    AgentStateChanged(agent="bob", state="failed"),
    SessionStopped(),
    RoomStarted(pid=2, restarted=True),
    AgentStarted(agent="bob", pane="%3", restarted=True),
    AgentPaused(agent="ada", how="soft"),
]


def listed(state):
    agents = [(a.name, a.state, a.since, a.started, a.paused, a.exit_status, a.ended) for a in state.agents.values()]
    return state.session, state.repo, state.layout, state.created, state.stopped, state.failed, state.room_pid, agents


def test_the_outline_tells_what_all_events_tell_about_the_session_and_its_agents(path):
    with Log(path) as log, LogReader(path) as reader:
        for at, event in enumerate(STORY, start=1):
            log.append(float(at), "ada", [event, NoteAdded(text="x")])
            outline, state = reader.outline(), reader.replay()[1]
            assert listed(outline) == listed(state), event
            assert (outline.notes, len(state.notes)) == ([], at)


def test_a_killed_writer_loses_nothing_that_it_acknowledged(path):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    try:
        while int(writer.stdout.readline()) < 400:
            pass
        with LogReader(path) as reader:
            assert len(reader.read()) >= 400
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().split("\n")
        writer.wait(10)
    finally:
        writer.kill()
        writer.wait(10)
        writer.stdout.close()
    acknowledged = max([400, *(int(line) for line in rest[:-1])])
    with LogReader(path) as reader:
        found = reader.read()
    assert len(found) >= acknowledged
    assert [entry.seq for entry in found] == list(range(1, len(found) + 1))
    assert len(found) % 2 == 0, "half an append is there"
    with Log(path) as log:
        assert log.append(2.0, "ada", notes("z"))[0].seq == len(found) + 1


def test_how_long_a_day_takes_to_open(path, capsys):
    with Log(path) as log:
        log.append(1.0, "ada", [MessageSent(id=i, to="all", text="hello there, " * 5) for i in range(1, 100_001)])
    begin = time.perf_counter()
    with LogReader(path) as reader:
        events, state = reader.replay()
    with capsys.disabled():
        print(f"\n100,000 events opened in {time.perf_counter() - begin:.2f} s")
    assert len(events) == len(state.messages) == 100_000
    assert state == fold(events)
    assert gc.isenabled()


async def test_followers_are_told_when_there_is_something_to_read(path):
    told = asyncio.Event()
    watch = FileWatch()
    with Log(path) as log, LogReader(path) as reader:
        watch.add(news(path), told.set)
        for number in range(1, 20):
            log.append(1.0, "ada", notes("x"))
            await asyncio.wait_for(told.wait(), 5)
            told.clear()
            assert [one.seq for one in reader.read(after=number - 1)] == [number]
    watch.close()
