"""Permission hooks: they wait for the human, and no longer than somebody waits for them."""

import asyncio

import pytest

from agentmux.room.commands import Answer
from agentmux.service import permissions
from agentmux.service.hooks import HookCall, Hooks
from agentmux.service.tool_calls import LIMIT, request_of

ALLOW = {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {"behavior": "allow"}}}


class Cli:
    """Ada's CLI: `ask` is the hook that waits; when `gone` is set, the hook has ended."""

    def __init__(self, room):
        self.room = room
        self.hooks = Hooks(room)
        self.gone = asyncio.Event()

    async def hook(self, name, command="make test", tool="Bash"):
        call = HookCall(hook_event_name=name, tool_name=tool, tool_input={"command": command})
        return await self.hooks.answer("ada", call, self.ended)

    async def ended(self):
        await self.gone.wait()

    async def ask(self, command="make test"):
        """The hook that waits, once the human is asked."""
        asked = asyncio.Event()
        self.room.follow(lambda _: asked.set())
        task = asyncio.create_task(self.hook("PermissionRequest", command))
        async with asyncio.timeout(60):
            await asked.wait()
        return task

    async def result(self, task):
        async with asyncio.timeout(60):
            return await task


@pytest.fixture
async def cli(room):
    return Cli(room)


async def test_the_hook_gets_the_humans_answer(cli, room):
    task = await cli.ask()
    assert (room.state.permissions[1].what, room.state.agents["ada"].state) == ("make test", "needs you")
    await room.submit("you", Answer(id=1, answer="yes"))
    assert await cli.result(task) == ALLOW
    task = await cli.ask()
    await room.submit("you", Answer(id=2, answer="no", text="not now"))
    decision = (await cli.result(task))["hookSpecificOutput"]["decision"]
    assert decision == {"behavior": "deny", "message": "not now"}
    task = await cli.ask()
    await room.submit("you", Answer(id=3, answer="always"))
    assert await cli.result(task) == ALLOW
    assert await cli.result(asyncio.ensure_future(cli.hook("PermissionRequest"))) == ALLOW


@pytest.mark.parametrize("name", ["PostToolUse", "PostToolUseFailure", "Stop", "SessionStart"])
async def test_a_request_is_over_when_the_cli_has_gone_on(cli, room, name):
    task = await cli.ask()
    await cli.hook(name)
    assert await cli.result(task) == {}
    assert room.state.permissions == {}


async def test_another_tool_in_parallel_leaves_it_open(cli, room):
    task = await cli.ask()
    await cli.hook("PostToolUse", "ls")
    assert room.state.agents["ada"].state == "needs you"
    await room.submit("you", Answer(id=1, answer="yes"))
    assert await cli.result(task) == ALLOW


async def test_the_end_of_what_was_allowed_leaves_another_request_for_the_same_open(cli, room):
    first = await cli.ask()
    second = await cli.ask()
    await room.submit("you", Answer(id=1, answer="yes"))
    assert await cli.result(first) == ALLOW
    await cli.hook("PostToolUse")
    assert list(room.state.permissions) == [2]
    await cli.hook("PostToolUse")
    assert await cli.result(second) == {}


async def test_a_hook_that_has_ended_is_not_answered(cli, room):
    task = await cli.ask()
    cli.gone.set()
    assert await cli.result(task) == {}
    assert (room.state.permissions, room.state.agents["ada"].state) == ({}, "working")


async def test_without_an_answer_the_cli_asks_itself(cli, room, monkeypatch):
    monkeypatch.setattr(permissions, "PATIENCE", 0.01)
    assert await cli.result(await cli.ask()) == {}
    assert (room.state.permissions, room.state.agents["ada"].state) == ({}, "needs you")


async def test_the_rooms_tools_and_questions_are_no_permissions(cli, room):
    assert await cli.hook("PermissionRequest", tool="mcp__room__claim") == ALLOW
    assert await cli.hook("PermissionRequest", tool="AskUserQuestion") == {}
    assert room.state.permissions == {}


PATCH = "*** Begin Patch\n*** Update File: a.py\n@@\n-1\n+2\n*** Add File: /etc/x\n*** End Patch"


@pytest.mark.parametrize(
    ("tool", "given", "what", "covers"),
    [
        ("Bash", {"command": "make\ntest", "description": "d"}, "make\ntest", "make\ntest"),
        ("apply_patch", {"command": PATCH}, PATCH, "changes of src/a.py, /etc/x"),
        ("Write", {"file_path": "/ws/n", "content": "a\nb\n"}, "--- n\n+++ n\n@@ -0,0 +1,2 @@\n+a\n+b", "changes of n"),
        (
            "Edit",
            {"file_path": "a.py", "old_string": "x\n1", "new_string": "x\n2"},
            "--- src/a.py\n+++ src/a.py\n@@ -1,2 +1,2 @@\n x\n-1\n+2",
            "changes of src/a.py",
        ),
        ("WebFetch", {"url": "https://e.org", "n": [1]}, "url: https://e.org\nn: [1]", "url: https://e.org\nn: [1]"),
        ("Odd", ["?"], 'input: ["?"]', 'input: ["?"]'),
    ],
)
def test_a_request_says_what_is_done(tool, given, what, covers):
    asked = request_of(tool, given, "/ws/src")
    assert (asked.what, asked.covers) == (what, covers)


def test_what_is_too_long_to_show_is_cut_and_answered_for_once():
    asked = request_of("Bash", {"command": "x" * (LIMIT + 1000)}, "/ws")
    assert asked.what.endswith("… 1,000 more characters")
    assert asked.covers == ""
