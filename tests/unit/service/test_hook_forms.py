"""Gemini CLI's hooks, in its own form, as its 0.61 sends them."""

import pytest

TOLD = {"session_id": "x", "transcript_path": "/home/agent/.gemini/x.jsonl", "cwd": "/ws", "timestamp": "t"}


@pytest.fixture
def ada(ada_bob_you):
    async def hook(name, **facts):
        answer = await ada_bob_you[0].client.post("/hook", json=TOLD | {"hook_event_name": name} | facts)
        return answer.json()

    return hook


@pytest.mark.parametrize(
    ("name", "facts", "state"),
    [
        ("SessionStart", {"source": "startup"}, "idle"),
        ("AfterTool", {"tool_name": "run_shell_command", "tool_input": {"command": "ls"}}, "working"),
        ("BeforeTool", {"tool_name": "ask_user", "tool_input": {"questions": []}}, "needs you"),
        ("BeforeTool", {"tool_name": "replace"}, "starting"),
        ("Notification", {"notification_type": "ToolPermission", "message": "Tool x", "details": {}}, "needs you"),
        ("AfterAgent", {"prompt": "go", "prompt_response": "Done."}, "idle"),
        ("SessionEnd", {"reason": "exit"}, "starting"),
    ],
)
async def test_a_hook_tells_the_state(ada, room, name, facts, state):
    assert await ada(name, **facts) == {}
    assert room.state.agents["ada"].state == state


async def test_mail_comes_with_a_tool_and_as_what_was_typed(ada, ada_bob_you, room):
    send, rpc = ada_bob_you[1].command, ada_bob_you[0].rpc
    await send(do="say", to="ada", text="use cents")
    answer = await ada("AfterTool", tool_name="list_directory", tool_input={})
    assert "use cents" in answer["hookSpecificOutput"]["additionalContext"]
    await send(do="say", to="ada", text="and again")
    await rpc("tools/list")
    await ada("BeforeAgent", prompt="[bob] and again")
    assert room.state.unread["ada"] == []


async def test_no_mail_comes_at_the_end_of_a_turn_which_may_have_been_cancelled(ada, ada_bob_you, room):
    await ada_bob_you[1].command(do="say", to="ada", text="wait for me")
    assert await ada("AfterAgent", prompt="go", prompt_response="Done.", stop_hook_active=False) == {}
    assert len(room.state.unread["ada"]) == 1


@pytest.mark.parametrize(("tool", "warned"), [("replace", True), ("write_file", True), ("read_file", False)])
async def test_a_change_inside_anothers_claim_is_told(ada, ada_bob_you, tool, warned):
    await ada_bob_you[1].command(do="claim", paths=["src/a.py"])
    answer = await ada("AfterTool", tool_name=tool, tool_input={"file_path": "/ws/src/a.py"})
    assert ("bob has claimed src/a.py" in str(answer)) is warned
