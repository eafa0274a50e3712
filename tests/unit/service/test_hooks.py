"""Agents' hooks: what they tell the room, and what it answers."""

import pytest

from agentmux.config import AgentSpec, CliFile, Layout, ModelAccess, Profile, Seat, Session
from agentmux.errors import UsageError
from agentmux.gateway.upstream import Upstream
from agentmux.paths import SessionPaths
from agentmux.room.commands import ReportTyped
from agentmux.room.events import ToolUsed
from agentmux.service.hooks import TOOLS_SECONDS
from agentmux.service.models import check_keys, in_environment
from agentmux.service.outfit import known_of, lay_files
from tests.unit.service.conftest import session


@pytest.fixture
def ada(ada_bob_you):
    """Ada's hooks, whose CLI knows the room's tools."""

    async def hook(name, **facts):
        answer = await ada_bob_you[0].client.post("/hook", json={"hook_event_name": name, "session_id": "x", **facts})
        return answer.json()

    return hook


@pytest.fixture
def say(ada_bob_you):
    async def send(text):
        return (await ada_bob_you[1].command(do="say", to="ada", text=text))["reply"]["id"]

    return send


@pytest.mark.parametrize(
    ("name", "facts", "state"),
    [
        ("SessionStart", {}, "idle"),
        ("PostToolUse", {"tool_name": "Bash", "tool_input": {"command": "ls"}}, "working"),
        ("PermissionRequest", {"tool_name": "AskUserQuestion"}, "needs you"),
        ("PreToolUse", {"tool_name": "AskUserQuestion"}, "needs you"),
        ("PreToolUse", {"tool_name": "Edit"}, "starting"),
        ("Notification", {"notification_type": "permission_prompt"}, "needs you"),
        ("Notification", {"notification_type": "auth_success"}, "starting"),
        ("Stop", {}, "idle"),
        ("SomethingNew", {"tool_input": ["?"]}, "starting"),
    ],
)
async def test_a_hook_tells_the_state(ada, room, name, facts, state):
    assert await ada(name, **facts) == {}
    assert room.state.agents["ada"].state == state
    assert state == "starting" or room.state.agents["ada"].why == f"hook: {name}"


LS = {"tool_name": "Bash", "tool_input": {"command": "ls"}}
EDIT = {"tool_name": "Edit", "tool_input": {"file_path": "/ws/a.py", "new_string": "x"}}
GEMINI = {**LS, "tool_name": "run_shell_command", "tool_response": {"error": "no"}}


@pytest.mark.parametrize(
    ("name", "facts", "what", "error"),
    [
        ("PostToolUse", LS, "ls", ""),
        ("PostToolUse", EDIT, "changes of a.py", ""),
        ("PostToolUseFailure", {**LS, "error": "exit 2"}, "ls", "exit 2"),
        ("PostToolUseFailure", LS, "ls", "failed"),
        ("AfterTool", GEMINI, "ls", "no"),
        ("ToolUsed", {**LS, "tool_input": {"command": "x" * 400}}, "x" * 299 + "…", ""),
    ],
)
async def test_a_hook_tells_the_tool_that_was_used(ada, room, name, facts, what, error):
    await ada(name, **facts)
    used = [entry.event for entry in room.log if entry.event.kind == "tool.used"]
    tool = "Edit" if "Edit" in facts["tool_name"] else "Bash"
    assert used == [ToolUsed(agent="ada", tool=tool, what=what, error=error)]


async def test_the_scripted_agents_word_for_a_tool_takes_no_mail(ada, say, room):
    await say("hello")
    assert await ada("ToolUsed", tool_name="Bash", tool_input={"command": "ls"}) == {}
    assert len(room.state.unread["ada"]) == 1


async def test_mail_comes_with_the_next_tool_and_only_once(ada, say, room):
    await say("use cents")
    answer = await ada("PostToolUse", tool_name="Bash")
    assert answer["hookSpecificOutput"]["hookEventName"] == "PostToolUse"
    assert "bob to ada\n    use cents" in answer["hookSpecificOutput"]["additionalContext"]
    assert room.state.unread["ada"] == []
    assert await ada("PostToolUse", tool_name="Bash") == {}


async def test_an_agent_with_mail_does_not_stop_but_only_once(ada, say, room):
    await ada("PostToolUse")
    await say("wait for me")
    answer = await ada("Stop")
    assert answer["decision"] == "block"
    assert "wait for me" in answer["reason"]
    assert room.state.agents["ada"].state == "working"
    await say("and again")
    assert await ada("Stop", stop_hook_active=True) == {}
    assert room.state.agents["ada"].state == "idle"
    assert len(room.state.unread["ada"]) == 1


async def test_a_cli_that_would_tell_a_reason_twice_gets_context(ada, say, room):
    room.session = session(hooks=True, wake="context")
    await say("wait for me")
    answer = await ada("Stop")
    assert [*answer] == ["hookSpecificOutput"]
    assert answer["hookSpecificOutput"]["hookEventName"] == "Stop"
    assert "wait for me" in answer["hookSpecificOutput"]["additionalContext"]
    assert room.state.unread["ada"] == []


async def test_what_was_typed_does_not_come_again(ada, say, room, ada_bob_you):
    number = await say("look\nhere")
    await ada_bob_you[0].rpc("tools/list")
    await ada("UserPromptSubmit", prompt="[bob] look here\n")
    assert room.state.unread["ada"] == []
    assert room.state.messages[number].receipts["ada"].read is not None
    assert await ada("Stop") == {}
    logged = len(room.log)
    await room.submit("room", ReportTyped(id=number, agent="ada"))
    assert len(room.log) == logged


async def test_the_first_prompt_waits_for_the_tools(ada, ada_bob_you, monkeypatch):
    monkeypatch.setattr("agentmux.service.hooks.TOOLS_SECONDS", 0.05)
    assert TOOLS_SECONDS > 1
    assert await ada("UserPromptSubmit", prompt="go") == {}
    monkeypatch.setattr("agentmux.service.hooks.TOOLS_SECONDS", 1000)
    await ada("UserPromptSubmit", prompt="it waits once, at most")


@pytest.mark.parametrize(
    ("tool", "given", "warned"),
    [
        ("Edit", {"file_path": "/ws/src/a.py"}, True),
        ("Write", {"file_path": "a.py"}, True),
        ("apply_patch", {"command": "*** Begin Patch\n*** Update File: a.py\n*** End Patch"}, True),
        ("Edit", {"file_path": "/ws/b.py"}, False),
        ("Read", {"file_path": "/ws/src/a.py"}, False),
        ("Edit", {"file_path": "/home/agent/src/a.py"}, False),
    ],
)
async def test_a_change_inside_anothers_claim_is_told(ada, ada_bob_you, tool, given, warned):
    await ada_bob_you[1].command(do="claim", paths=["src/a.py"], intent="rounding")
    answer = await ada("PostToolUse", tool_name=tool, tool_input=given, cwd="/ws/src")
    text = answer.get("hookSpecificOutput", {}).get("additionalContext", "")
    assert ("bob has claimed src/a.py (rounding)" in text) is warned


async def test_what_is_no_hook_is_refused(ada_bob_you):
    answer = await ada_bob_you[0].client.post("/hook", content=b"[]")
    assert answer.status_code == 400


# -- what an agent finds in its place -------------------------------------------------------------------------------

ACCESS = ModelAccess(
    upstream="https://model.example",
    upstream_env="MODEL_URL",
    keys={"FIRST": "x-api-key: {key}", "SECOND": "Authorization: Bearer {key}"},
)


def spec(**profile):
    return AgentSpec(
        name="ada", profile_name="x", profile=Profile(title="X", command=["x"], model=ACCESS, **profile), task="Do it"
    )


@pytest.mark.parametrize(
    ("env", "upstream"),
    [
        ({"FIRST": "k1", "SECOND": "k2"}, Upstream("https://model.example", ("x-api-key", "k1"))),
        ({"FIRST": " ", "SECOND": "k2\n"}, Upstream("https://model.example", ("Authorization", "Bearer k2"))),
        ({"MODEL_URL": "http://localhost:1"}, Upstream("http://localhost:1")),
    ],
)
def test_where_the_model_is_and_with_which_key(env, upstream):
    assert in_environment(ACCESS, env) == upstream


def test_an_agent_without_a_key_is_told_before_anything_starts():
    with pytest.raises(UsageError, match=r"ada \(X\) has no key for its model: FIRST \(or SECOND\) is not set"):
        check_keys([spec()], {})
    check_keys([spec()], {"MODEL_URL": "http://localhost:1"})


def test_the_files_of_its_cli_are_laid_out_with_everything_filled_in(tmp_path):
    paths = SessionPaths(tmp_path / "s-1")
    files = [
        CliFile(path="~/.x/own.json", text='{"name": "{agent}", "other": {}}'),
        CliFile(path="/etc/x/room.json", text="{room_url} {model_url} {task}\n{rules}"),
    ]
    session = Session(
        id="s-1", created=0, repo="/r", base="0", layout_name="l", sandbox="docker", agents=[spec(files=files)],
        layout=Layout(title="L", agents=[Seat(name="ada", profile="x")]),
    )  # fmt: skip
    lay_files(paths, session, "ada")
    assert (paths.agent_home("ada") / ".x" / "own.json").read_text() == '{"name": "ada", "other": {}}'
    text = (paths.agent_etc("ada") / "x" / "room.json").read_text()
    assert text.startswith("http://127.0.0.1:7070 http://127.0.0.1:7081 Do it\nYou are ada, one of several")
    assert "{" not in known_of(session, "ada")["rules"]


@pytest.mark.parametrize("path", ["/etc/passwd", "~/../x", "/etc/x/../y", "x", "/etc/../x/y", "~", "/root/x/y"])
def test_a_profile_cannot_place_files_elsewhere(path):
    with pytest.raises(ValueError, match="must be like"):
        CliFile(path=path, text="")
