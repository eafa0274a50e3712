"""The conversation on disk and as the model gets it."""

from agentmux.inside.native.conversation import LEFT_OUT, Conversation

CALL = {"role": "assistant", "content": "", "tool_calls": [{"id": "a"}, {"id": "b"}]}


def test_a_new_conversation_sets_the_old_one_aside(tmp_path):
    file = tmp_path / "talk.jsonl"
    Conversation(file).add({"role": "user", "content": "hello"})
    assert Conversation(file).messages == []
    assert [kept.read_text() for kept in tmp_path.iterdir()] == ['{"role": "user", "content": "hello"}\n']


def test_a_half_written_line_is_no_message_and_an_open_call_gets_a_result(tmp_path):
    file = tmp_path / "talk.jsonl"
    first = Conversation(file)
    for message in ({"role": "user", "content": "hello"}, CALL, {"role": "tool", "tool_call_id": "a", "content": "x"}):
        first.add(message)
    with file.open("a") as out:
        out.write('{"role": "tool", "tool_c')
    again = Conversation(file, resumed=True)
    assert [message["role"] for message in again.messages] == ["user", "assistant", "tool", "tool"]
    assert again.messages[-1]["tool_call_id"] == "b"
    assert "restarted" in again.messages[-1]["content"]
    assert Conversation(file, resumed=True).messages == again.messages


def test_thinning_leaves_out_long_old_results_alone(tmp_path):
    talk = Conversation(tmp_path / "talk.jsonl")
    talk.add({"role": "user", "content": "word " * 200})
    for _ in range(9):
        talk.add({"role": "tool", "tool_call_id": "a", "content": "short"})
        talk.add({"role": "tool", "tool_call_id": "a", "content": "line " * 200})
    assert talk.view() == talk.messages
    assert talk.thin()
    assert not talk.thin()
    view = talk.view()
    assert [message["content"] == LEFT_OUT for message in view] == [False] * 2 + [True, False] * 2 + [True] + [
        False
    ] * 12
