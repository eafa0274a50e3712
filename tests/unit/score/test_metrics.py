"""Each metric on recordings that are small enough to count by hand."""

from __future__ import annotations

import pytest

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.score.metrics import metrics
from agentmux.score.recording import Recording
from agentmux.score.report import explain

CREATED = ev.SessionCreated(
    session="s1", repo="/r", base="b", layout="duo", sandbox="process", agents=["ada", "bob"], profiles={}
)


def measured(name, *lines):
    """The metric's values (session, ada, bob) and its events' numbers, after lines of (time, actor, event).

    The session is created at 100, as event 1.
    """
    events = [Recorded(seq, 100.0 + at, actor, event) for seq, (at, actor, event) in enumerate(lines, start=2)]
    line, behind = explain(Recording([Recorded(1, 100.0, "room", CREATED), *events]), metrics()[name])
    return [line.value, *line.agents.values()], [one.seq for one in behind]


def started(at, agent):
    return at, "room", ev.AgentStarted(agent=agent, pane="%1")


def state(at, agent, state):
    return at, "room", ev.AgentStateChanged(agent=agent, state=state)


def said(at, sender, number, to="all", text="hello", **more):
    return at, sender, ev.MessageSent(id=number, to=to, text=text, **more)


def granted(at, holder, number):
    return at, holder, ev.ClaimGranted(id=number, holder=holder, paths=["a"], lease=60, until=at + 60, fence=number)


def refused(at, asker, number):
    return at, asker, ev.ClaimRefused(id=number, asker=asker, paths=["a"], lease=60, behind=[1])


def released(at, actor, number, why="released"):
    return at, actor, ev.ClaimReleased(id=number, why=why)


def used(at, agent, taken, cached, given, cost):
    event = ev.ModelUsed(agent=agent, model="m", tokens_in=taken, cached=cached, tokens_out=given, cost=cost)
    return at, "room", event


TALK = (
    said(1, "ada", 1, to="bob", text="May I change app.py:12?", ask=True),
    said(5, "bob", 2, to="ada", text="Yes, line 12 of app.py and src/api", reply_to=1),
    said(6, "ada", 3, to="bob", text="Done with app.py"),
    said(7, "ada", 4, to="bob", text="done with app.py!"),
    said(8, "you", 5, to="ada", text="Good"),
    said(9, "ada", 6, to="bob", text="And now?", ask=True),
    (10, "ada", ev.MessageSent(id=7, to="bob", text="It is free", sender="room")),
)


@pytest.mark.parametrize(
    ("name", "values", "behind"),
    [
        ("messages", [5, 4, 1], [2, 3, 4, 5, 7]),
        ("message_kinds", [[0.4, 0.2, 0.4], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]], [2, 3, 4, 5, 7]),
        ("unanswered", [1, 1, 0], [7]),
        ("answer_latency", [4.0, 4.0, None], [2, 3]),
        ("repetition", [0.2, 0.25, 0.0], [5]),
        ("path_mentions", [1.0, 0.75, 2.0], [2, 3, 4, 5]),
        ("line_mentions", [0.4, 0.25, 1.0], [2, 3]),
    ],
)
def test_a_talk(name, values, behind):
    found, events = measured(name, *TALK)
    assert [list(one.values()) if isinstance(one, dict) else one for one in found] == values
    assert events == behind


def test_a_question_to_all_is_answered_by_the_next_message_to_the_asker_of_anybody():
    talk = (
        said(0, "ada", 1, ask=True, text="who?"),
        said(2, "you", 2, to="bob"),  # not to ada
        said(3, "bob", 3, to="you"),  # neither
        said(7, "you", 4, to="ada"),
        said(9, "bob", 5, to="ada"),
    )
    assert measured("answer_latency", *talk) == ([7.0, 7.0, None], [2, 5])
    assert measured("unanswered", *talk) == ([0, 0, 0], [])


def test_repetition_for_each_threshold():
    talk = (
        said(0, "ada", 1, text="a b c d e"),
        said(1, "bob", 2, text="a b c d e"),  # his first
        said(2, "ada", 3, text="a b c d"),  # 4 of 5
        said(3, "ada", 4, text="E D C B A"),
    )
    (session, ada, bob), behind = measured("repetition_sweep", *talk)
    assert session == {"0.5": 0.5, "0.6": 0.5, "0.7": 0.5, "0.8": 0.5, "0.9": 0.25, "1.0": 0.25}
    assert (ada["0.8"], ada["0.9"], bob["0.5"]) == (0.6667, 0.3333, 0.0)
    assert behind == [4, 5]


def test_changes_of_files_are_acts():
    assert measured("overhead", said(0, "ada", 1), changed(1, "ada", "a"), changed(2, "bob", "b"))[0] == [
        0.3333,
        0.5,
        0.0,
    ]


def test_overhead_counts_what_agents_do_and_not_what_follows_from_it():
    acts = (
        said(0, "ada", 1),
        granted(1, "ada", 1),
        (2, "room", ev.MessageDelivered(id=1, member="bob", how="hook")),
        (3, "bob", ev.MessageRead(id=1, member="bob")),
        used(4, "ada", 10, 0, 1, None),
        (5, "ada", ev.NoteAdded(text="x")),
        released(6, "bob", 1, why="ruling: given to bob"),
        (7, "bob", ev.TaskAdded(id=1, title="t")),
        (7, "you", ev.NoteAdded(text="y")),
    )
    assert measured("overhead", *acts) == ([0.2, 0.25, 0.0], [2, 3, 6, 7, 9])


CLAIMS = (
    started(1, "ada"),
    started(2, "bob"),
    granted(4, "ada", 1),
    refused(5, "bob", 2),
    refused(6, "bob", 3),
    (9, "you", ev.WaitEnded(id=2, why="granted")),
    granted(9, "bob", 2),
    released(14, "ada", 1),
    granted(15, "ada", 4),
    released(20, "room", 4, why="ada has ended"),
    (21, "room", ev.ClaimExpired(id=99)),
)


@pytest.mark.parametrize(
    ("name", "values", "behind"),
    [
        ("claims_asked", [4, 2, 2], [4, 5, 6, 10]),
        ("claims_refused", [0.5, 0.0, 1.0], [5, 6]),
        ("first_claim", [3.0, 3.0, 7.0], [2, 4]),
        ("holding", [27.0, 15.0, 12.0], [4, 8, 9, 10, 11]),
        ("held_at_end", [2, 1, 1], [8, 10]),
        ("waiting", [19.0, 0.0, 19.0], [5, 6, 7]),
    ],
)
def test_claims(name, values, behind):
    assert measured(name, *CLAIMS) == (values, behind)


WORK = (
    started(1, "ada"),
    started(2, "bob"),
    state(3, "ada", "working"),
    state(4, "bob", "working"),
    (5, "you", ev.AgentPaused(agent="ada", how="soft")),
    (8, "you", ev.AgentResumed(agent="ada")),
    state(10, "ada", "working"),  # for another reason
    state(12, "ada", "idle"),
    (12, "you", ev.AgentPaused(agent="ada", how="soft")),
    (13, "you", ev.AgentResumed(agent="ada")),
    (20, "room", ev.AgentExited(agent="bob", status=0)),
    (30, "room", ev.NoteAdded(text="")),
)


def test_work():
    assert measured("working_time", *WORK) == ([22.0, 6.0, 16.0], [4, 5, 6, 7, 9, 12])
    assert measured("wall_time", *WORK) == ([19.0, 11.0, 18.0], [2, 12])


def test_who_works_at_the_end_does_so_until_then():
    assert measured("working_time", *WORK[:4], (9, "room", ev.NoteAdded(text="")))[0] == [11.0, 6.0, 5.0]


HUMAN = (
    said(1, "ada", 1, to="you", text="which?", ask=True),
    said(3, "you", 2, to="ada", reply_to=1),
    said(4, "you", 3),
    (5, "ada", ev.RulingRaised(id=7, asker="ada", holders=["bob"], paths=["a"])),
    (11, "you", ev.RulingSettled(id=7, choice="keep")),
    (12, "room", ev.PermissionAsked(id=1, agent="bob", tool="Bash", what="ls")),
    (13, "room", ev.PermissionAsked(id=2, agent="bob", tool="Bash", what="ls")),
    (13, "room", ev.PermissionAnswered(id=2, answer="yes")),
    (22, "you", ev.PermissionAnswered(id=1, answer="always")),
    (30, "you", ev.PaneHeld(agent="bob", how="typing")),
    (35, "you", ev.PaneReleased(agent="bob", how="typing", seconds=5.0)),
    (40, "room", ev.AgentPaused(agent="ada", how="soft", why="budget")),
    (41, "you", ev.AgentPaused(agent="ada", how="freeze")),
    (42, "you", ev.EgressGranted(agent="ada", place="example.org")),
    (44, "you", ev.PaneHeld(agent="ada", how="take over")),
    (50, "you", ev.AgentInterrupted(agent="ada")),
)


def test_what_the_human_does():
    (session, ada, bob), behind = measured("interventions", *HUMAN)
    assert {kind: count for kind, count in session.items() if count} == {
        "message": 2,
        "typing": 1,
        "take over": 1,
        "pause": 1,
        "interrupt": 1,
        "ruling": 1,
        "permission": 1,
        "network": 1,
    }
    assert {kind for kind, count in ada.items() if count} == set(session) - {"typing", "shell", "permission"}
    assert {kind: count for kind, count in bob.items() if count} == {
        "message": 1,
        "typing": 1,
        "ruling": 1,
        "permission": 1,
    }
    assert behind == [3, 4, 6, 10, 11, 14, 15, 16, 17]


def test_how_soon_and_how_long():
    assert measured("time_to_action", *HUMAN) == ([6.0, 4.0, 10.0], [2, 3, 5, 6, 7, 10])
    assert measured("time_held", *HUMAN) == ([11.0, 6.0, 5.0], [11, 12, 16])


def changed(at, agent, *paths, files=None, **more):
    files = len(paths) if files is None else files
    event = ev.SnapshotTaken(agent=agent, tree=f"t{at}", parent="p", paths=list(paths), files=files, **more)
    return at, "room", event


def claimed(at, holder, number, *paths):
    event = ev.ClaimGranted(id=number, holder=holder, paths=list(paths), lease=60, until=at + 60, fence=number)
    return at, holder, event


SNAPSHOTS = (
    claimed(0, "ada", 1, "src/**"),
    said(1, "ada", 1, to="bob", text="I change src/a.py"),
    (1, "room", ev.MessageDelivered(id=1, member="bob", how="hook")),
    changed(2, "ada", "src/a.py", added=10, removed=1),
    changed(3, "bob", "src/a.py", "b.py", added=5, unclaimed=1),
    (3, "room", ev.Trespassed(agent="bob", paths=["src/a.py"], claim=1, holder="ada")),
    said(4, "bob", 2, to="all", text="See b.py"),
    said(4, "bob", 3, to="you", text="Look"),
    changed(5, "bob", "b.py", removed=2, unclaimed=1),
    (5, "room", ev.MessageDelivered(id=2, member="ada", how="hook")),
    changed(6, "ada", "c.py"),
    released(10, "ada", 1),
    claimed(11, "bob", 2, "b.py"),
    changed(15, "ada", "src/a.py"),
    released(16, "bob", 2),
)


@pytest.mark.parametrize(
    ("name", "values", "behind"),
    [
        ("off_claim_writes", [0.25, 0.0, 0.5], [7]),
        ("trespasses", [1, 0, 1], [7]),
        ("unclaimed_writes", [0.3333, 0.0, 0.6667], [6, 10]),
        ("idle_hold", [13.0, 8.0, 5.0], [5, 13, 14, 16]),
        ("collisions", [1, 1, 1], [5, 6, 15]),
        ("lines_changed", [[15, 3], [10, 1], [5, 2]], [5, 6, 10, 12, 15]),
        ("plan_first", [0.5, 1.0, 0.0], [3, 5, 6]),
        ("unread", [0.5, 0.0, 1.0], [8]),
    ],
)
def test_what_snapshots_tell(name, values, behind):
    found, events = measured(name, *SNAPSHOTS)
    assert [list(one.values()) if isinstance(one, dict) else one for one in found] == values
    assert events == behind


def test_a_snapshot_that_names_few_of_its_files_does_not_say_which_collide():
    lines = (claimed(0, "ada", 1, "a"), changed(1, "ada", "a", files=501), changed(2, "bob", "b"))
    assert measured("collisions", *lines)[0] == [None, None, None]
    assert measured("off_claim_writes", *lines)[0] == [None, None, 0]
    assert measured("idle_hold", *lines)[0] == [None, None, 0]


def test_cost_is_none_where_the_log_does_not_know():
    both = (used(1, "ada", 100, 40, 5, 0.5), used(2, "bob", 10, 0, 1, None), used(3, "ada", 7, 0, 1, 0.25))
    assert measured("tokens_in", *both) == ([117, 107, 10], [2, 3, 4])
    assert measured("tokens_cached", *both)[0] == [40, 40, 0]
    assert measured("tokens_out", *both)[0] == [7, 6, 1]
    assert measured("money", *both)[0] == [None, 0.75, None]
    assert measured("tokens_in", both[0])[0] == [None, 100, None]


MERGED = ev.Merged(branch="x", commit="c", order=["ada", "bob"], passed=1, failed=1)
REFUSED = ev.MergeRefused(order=["ada", "bob"], files={"a": 1})
TRIED = (1, "room", ev.Progress(step="merge", done=True))


@pytest.mark.parametrize(
    ("lines", "value", "behind"),
    [
        ((), None, []),
        ((TRIED,), "missing", [2]),
        (((0, "room", MERGED), TRIED), "clean", [2]),
        (((0, "room", MERGED), TRIED, (2, "room", REFUSED), TRIED), "conflict", [4]),
        (((0, "room", MERGED), TRIED, TRIED), "missing", [4]),
    ],
)
def test_the_last_merge(lines, value, behind):
    assert measured("merge", *lines) == ([value], behind)


def test_the_checks_of_the_last_merge():
    checks = [(0, "room", ev.CheckRan(command="true", tree="t", status=n % 2, seconds=1)) for n in range(4)]
    lines = (*checks[:2], (1, "room", MERGED), *checks[2:], (2, "room", MERGED))
    assert measured("checks_passed", *lines) == ([0.5], [5, 6, 7])
    assert measured("checks_passed", *checks) == ([None], [])
    assert measured("checks_passed", *checks, (2, "room", MERGED)) == ([0.5], [4, 5, 6])  # the first ones: no merge


@pytest.mark.parametrize("name", sorted(metrics()))
def test_a_recording_of_nothing_says_nothing(name):
    values, behind = measured(name)
    assert behind == []
    for value in values:
        assert not value or not any(value.values())
