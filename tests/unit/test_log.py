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
from agentmux.room.budget import spent
from agentmux.room.events import (
    AgentExited,
    AgentPaused,
    AgentResumed,
    AgentStarted,
    AgentStateChanged,
    Event,
    MessageSent,
    ModelUsed,
    NoteAdded,
    RoomStarted,
    SessionCreated,
    SessionFailed,
    SessionStopped,
    UnknownEvent,
)
from agentmux.room.fold import fold
from agentmux.service.log import BLOCK, MIGRATIONS, Log, LogReader, news
from agentmux.watch import FileWatch
from tests.fixtures.waiting import PATIENCE


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
    monkeypatch.setattr("agentmux.room.events.form.UPCASTS", upcasts)
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
        while int(writer.stdout.readline()) < 5 * BLOCK:
            pass
        with LogReader(path) as reader:
            assert len(reader.read()) >= 5 * BLOCK
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().split("\n")
        writer.wait(PATIENCE)
    finally:
        writer.kill()
        writer.wait(PATIENCE)
        writer.stdout.close()
    acknowledged = max([5 * BLOCK, *(int(line) for line in rest[:-1])])
    with LogReader(path) as reader:
        found = reader.read()
    assert len(found) >= acknowledged
    assert [entry.seq for entry in found] == list(range(1, len(found) + 1))
    assert len(found) % 2 == 0, "half an append is there"
    with Log(path) as log:
        assert log.append(2.0, "ada", notes("z"))[0].seq == len(found) + 1


def test_how_long_a_day_takes_to_open(path, capsys):
    with Log(path) as log:
        for first in range(1, 100_001, 100):
            numbers = range(first, first + 100)
            log.append(1.0, "ada", [MessageSent(id=number, to="all", text="hello there, " * 5) for number in numbers])
    begin = time.perf_counter()
    with LogReader(path) as reader:
        events, state = reader.replay()
    with capsys.disabled():
        print(f"\n100,000 events opened in {time.perf_counter() - begin:.2f} s")
    assert len(events) == len(state.messages) == 100_000
    assert state == fold(events)
    assert gc.isenabled()


def packed(path):
    """How many events are in blocks, and how many are not."""
    db = sqlite3.connect(path)
    try:
        [(blocks, rows)] = db.execute("SELECT (SELECT count(*) FROM blocks), (SELECT count(*) FROM events)")
        return blocks * BLOCK, rows
    finally:
        db.close()


def test_old_events_are_packed_and_read_as_before(path):
    written = []
    with Log(path) as log:
        for number in range(3 * BLOCK + 7):
            event = UnknownEvent(name="new", written_version=3, body={"x": "ü\x1b"})
            written += log.append(0.1 * number, "ada", [event, STORY[number % len(STORY)]])
    assert packed(path) == (5 * BLOCK, len(written) - 5 * BLOCK)
    with LogReader(path) as reader:
        assert reader.read() == written
        for after in (0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK, 5 * BLOCK + 1, len(written)):
            assert reader.read(after) == written[after:]
            for limit in (0, 1, BLOCK, 5 * BLOCK, 5 * BLOCK + 3, 10 * BLOCK):
                assert reader.read(after, limit) == written[after : after + limit]
    with Log(path) as log:
        assert log.append(1e6, "ada", notes("b"))[0].seq == len(written) + 1


def test_the_outline_knows_what_was_packed(path):
    with Log(path) as log, LogReader(path) as reader:
        for at, event in enumerate(STORY, start=1):
            log.append(float(at), "ada", [event, *notes("x") * (BLOCK // 3)])
            assert listed(reader.outline()) == listed(reader.replay()[1]), event
        for _ in range(8):
            log.append(99.0, "ada", notes("x") * BLOCK)
        assert packed(path)[0] > len(STORY) * BLOCK // 3
        assert listed(reader.outline()) == listed(reader.replay()[1])


def test_a_packed_log_is_a_fraction_of_the_size(path):
    with Log(path) as log:
        for number in range(40 * BLOCK):
            log.append(float(number), "ada", notes(f"{number}: what an agent writes to another about line {number}"))
        log._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        bodies = 40 * BLOCK * 80
        assert path.stat().st_size < bodies / 2


def used(number):
    """A reply of the model of one of three agents, every seventh of an unknown price."""
    name = ("ada", "bob", "cy")[number % 3]
    cost = None if number % 7 == 0 else number / 1000
    return ModelUsed(agent=name, model="m", tokens_in=number, cached=number // 2, tokens_out=5, cost=cost)


def test_what_was_spent_counts_wherever_it_is_by_now(path):
    agents = SessionCreated(
        session="s", repo="/r", base="b", layout="l", sandbox="process", agents=["ada", "bob", "cy"], profiles={}
    )
    with Log(path) as log, LogReader(path) as reader:
        log.append(0.5, "room", [agents])
        for number in range(1, 5 * BLOCK, 50):
            log.append(1.0, "room", [used(one) for one in range(number, number + 50)])
            state = reader.replay()[1]
            for name, found in reader.spent().items():
                told = spent(state, name)
                assert (found.tokens_in, found.cached, found.tokens_out) == (
                    told.tokens_in,
                    told.cached,
                    told.tokens_out,
                )
                assert found.usd == pytest.approx(told.usd)
                assert found.unpriced == told.unpriced
        assert set(reader.spent()) == {"ada", "bob", "cy"}
    assert packed(path)[0] == 4 * BLOCK


@pytest.fixture
def earlier(path):
    """A log as the program wrote it before it packed events, with the event in it."""
    event = STORY[0]
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    for statement in MIGRATIONS[0]:
        db.execute(statement)
    db.execute("PRAGMA user_version = 1")
    db.execute("INSERT INTO events VALUES (1, 1.0, 'room', 'session.created', 1, ?)", (event.model_dump_json(),))
    db.commit()
    db.close()
    return event


def test_a_log_of_an_older_program_is_read_as_it_is(path, earlier):
    with LogReader(path) as reader:
        assert [one.event for one in reader.read()] == [earlier]
        assert reader.outline().session == "s"
        assert reader.spent() == {}
    with Log(path) as log:
        log.append(2.0, "ada", notes("x") * 2 * BLOCK)
    with LogReader(path) as reader:
        assert len(reader.read()) == 2 * BLOCK + 1


def test_who_opened_a_log_of_an_older_program_goes_on_after_its_room_did(path, earlier):
    with LogReader(path) as reader:
        assert [entry.seq for entry in reader.read()] == [1]
        with Log(path) as log:
            log.append(2.0, "room", [used(3)])
            assert [entry.seq for entry in reader.read(after=1)] == [2]
            log.append(3.0, "ada", notes("x") * 2 * BLOCK)
            assert packed(path)[0] == BLOCK
            assert [entry.seq for entry in reader.read()] == list(range(1, 2 * BLOCK + 3))
            assert reader.outline().session == "s"
            assert reader.spent()["ada"].tokens_in == 3


def test_a_damaged_block(path):
    with Log(path) as log:
        log.append(1.0, "ada", notes("a") * 2 * BLOCK)
    db = sqlite3.connect(path)
    db.execute("UPDATE blocks SET packed = substr(packed, 1, 20)")
    db.commit()
    db.close()
    with LogReader(path) as reader, pytest.raises(SessionError, match="damaged"):
        reader.read()


def test_who_follows_while_old_events_are_packed_sees_each_once(path):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    try:
        writer.stdout.readline()
        seen: list[int] = []
        with LogReader(path) as reader:
            while len(seen) < 6 * BLOCK:
                seen += [entry.seq for entry in reader.read(after=len(seen))]
                everything = [entry.seq for entry in reader.read()]
                assert everything == list(range(1, len(everything) + 1))
                for _ in range(60):
                    writer.stdout.readline()
        assert seen == list(range(1, len(seen) + 1))
    finally:
        writer.kill()
        writer.communicate()


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
