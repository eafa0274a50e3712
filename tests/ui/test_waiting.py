"""What is shown of an agent that has no terminal yet, while others work."""

from __future__ import annotations

import pytest

from agentmux.room import commands as cmd
from agentmux.room import events as ev
from tests.ui.sample import make_session, ready, sample_app, story, text_of, until

COMMAND = "npm ci"


def without_bob():
    """Ada works; bob has no pane yet."""
    for at, actor, event in story():
        if getattr(event, "agent", "") != "bob":
            yield at, actor, event
        if isinstance(event, ev.RoomStarted):
            yield at, "room", ev.Progress(step="clone bob", text="ready", done=True)
            yield at, "room", ev.Progress(step="setup bob", text=f"1 of 1: {COMMAND} · added 12 packages")


def failed():
    """His setup has failed."""
    yield from without_bob()
    why = f"The setup command `{COMMAND}` ended with status 1."
    tail = ["npm error code E404", "npm error [b]no[/b] \x1b[31msuch package"]
    yield 1100, "room", ev.AgentSetUp(agent="bob", command=COMMAND, status=1, log="setup-bob.log", tail=tail)
    yield 1100, "room", ev.AgentStateChanged(agent="bob", state="failed", why=why)


async def test_the_steps_of_its_start_stand_where_its_terminal_will_be(folder):
    app = sample_app(make_session(folder, without_bob()))
    async with app.run_test(size=(200, 45)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: "added 12 packages" in text_of(app))
        assert f"◌ setup   1 of 1: {COMMAND} · added 12 packages" in text_of(app)
        assert "✓ clone   ready" in text_of(app)


@pytest.mark.parametrize("size", [(200, 45), (80, 24)])
async def test_why_it_failed_stands_there_and_u_tries_again(folder, sender, size):
    app = sample_app(make_session(folder, failed()), sender)
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("2")
        await until(pilot, lambda: "tries again" in text_of(app))
        shown = text_of(app)
        assert "✗ The setup command `npm ci` ended with status 1." in shown
        assert "npm error [b]no[/b] �[31msuch package" in shown
        await pilot.press("u")
        await until(pilot, lambda: sender.sent)
        assert sender.sent == [cmd.Restart(agent="bob")]
