"""The score as a whole: its document, a long recording, and the command on a real session's log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentmux.cli import app
from agentmux.errors import UnknownName
from agentmux.paths import SessionPaths
from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.score.document import metrics_markdown
from agentmux.score.metric import CHAPTERS
from agentmux.score.metrics import metrics
from agentmux.score.recording import Recording
from agentmux.score.report import score
from agentmux.service.log import Log

DOCUMENT = Path(__file__).parents[3] / "docs" / "metrics.md"
CREATED = ev.SessionCreated(
    session="s1", repo="/r", base="b", layout="trio", sandbox="process", agents=["ada", "bob", "eve"], profiles={}
)


def test_the_document_is_up_to_date():
    assert DOCUMENT.read_text(encoding="utf-8") == metrics_markdown() + "\n", (
        "python -m agentmux.score > docs/metrics.md"
    )


def test_every_file_is_a_metric_of_its_name_with_a_definition():
    files = {file.stem for file in (Path(ev.__file__).parents[2] / "score" / "metrics").glob("*.py")} - {"__init__"}
    assert set(metrics()) == files
    assert all(metric.definition and metric.chapter in CHAPTERS for metric in metrics().values())


def long_day(count):
    """That many events of three agents that talk, claim and use a model, and hardly ever say the same."""
    yield Recorded(1, 0.0, "room", CREATED)
    for seq in range(2, count + 1):
        who = CREATED.agents[seq % 3]
        event: ev.Event
        match seq % 7:
            case 0 | 1:
                event = ev.MessageSent(id=seq, to="all", text=f"Step {seq} of {seq % 5000} in src/m{seq}.py", ask=True)
            case 2:
                event = ev.ClaimGranted(id=seq, holder=who, paths=["a"], lease=60, until=seq + 60, fence=seq)
            case 3:
                event = ev.ClaimReleased(id=seq - 1)
            case 4:
                event = ev.AgentStateChanged(agent=who, state="working" if seq % 2 else "idle")
            case _:
                event = ev.ModelUsed(agent=who, model="m", tokens_in=10, tokens_out=1, cost=0.001)
        yield Recorded(seq, seq * 0.8, who, event)


def test_the_same_recording_gives_the_same_score():
    events = list(long_day(2_000))
    assert repr(score(Recording(events))) == repr(score(Recording(list(events))))


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.setenv("AGENTMUX_HOME", str(tmp_path))
    paths = SessionPaths.of("s1")
    paths.log.parent.mkdir(parents=True)
    with Log(paths.log) as log:
        log.append(100.0, "room", [CREATED])
        log.append(161.0, "ada", [ev.MessageSent(id=1, to="bob", text="may\x1b[2J I?", ask=True)])
    return paths


def test_the_table_is_readable_at_80_columns(session):
    ran = CliRunner().invoke(app, ["score", "s1"], catch_exceptions=False)
    lines = ran.stdout.splitlines()
    assert "COMMUNICATION" in lines
    assert next(line for line in lines if "unanswered" in line).split() == ["unanswered", "1", "1", "0", "0"]
    assert max(map(len, lines)) <= 80


def test_the_json_has_every_metric_and_the_same_bytes_each_time(session):
    first, second = (CliRunner().invoke(app, ["score", "s1", "--json"], catch_exceptions=False) for _ in "ab")
    assert first.stdout == second.stdout
    report = json.loads(first.stdout)
    assert list(report["metrics"]) == list(metrics())
    assert report["metrics"]["messages"] == {
        "chapter": "communication",
        "unit": "count",
        "value": 1,
        "agents": {"ada": 1, "bob": 0, "eve": 0},
    }


def test_a_metric_is_explained_by_its_events(session):
    ran = CliRunner().invoke(app, ["score", "s1", "--explain", "unanswered"], catch_exceptions=False)
    assert "unanswered (count): 1" in ran.stdout
    assert "     2 0:01:01  ada      message.sent" in ran.stdout
    assert "\x1b" not in ran.stdout
    ran = CliRunner().invoke(app, ["score", "s1", "--explain", "unanswered", "--json"], catch_exceptions=False)
    assert [event["seq"] for event in json.loads(ran.stdout)["events"]] == [2]


def test_a_metric_that_is_not_there_is_named_with_those_that_are(session):
    with pytest.raises(UnknownName, match="beauty"):
        CliRunner().invoke(app, ["score", "s1", "--explain", "beauty"], catch_exceptions=False)
