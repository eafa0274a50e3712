from __future__ import annotations

import pytest
from pydantic import ValidationError

from agentmux.room.commands import Claim, Say
from agentmux.room.events import (
    Event,
    FeatureTested,
    Merged,
    MergeRefused,
    MergeTried,
    MessageRead,
    NoteAdded,
    Progress,
    Recorded,
    RoomStarted,
    SessionFailed,
    SessionStopped,
    UnknownEvent,
    Warned,
    parse,
    parse_all,
    parse_json,
    written,
)
from agentmux.room.fold import fold
from agentmux.room.fold.on import HANDLERS
from agentmux.room.state import State

SILENT = {"agent.interrupted", "commits.kept", "judge.ruled", "tool.used"}
"""Facts that change nothing in the state."""


def test_every_event_is_folded_or_known_to_be_silent():
    handled = {kind for kind, cls in Event.classes.items() if cls in HANDLERS}
    assert handled == set(Event.classes) - SILENT


def test_the_session_as_it_goes(duo):
    duo.record("room", Progress(step="clone ada", text="10 %"), Progress(step="image"))
    duo.record("room", Progress(step="clone ada", text="ready", done=True), Warned(text="no swap"))
    duo.record("room", RoomStarted(pid=7))
    assert duo.state.progress == {"clone ada": ("ready", True), "image": ("", False)}
    assert duo.state.warnings == [(1000.0, "no swap")]
    assert duo.state.room_pid == 7
    duo.record("room", MergeRefused(order=["ada", "bob"], files={"a.py": 2}))
    assert duo.state.conflicts == {"a.py": 2}
    duo.record("room", Merged(branch="agentmux/s1", commit="c", order=["ada"], passed=3, failed=0))
    assert (duo.state.branch.branch, duo.state.branch.passed, duo.state.conflicts) == ("agentmux/s1", 3, {})
    tested = {"tree": "t", "status": 0, "passed": 2, "failed": 0, "seconds": 1.0}
    duo.record("room", FeatureTested(feature="f", agent="ada", **tested))
    duo.record("room", MergeTried(how="clean", tree="t", order=["ada", "bob"]), FeatureTested(feature="f", **tested))
    assert [(key, tested.holds) for key, tested in duo.state.tested.items()] == [
        (("f", "ada"), True),
        (("f", ""), True),
    ]
    duo.record("room", MergeTried(how="conflict", order=["ada", "bob"], files={"a.py": 1}))
    assert (duo.state.tried, list(duo.state.tested)) == ("conflict", [("f", "ada")])
    duo.record("room", FeatureTested(feature="f", agent="ada", **(tested | {"passed": None})))
    assert not duo.state.tested["f", "ada"].holds
    duo.record("room", SessionFailed(reason="no space"))
    assert duo.state.failed == "no space"
    duo.record("you", SessionStopped())
    assert (duo.state.stopped, duo.state.room_pid) == (True, None)
    duo.record("room", RoomStarted(pid=8, restarted=True))
    assert (duo.state.stopped, duo.state.failed, duo.state.room_pid) == (False, "", 8)


def test_an_unknown_event_moves_only_number_and_time(duo):
    before = fold(duo.log)
    duo.now += 5
    duo.record("room", UnknownEvent(name="from.the.future", written_version=2, body={"x": 1}))
    assert (duo.state.seq, duo.state.at) == (before.seq + 1, 1005.0)
    before.seq, before.at = duo.state.seq, duo.state.at
    assert duo.state == before


def test_folding_goes_on_in_the_given_state(duo):
    state = fold(duo.log[:2])
    assert fold(duo.log[2:], state) is state
    assert state == duo.state


def test_events_about_nobody_change_nothing():
    state = fold([Recorded(1, 1.0, "room", MessageRead(id=4, member="ada"))])
    assert state == State(seq=1, at=1.0, actor="room")


@pytest.mark.parametrize("event", [NoteAdded(text="ü"), UnknownEvent(name="x", written_version=9, body={"a": [1]})])
def test_what_is_written_reads_back(event):
    assert parse_json(*written(event)) == event


KNOWN = written(NoteAdded(text="ü"))
OTHERS = [
    written(Warned(text="w")),
    ("note.added", 2, '{"text": "newer"}'),
    ("from.the.future", 1, '{"x": [1]}'),
    ("note.added", 1, '{"text": "more", "colour": "red"}'),
]


@pytest.mark.parametrize("times", [1, 20, 40])
def test_many_events_are_read_like_each_by_itself(times):
    texts = [*OTHERS, *[KNOWN, written(RoomStarted(pid=3))] * times, *OTHERS * times]
    assert parse_all(texts) == [parse_json(*text) for text in texts]


@pytest.mark.parametrize("damaged", [["{"], ['{"text": 1}'], ['{"text": "a"}, {"text": "b"}'], ['{"text": "a"', "}"]])
def test_no_damaged_event_hides_among_many(damaged):
    texts = [KNOWN] * 50 + [("note.added", 1, text) for text in damaged] + [KNOWN] * 50
    with pytest.raises(ValidationError, match="NoteAdded"):
        parse_all(texts)


def test_keys_of_a_newer_program_survive():
    event = parse("note.added", 1, {"text": "a", "colour": "red"})
    assert '"colour":"red"' in written(event)[2]
    assert isinstance(parse("note.added", 2, {"text": "a"}), UnknownEvent)


def test_decisions_fold_to_the_same_state_again(duo):
    duo.do("ada", Claim(paths=["a"]))
    duo.refused("bob", Claim(paths=["a"]))
    duo.do("ada", Say(text="mine", ask=True))
    assert fold(duo.log) == duo.state
