"""The agent's turns: what the model gets, what the room is told, what the human sees and may do."""

from agentmux.inside.native.model import ContextFull, ModelError
from tests.unit.inside.native.conftest import call


def contents(messages, role):
    return [message["content"] for message in messages if message["role"] == role]


def told(room, name):
    return [each for each in room.told if each["hook_event_name"] == name]


def test_a_turn_runs_commands_and_tools_of_the_room_and_shows_each_step(stage, room):
    said = stage.play(call("shell", command="echo hi; false"), call("room_claim", 2, paths=["a.py"]), "Done.")
    assert contents(said, "tool") == ["hi\n(exit 1)", "granted"]
    assert room.called == [("claim", {"paths": ["a.py"]})]
    shown = "\n".join(stage.screen.lines)
    assert "  1 $ echo hi; false\n    │ hi\n    └ exit 1 · " in shown
    assert "1.0k tokens in (800 cached), 20 out, $0.002" in shown
    assert '  2 room claim paths=["a.py"]\n    │ granted' in shown
    assert "● Done.\n  2 steps so far · this turn 3.0k tokens in (2.4k cached), 60 out, $0.006" in shown
    assert [tool["function"]["name"] for tool in stage.model.tools] == ["shell", "room_claim"]
    assert stage.model.asked[0][0] == {"role": "system", "content": "You are ada."}


def test_the_room_is_told_of_each_step(stage, room):
    stage.play(call("shell", command="true"), "Done.")
    assert [each["hook_event_name"] for each in room.told] == [
        "SessionStart",
        "UserPromptSubmit",
        "PostToolUse",
        "Stop",
    ]
    assert room.told[1]["prompt"] == "Do it."
    assert room.told[2]["tool_input"] == {"command": "true"}


def test_mail_comes_with_a_tools_reply_and_keeps_the_agent_from_stopping(stage, room):
    room.hooks["PostToolUse"] = {"hookSpecificOutput": {"additionalContext": "[1] bob to ada\n    mind the gap"}}
    room.hooks["Stop"] = {"decision": "block", "reason": "[2] bob to ada\n    one more thing"}
    said = stage.play(call("shell", command="true"), "Done.", "Done again.")
    assert contents(said, "tool") == ["(exit 0)\n\n[1] bob to ada\n    mind the gap"]
    assert contents(said, "user") == ["Do it.", "[2] bob to ada\n    one more thing"]
    assert contents(said, "assistant")[1:] == ["Done.", "Done again."]


def test_what_is_typed_at_work_is_taken_up_after_the_step(stage, room):
    stage.screen.types("sleep", "line", "use tabs")
    said = stage.play(call("shell", command="sleep 1"), "Tabs it is.")
    assert [message["role"] for message in said] == ["user", "assistant", "tool", "user", "assistant"]
    assert contents(said, "user")[1] == "use tabs"
    assert [each["prompt"] for each in told(room, "UserPromptSubmit")] == ["Do it.", "use tabs"]


def test_an_interrupt_ends_the_command_and_leads_to_the_prompt(stage, room):
    stage.screen.types("sleep", "interrupt")
    stage.screen.types("ada> ", "line", "go on")
    said = stage.play(call("shell", command="sleep 600"), "Going on.")
    assert contents(said, "tool") == ["The human interrupted this before its result was known."]
    assert contents(said, "user")[1].endswith("go on")
    assert contents(said, "assistant")[-1] == "Going on."
    assert told(room, "Stop")[0] == {"hook_event_name": "Stop", "stop_hook_active": True}


def test_an_interrupt_gives_the_models_reply_up(stage):
    stage.screen.types("thinking", "interrupt")
    stage.screen.types("ada> ", "line", "again")
    said = stage.play(lambda stop: stop.wait(60) and "too late", "In time.")
    assert contents(said, "assistant") == ["In time."]


def test_what_a_tool_said_after_an_interrupt_is_not_lost(stage, room):
    """A reply of the room may bring mail, which does not come again."""
    stage.screen.types(" · ready", "interrupt")
    stage.screen.types("has ended after all", "line", "and now?")
    command = "trap 'echo my last words; exit' TERM; echo rea''dy; sleep 600 & wait"
    said = stage.play(call("shell", command=command), "One.")
    assert contents(said, "user")[1].startswith("(This came after the interrupt:)\nready\nmy last words")
    assert contents(said, "user")[1].endswith("\n\nand now?")


def test_an_error_is_shown_and_the_prompt_comes_back(stage, room):
    stage.screen.types("ada> ", "line", "again")
    said = stage.play(ModelError("The model's server refuses the key."), "Here I am.")
    assert any("refuses the key. Type anything to try again." in line for line in stage.screen.lines)
    assert contents(said, "assistant") == ["Here I am."]
    assert len(told(room, "Stop")) == 2


def test_a_full_context_is_thinned_once(stage):
    calls = [call("shell", number, command="seq 1000") for number in range(15)]
    said = stage.play(*calls, ContextFull("too long"), "Done.")
    before, after = stage.model.asked[-2:]
    assert len(before) == len(after)
    assert sum(len(message["content"]) for message in after) < sum(len(message["content"]) for message in before) / 2
    assert len(contents(said, "tool")[0]) > 3000  # what is kept is whole
    stage.play(ContextFull("too long"))
    assert any("too long" in line for line in stage.screen.lines)


def test_what_the_room_and_commands_print_is_no_escape_on_the_terminal(stage, room):
    room.reply = "red \x1b[31malert\x1b]0;title\x07"
    stage.play(call("room_claim"), call("shell", 2, command=r"printf '\033[2J'"), "\x1b[2Jclear")
    assert "\x1b" not in "".join(stage.screen.lines)


def test_unreadable_calls_and_unknown_tools_are_told_to_the_model(stage):
    broken = call("shell")
    broken["tool_calls"][0]["function"]["arguments"] = '{"command": '
    said = stage.play(broken, call("fly", 2), call("shell", 3, command=["ls"]), "Sorry.")
    assert contents(said, "tool") == [
        "The arguments of this call are no JSON object. Make it again.",
        "There is no tool fly.",
        "`command` must be a text, `timeout` a number of seconds.",
    ]


def test_without_a_room_there_is_the_shell(stage, monkeypatch):
    monkeypatch.setenv("AGENTMUX_SOCKET", "/nowhere")
    said = stage.play(call("shell", command="echo alone"), "Done.")
    assert contents(said, "tool") == ["alone\n(exit 0)"]
    assert any("There is only the shell." in line for line in stage.screen.lines)


def test_it_goes_on_with_its_conversation(stage):
    stage.play("First.")
    stage.play("Second.", task="And now?", resumed=True)
    assert [message["content"] for message in stage.model.asked[0][1:]] == ["Do it.", "First.", "And now?"]
