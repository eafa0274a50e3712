"""Pictures of every screen, at the sizes that people use. `pytest tests/ui --snapshot-update` takes new ones."""

from __future__ import annotations

import pytest

from agentmux.config import Settings
from agentmux.room import events as ev
from agentmux.service.client import Answer
from tests.ui.sample import CONFLICT, START, make_session, ready, sample_app, spending, story, text_of, until


def sizes(*names):
    return pytest.mark.parametrize("size", [pytest.param(size(name), id=name) for name in names])


def size(name):
    columns, _, rows = name.partition("x")
    return int(columns), int(rows)


async def shown(pilot):
    await ready(pilot)


@sizes("160x45", "80x24", "220x50", "120x36", "40x10")
def test_main(app, snap_compare, size):
    assert snap_compare(app, terminal_size=size, run_before=shown)


@sizes("160x45", "80x24", "290x60")
def test_three_agents(trio, snap_compare, size):
    assert snap_compare(trio, terminal_size=size, run_before=shown)


def test_light_theme(folder, sender, snap_compare):
    app = sample_app(make_session(folder), sender, settings=Settings(theme="agentmux-light"))
    assert snap_compare(app, terminal_size=(160, 45), run_before=shown)


def test_no_color(folder, sender, snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(sample_app(make_session(folder), sender), terminal_size=(160, 45), run_before=shown)


@pytest.mark.parametrize(
    ("pressed", "at"),
    [
        pytest.param("enter", "160x45", id="typing"),
        pytest.param("g", "160x45", id="ruling"),
        pytest.param("g", "80x24", id="ruling-narrow"),
        pytest.param("g 3", "160x45", id="split"),
        pytest.param("question_mark", "160x45", id="help"),
        pytest.param("r", "160x45", id="answer"),
        pytest.param("m h i tab", "160x45", id="message"),
        pytest.param("n o k", "80x24", id="note"),
        pytest.param("q", "160x45", id="leave"),
        pytest.param("M", "160x45", id="merge-plan"),
        pytest.param("c", "80x24", id="claims-narrow"),
        pytest.param("B up up", "160x45", id="bus"),
        pytest.param("z", "160x45", id="zoom"),
    ],
)
def test_after_keys(app, snap_compare, pressed, at):
    async def press(pilot):
        await ready(pilot)
        await pilot.press(*pressed.split())
        await pilot.pause()

    assert snap_compare(app, terminal_size=size(at), run_before=press)


@sizes("160x45", "80x24")
def test_an_explanation(app, snap_compare, size):
    async def press(pilot):
        await ready(pilot)
        await pilot.press("colon", *"explain")
        await until(pilot, lambda: "agent.explain" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "decided by" in text_of(app))

    assert snap_compare(app, terminal_size=size, run_before=press)


@sizes("160x45", "80x24", "220x50")
def test_spending(folder, sender, snap_compare, size):
    app = sample_app(make_session(folder, spending()), sender)
    assert snap_compare(app, terminal_size=size, run_before=shown)


@sizes("160x45", "80x24")
def test_budget(folder, sender, snap_compare, size):
    async def press(pilot):
        await ready(pilot)
        await pilot.press("dollar_sign")
        await pilot.pause()

    app = sample_app(make_session(folder, spending()), sender)
    assert snap_compare(app, terminal_size=size, run_before=press)


@sizes("160x45", "80x24")
def test_a_place_in_the_network(folder, sender, snap_compare, size):
    def events():
        yield from story()
        yield 1090, "room", ev.EgressRefused(agent="bob", place="pypi.example.org")
        yield 1095, "you", ev.EgressDenied(agent="ada", place="stats.example.org:8443")

    async def press(pilot):
        await ready(pilot)
        await pilot.press("B", "end", "up", "enter")
        await pilot.pause()

    assert snap_compare(sample_app(make_session(folder, events()), sender), terminal_size=size, run_before=press)


CHANGE = "--- src/a.py\n+++ src/a.py\n@@ -1,2 +1,2 @@\n import os\n-x = 1\n+x = 2"


@sizes("160x45", "80x24")
def test_permission(folder, sender, snap_compare, size):
    def events():
        yield from story()
        yield (
            1090,
            "room",
            ev.PermissionAsked(id=1, agent="bob", tool="Edit", what=CHANGE, covers="changes of src/a.py"),
        )

    async def press(pilot):
        await ready(pilot)
        await pilot.press("g")
        await pilot.pause()

    assert snap_compare(sample_app(make_session(folder, events()), sender), terminal_size=size, run_before=press)


@sizes("160x45", "80x24")
def test_diff(app, snap_compare, size):
    async def run(pilot):
        await ready(pilot)
        await pilot.press("d")
        await until(pilot, lambda: "2 files" in str(pilot.app.screen.query_one(".dialog").border_title))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=run)


def test_merge_conflict(app, sender, snap_compare):
    async def run(pilot):
        await ready(pilot)
        sender.answer = Answer(
            ok=False,
            refused="The work of bob does not fit to that of ada in 2 files; nothing was written.",
            hint="Settle it in their work trees, or ask one of them to.",
            facts={"files": CONFLICT, "order": ["ada", "bob"]},
        )
        await pilot.press("M", "enter")
        await until(pilot, lambda: "scroll" in str(pilot.app.screen.query_one(".dialog").border_subtitle))
        await pilot.pause()

    assert snap_compare(app, terminal_size=(160, 45), run_before=run)


def starting():
    yield (
        0,
        "you",
        ev.SessionCreated(
            session="shop-7f3a",
            repo="/home/sam/shop",
            base="b37c1aa0",
            layout="duo",
            sandbox="docker",
            agents=["ada", "bob"],
            profiles={"ada": "claude", "bob": "codex"},
        ),
    )
    yield 1, "room", ev.Progress(step="clone ada", text="1,204 files", done=True)
    yield 2, "room", ev.Progress(step="clone bob", text="1,204 files", done=True)
    yield 3, "room", ev.Progress(step="image", text="Step 4/9 : RUN npm install -g @openai/codex")


def failed():
    yield from starting()
    yield (
        9,
        "room",
        ev.SessionFailed(
            reason="The image agentmux/agents:9f2c could not be built.",
            hint="Everything it printed is in /s/out/build.log.",
            tail=["npm ERR! code ENOTFOUND", "npm ERR! network request failed"],
        ),
    )


@pytest.mark.parametrize("events", [starting, failed])
def test_start(folder, sender, snap_compare, events):
    app = sample_app(make_session(folder, events()), sender, now=lambda: START + 12)
    assert snap_compare(app, terminal_size=(120, 36), run_before=shown)
