"""The scripted model as the CLIs see it: requests recorded from them (trimmed) in, replies out.

The recordings are of Claude Code 2.1.329, Codex 0.169.0 (with a model it does not know, and in code mode), opencode
1.18.33 and Gemini CLI 0.61.0, playing SCRIPT with a room that has `claim`, `inbox` and `say`. `first` is their first
request, `waited` the one after bob's message came in, `resumed` the last one of a second turn in a new process.
"""

import json
from pathlib import Path

import httpx2
import pytest
import yaml

from agentmux.gateway.scripted_model.script import Script
from agentmux.gateway.scripted_model.server import scripted_model

RECORDED = Path(__file__).parents[2] / "fixtures" / "model"
SCRIPT = """
agents:
  - name: ada
    steps:
      - call: claim
        arguments: {paths: [src/**, "*.md"], intent: first}
      - wait: bob
        seconds: 50
      - say: I heard from bob.
      - end: true
      - say: Second turn.
      - run: echo second > second.txt
      - say: Second turn done.
"""
CLAIM = {"paths": ["src/**", "*.md"], "intent": "first"}
PATHS = {
    "claude": "/v1/messages?beta=true",
    "codex": "/v1/responses",
    "codex-code": "/v1/responses",
    "opencode": "/v1/chat/completions",
    "gemini": "/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse",
}
CLIS = list(PATHS)


def client(script):
    app = scripted_model(Script.model_validate(yaml.safe_load(script)))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://model")


def recorded(name):
    return json.loads((RECORDED / f"{name}.json").read_text())


async def ask(cli, body, script=SCRIPT, key="sk-scripted-ada", path=None):
    async with client(script) as model:
        return await model.post(path or PATHS[cli], json=body, headers={"authorization": f"Bearer {key}"})


def events(answer):
    """The data of a stream's events."""
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def said(cli, answer):
    """The text of a streamed reply."""
    found = []
    for event in events(answer):
        match cli:
            case "claude":
                found.append(event.get("delta", {}).get("text", ""))
            case "codex" | "codex-code":
                found.append(event["delta"] if event["type"] == "response.output_text.delta" else "")
            case "opencode":
                found += [choice["delta"].get("content") or "" for choice in event["choices"]]
            case "gemini":
                found += [part.get("text", "") for part in event["candidates"][0]["content"]["parts"]]
    return "".join(found)


def called(cli, answer):
    """The name of the tool that a streamed reply calls, and its arguments; None without a call."""
    name, arguments = "", ""
    for event in events(answer):
        match cli:
            case "claude":
                name = event.get("content_block", {}).get("name", "") or name
                arguments += event.get("delta", {}).get("partial_json", "")
            case "codex" | "codex-code":
                if event["type"] == "response.output_item.done" and event["item"]["type"] != "message":
                    item = event["item"]
                    name, arguments = item.get("namespace", "") + "." + item["name"], item.get("arguments", "")
                    if item["type"] == "custom_tool_call":
                        return name, item["input"]
            case "opencode":
                for choice in event["choices"]:
                    for call in choice["delta"].get("tool_calls", []):
                        name = call["function"].get("name", "") or name
                        arguments += call["function"]["arguments"]
            case "gemini":
                for part in event["candidates"][0]["content"]["parts"]:
                    if "functionCall" in part:
                        return part["functionCall"]["name"], part["functionCall"]["args"]
    return (name, json.loads(arguments)) if name else None


@pytest.mark.parametrize(
    ("cli", "tool"),
    [
        ("claude", "mcp__room__claim"),
        ("codex", "mcp__room.claim"),
        ("opencode", "room_claim"),
        ("gemini", "mcp_room_claim"),
    ],
)
async def test_a_room_tool_is_called_by_the_name_that_the_cli_gives_it(cli, tool):
    assert called(cli, await ask(cli, recorded(f"{cli}-first"))) == (tool, CLAIM)


async def test_in_code_mode_a_room_tool_is_called_by_a_program():
    name, program = called("codex-code", await ask("codex-code", recorded("codex-code-first")))
    assert name == "functions.exec"
    assert '"room__claim"' in program
    assert json.dumps(CLAIM) in program


@pytest.mark.parametrize("cli", CLIS)
async def test_a_wait_is_over_when_the_message_has_come(cli):
    answer = await ask(cli, recorded(f"{cli}-waited"))
    assert said(cli, answer) == "I heard from bob."
    assert called(cli, answer) is None


async def test_a_message_that_a_hook_gave_to_claude_counts_as_well():
    script = SCRIPT.replace("- wait: bob", "- run: make\n      - wait: bob")
    body = recorded("claude-first")
    for tool in ("claim", "Bash"):
        call = {"type": "tool_use", "id": tool, "name": tool}
        result = {"type": "tool_result", "tool_use_id": tool, "content": "ok"}
        body["messages"] += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    assert called("claude", await ask("claude", body, script)) == ("mcp__room__inbox", {"wait": 25})
    told = "PostToolUse:Bash hook additional context: Unread messages (1):\n\n[7] bob to ada\n    You are eve."
    body["messages"].append({"role": "system", "content": [{"type": "text", "text": told}]})
    assert said("claude", await ask("claude", body, script)) == "I heard from bob."


@pytest.mark.parametrize("cli", CLIS)
async def test_a_wait_asks_again_while_nothing_has_come(cli):
    silent = json.loads(json.dumps(recorded(f"{cli}-waited")).replace("bob to ada", "eve to ada"))
    answer = await ask(cli, silent, SCRIPT.replace("seconds: 50", "seconds: 80"))
    name, arguments = called(cli, answer)
    if cli == "codex-code":
        assert '"room__inbox"' in arguments
    else:
        assert (name.endswith("inbox"), arguments) == (True, {"wait": 25})


async def test_each_wait_takes_a_message_of_its_own():
    script = SCRIPT.replace("- say: I heard from bob.", "- {wait: bob, seconds: 50}")
    answer = await ask("claude", recorded("claude-waited"), script)
    assert called("claude", answer) == ("mcp__room__inbox", {"wait": 25})


@pytest.mark.parametrize("cli", CLIS)
async def test_a_wait_is_given_up_in_the_end(cli):
    silent = json.loads(json.dumps(recorded(f"{cli}-waited")).replace("bob to ada", "eve to ada"))
    assert said(cli, await ask(cli, silent)) == "I heard from bob."


@pytest.mark.parametrize("cli", [cli for cli in CLIS if cli != "codex-code"])
async def test_a_conversation_that_a_new_process_resumes_goes_on_where_it_was(cli):
    assert said(cli, await ask(cli, recorded(f"{cli}-resumed"))) == "Second turn done."


@pytest.mark.parametrize("cli", CLIS)
async def test_the_same_request_gets_the_same_reply(cli):
    first, second = [await ask(cli, recorded(f"{cli}-waited")) for _ in range(2)]
    assert first.text == second.text


@pytest.mark.parametrize("cli", CLIS)
async def test_a_turn_never_ends_without_a_word(cli):
    answer = await ask(cli, recorded(f"{cli}-waited"), "steps: [{call: claim}, {wait: bob, seconds: 50}]")
    assert (said(cli, answer), called(cli, answer)) == ("Done.", None)


async def test_after_the_last_step_the_script_is_over():
    body = recorded("opencode-waited")
    body["messages"] += [{"role": "assistant", "content": "Done."}, {"role": "user", "content": "More."}]
    answer = await ask("opencode", body, "steps: [{call: claim}, {wait: bob, seconds: 50}]")
    assert said("opencode", answer) == "The script is over."


TOOLS = {
    "claude": ("Bash", "Write", "Edit"),
    "codex": (".exec_command", ".exec_command", ".exec_command"),
    "opencode": ("bash", "write", "edit"),
    "gemini": ("run_shell_command", "write_file", "replace"),
}


@pytest.mark.parametrize("cli", TOOLS)
async def test_a_command_runs_in_the_shell_of_the_cli(cli):
    name, arguments = called(cli, await ask(cli, recorded(f"{cli}-first"), "steps: [{run: make test}]"))
    assert name == TOOLS[cli][0]
    assert arguments.get("command", arguments.get("cmd")) == "make test"


@pytest.mark.parametrize("cli", TOOLS)
async def test_a_file_is_written_by_the_tool_for_it(cli):
    script = r'steps: [{write: a/b.txt, text: "one\ntwo\n"}]'
    name, arguments = called(cli, await ask(cli, recorded(f"{cli}-first"), script))
    assert name == TOOLS[cli][1]
    if cli == "codex":
        assert "*** Add File: a/b.txt\n+one\n+two\n" in arguments["cmd"]
    else:
        assert set(arguments.values()) == {"a/b.txt", "one\ntwo\n"}


@pytest.mark.parametrize("cli", TOOLS)
async def test_an_edit_names_what_it_finds_and_what_takes_its_place(cli):
    script = r'steps: [{edit: a.txt, find: "one\n", replace: "two\n"}]'
    name, arguments = called(cli, await ask(cli, recorded(f"{cli}-first"), script))
    if cli == "codex":
        assert "*** Update File: a.txt\n@@\n-one\n+two\n" in arguments["cmd"]
    elif cli == "gemini":
        assert name == "replace"
        assert {"a.txt", "one\n", "two\n"} < set(arguments.values())
    else:  # these want a file to be read before
        assert name.lower() == "read"
        assert "a.txt" in arguments.values()


async def test_in_code_mode_files_and_commands_go_through_the_program():
    script = r'steps: [{write: a.txt, text: "one\n"}]'
    _, program = called("codex-code", await ask("codex-code", recorded("codex-code-first"), script))
    assert program.startswith("text(await tools.apply_patch(")
    _, program = called("codex-code", await ask("codex-code", recorded("codex-code-first"), "steps: [{run: ls}]"))
    assert program == 'text(await tools.exec_command({"cmd": "ls"}));'


async def test_without_room_tools_the_room_command_is_run():
    body = recorded("opencode-first")
    body["tools"] = [tool for tool in body["tools"] if tool["function"]["name"] == "bash"]
    _, arguments = called("opencode", await ask("opencode", body))
    assert arguments["command"] == """room claim 'paths=["src/**", "*.md"]' intent=first"""


async def test_without_any_tool_a_turn_is_one_text_with_blocks_to_apply():
    body = recorded("opencode-first")
    del body["tools"]
    script = r'steps: [{say: I edit.}, {edit: a.py, find: "1\n", replace: "2\n"}, {say: Done.}]'
    assert said("opencode", await ask("opencode", body, script)) == (
        "I edit.\n\na.py\n```\n<<<<<<< SEARCH\n1\n=======\n2\n>>>>>>> REPLACE\n```\n\nDone."
    )


async def test_what_aider_itself_says_in_the_models_name_is_no_turn():
    told = [
        ("user", "Change get_factorial() to use math.factorial"),
        ("assistant", "To make this change we need to modify `mathweb/flask/app.py`"),
        ("user", "I switched to a new code base. Please don't consider the above files"),
        ("assistant", "Ok."),
        ("user", "Do it."),
        ("assistant", "First."),
        ("user", "I ran this command:\n\nls"),
        ("assistant", "Ok"),
        ("user", "Here are some READ ONLY files"),
        ("assistant", "Ok, I will use these files as references."),
        ("user", "Do not try and edit any existing code without asking me"),
        ("assistant", "Ok, based on your requests I will suggest which files need to be edited"),
        ("user", "And now?"),
    ]
    body = {"model": "m", "stream": True, "messages": [{"role": role, "content": text} for role, text in told]}
    script = "steps: [{say: First.}, {end: true}, {say: Second.}, {end: true}, {say: Third.}]"
    assert said("opencode", await ask("opencode", body, script)) == "Second."


async def test_aider_is_known_by_the_rules_after_its_examples_and_is_suggested_the_room_command():
    told = [
        ("user", "Change get_factorial() to use math.factorial"),
        ("assistant", "To make this change we need to modify `mathweb/flask/app.py`"),
        ("user", "I switched to a new code base. Please don't consider the above files"),
        ("assistant", "Ok."),
        ("user", "Here are some READ ONLY files\n\n/etc/aider/room.md\nYou are ada, one of several"),
        ("assistant", "Ok, I will use these files as references."),
        ("user", "Do it."),
    ]
    body = {"model": "m", "stream": True, "messages": [{"role": role, "content": text} for role, text in told]}
    script = "agents: [{name: ada, steps: [{call: claim, arguments: {paths: [a.txt], intent: mine}}]}]"
    text = said("opencode", await ask("opencode", body, script, key="kept"))
    assert text == """```bash\nroom claim 'paths=["a.txt"]' intent=mine\n```"""


async def test_a_step_that_no_tool_can_do_is_told():
    body = recorded("claude-first")
    body["tools"] = [tool for tool in body["tools"] if tool["name"] == "Read"]
    assert "No tool is offered for this step" in said("claude", await ask("claude", body, "steps: [{run: ls}]"))


async def test_what_a_cli_puts_in_the_models_mouth_is_no_step():
    body = recorded("claude-first")
    body["messages"] += [
        {"role": "assistant", "content": "No response requested."},
        {"role": "user", "content": "Go on."},
    ]
    assert called("claude", await ask("claude", body)) == ("mcp__room__claim", CLAIM)


async def test_titles_and_routing_are_answered_without_a_step():
    assert said("opencode", await ask("opencode", recorded("opencode-title"))) == "Scripted session"
    path = "/v1beta/models/gemini-3.5-flash-lite:generateContent"
    routed = await ask("gemini", recorded("gemini-router"), path=path)
    text = routed.json()["candidates"][0]["content"]["parts"][0]["text"]
    assert json.loads(text) == {"complexity_reasoning": "Scripted session", "complexity_score": 1}


async def test_what_claude_could_suggest_to_the_user_is_no_step():
    body = recorded("claude-first")
    body["messages"].append({"role": "user", "content": "[SUGGESTION MODE: Suggest what the user might type next]"})
    answer = await ask("claude", body)
    assert (said("claude", answer), called("claude", answer)) == ("Scripted session", None)


async def test_a_probe_for_quota_is_answered_without_a_step():
    body = recorded("claude-first") | {"max_tokens": 1, "stream": False}
    assert (await ask("claude", body)).json()["content"] == [{"type": "text", "text": "ok"}]


COMPACT = {
    "claude": "CRITICAL: Respond with TEXT ONLY. Your task is to create a detailed summary of the conversation so far",
    "codex": "You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary for another LLM",
}


@pytest.mark.parametrize(("cli", "where"), [("claude", "messages"), ("codex", "input")])
async def test_a_summary_keeps_the_place_in_the_script(cli, where):
    body = recorded(f"{cli}-resumed")
    body[where] = [*body[where][:-2], {"role": "user", "content": COMPACT[cli]}]
    summary = said(cli, await ask(cli, body))
    body[where] = [{"role": "user", "content": f"This continues an earlier conversation. {summary}"}]
    assert called(cli, await ask(cli, body))[1] in (
        {"command": "echo second > second.txt", "description": "A step of the script"},
        {"cmd": "echo second > second.txt"},
    )


async def test_opencodes_summary_keeps_the_place_too():
    folded = (
        "Here is the conversation so far:\n\n<conversation>\n[User]: Please do the work\n\n"
        '[Assistant tool call]: room_claim({"paths":["src/**"]})\n[Tool result]: Granted.\n\n'
        '[Assistant tool call]: room_inbox({"wait":25})\n[Tool result]: [4] bob to ada\n    hello\n\n'
        "[Assistant]: I heard from bob.\n</conversation>\n\nCreate a new anchored summary from the conversation"
    )
    body = recorded("opencode-first")
    order = {"role": "user", "content": folded}
    system = {"role": "system", "content": "You are a context summarization agent."}
    summary = said("opencode", await ask("opencode", {"stream": True, "messages": [system, order]}))
    body["messages"][1:] = [
        {"role": "user", "content": "What did we do so far?"},
        {"role": "assistant", "content": summary},
        {"role": "user", "content": "More please."},
    ]
    assert called("opencode", await ask("opencode", body))[1]["command"] == "echo second > second.txt"


@pytest.mark.parametrize("order", ["Generate a new <state_snapshot>", "Critically evaluate the <state_snapshot>"])
async def test_geminis_summary_keeps_the_place_too(order):
    body = recorded("gemini-resumed")
    before = body["contents"][:-2]
    asked = {"contents": [*before, {"role": "user", "parts": [{"text": order}]}]}
    summary = said("gemini", await ask("gemini", asked))
    body["contents"] = [{"role": "user", "parts": [{"text": summary}]}]
    assert called("gemini", await ask("gemini", body))[1]["command"] == "echo second > second.txt"


async def test_mini_ends_a_turn_with_the_command_that_it_waits_for():
    submit = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
    shell = {"name": "bash", "parameters": {"type": "object", "properties": {"command": {"type": "string"}}}}
    asked = [{"role": "user", "content": f"Please solve this. To end the task: `{submit}`."}]
    body = {"stream": True, "messages": asked, "tools": [{"type": "function", "function": shell}]}
    script = "steps: [{say: Bye.}, {end: true}, {run: ls}]"
    answer = await ask("opencode", body, script)
    assert (said("opencode", answer), called("opencode", answer)) == ("Bye.", ("bash", {"command": submit}))
    call = {"type": "function", "id": "call_1", "function": {"name": "bash", "arguments": "{}"}}
    replied = {"role": "assistant", "content": "Bye.", "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "call_1", "content": "submitted"}
    body["messages"] = [*asked, replied, result, {"role": "user", "content": "More."}]
    assert called("opencode", await ask("opencode", body, script)) == ("bash", {"command": "ls"})
    body["messages"] = [*asked, *[replied, result] * 3]
    answer = await ask("opencode", body, script)
    assert (said("opencode", answer), called("opencode", answer)) == (
        "The script is over.",
        ("bash", {"command": submit}),
    )


FAILING = "steps: [{fail: 429, times: 2}, {fail: 500}, {say: At last.}]"
KINDS = {
    "claude": (["rate_limit_error", "rate_limit_error", "api_error"], ("error", "type")),
    "codex": (["rate_limit_exceeded", "rate_limit_exceeded", "server_error"], ("error", "code")),
    "opencode": (["rate_limit_exceeded", "rate_limit_exceeded", "server_error"], ("error", "code")),
    "gemini": (["RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", "INTERNAL"], ("error", "status")),
}


@pytest.mark.parametrize("cli", KINDS)
async def test_failures_come_as_often_as_the_script_says_for_each_conversation(cli):
    kinds, (outer, inner) = KINDS[cli]
    async with client(FAILING) as model:
        for key in ("one", "two", "one"):
            headers = {"authorization": f"Bearer {key}"}
            answers = [await model.post(PATHS[cli], json=recorded(f"{cli}-first"), headers=headers) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [429, 429, 500, 200]
            assert [answer.json()[outer][inner] for answer in answers[:3]] == kinds
            assert answers[0].headers["retry-after"] == "1"
            assert said(cli, answers[3]) == "At last."


async def test_agents_that_say_the_same_fail_each_for_themselves():
    async with client("steps: [{fail: 429}, {say: At last.}]") as model:
        body = recorded("claude-first")
        keys = ["one", "two", "one", "two"]
        answers = [await model.post(PATHS["claude"], json=body, headers={"x-api-key": key}) for key in keys]
    assert [answer.status_code for answer in answers] == [429, 429, 200, 200]


@pytest.mark.parametrize("cli", CLIS)
async def test_a_slow_reply_is_spread_over_its_time(cli, monkeypatch):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr("agentmux.gateway.scripted_model.server.asyncio.sleep", sleep)
    await ask(cli, recorded(f"{cli}-first"), "steps: [{slow: 9s}, {say: One two three four five.}]")
    assert sum(slept) == pytest.approx(9)
    assert max(slept) < 3


@pytest.mark.parametrize("cli", ["claude", "codex", "opencode"])
async def test_a_reply_in_one_piece_says_the_same(cli):
    text = (await ask(cli, recorded(f"{cli}-waited") | {"stream": False})).text
    assert "I heard from bob." in text


USAGE = {
    "claude": lambda u: (
        u["input_tokens"] + u["cache_read_input_tokens"],
        u["cache_read_input_tokens"],
        u["output_tokens"],
    ),
    "codex": lambda u: (u["input_tokens"], u["input_tokens_details"]["cached_tokens"], u["output_tokens"]),
    "opencode": lambda u: (u["prompt_tokens"], u["prompt_tokens_details"]["cached_tokens"], u["completion_tokens"]),
}


@pytest.mark.parametrize("cli", USAGE)
async def test_what_was_sent_before_counts_as_cached(cli):
    first = (await ask(cli, recorded(f"{cli}-first") | {"stream": False})).json()["usage"]
    later = (await ask(cli, recorded(f"{cli}-waited") | {"stream": False})).json()["usage"]
    sent, cached, out = USAGE[cli](first)
    assert (sent > 100, cached, out > 0) == (True, 0, True)
    sent_later, cached_later, _ = USAGE[cli](later)
    assert sent <= cached_later < sent_later < 2 * cached_later


TWO = """
steps: [{say: For anyone.}]
agents:
  - {name: ada, steps: [{say: For ada.}]}
  - {name: bob, steps: [{say: For bob.}]}
"""


@pytest.mark.parametrize(
    ("key", "model", "system", "first", "wanted"),
    [
        ("sk-scripted-bob", "m", "You are ada.", "Ask ada.", "For bob."),
        ("dummy", "scripted-bob", "You are ada.", "Ask ada.", "For bob."),
        ("dummy", "m", "You are Claude. You are bob in a session.", "Ask ada.", "For bob."),
        ("dummy", "m", "Be kind.", "Help bob, then ada.", "For bob."),
        ("dummy", "m", "Be kind.", "<environment>bob</environment>", "For anyone."),
        ("adam", "m", "You are bobby.", "Nobody.", "For anyone."),
    ],
)
async def test_an_agent_is_known_by_its_name(key, model, system, first, wanted):
    body = {
        "model": model,
        "stream": True,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": first}],
    }
    assert said("opencode", await ask("opencode", body, TWO, key)) == wanted


async def test_an_agent_without_a_part_is_told_how_to_get_one():
    answer = await ask("claude", recorded("claude-first"), TWO.replace("steps: [{say: For anyone.}]", ""), "dummy")
    assert "has no part for this agent" in said("claude", answer)


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("/v1/messages", b"{}", 400, "messages"),
        ("/v1/messages", b"no JSON", 400, "JSON"),
        ("/v1/responses", b'{"input": 3}', 400, "input"),
        ("/v1/chat/completions", b'{"messages": [{}]}', 400, "role"),
        ("/v1beta/models/m:generateContent", b"[]", 400, "object"),
        ("/v1beta/models/m:embedContent", b"{}", 404, "embedContent"),
    ],
)
async def test_what_is_no_request_is_refused_with_a_sentence(path, body, status, sentence):
    async with client(SCRIPT) as model:
        answer = await model.post(path, content=body)
    assert answer.status_code == status
    assert sentence in answer.json()["error"]["message"]


async def test_tokens_can_be_counted_and_models_listed():
    async with client(SCRIPT) as model:
        body = json.dumps(recorded("claude-first"))
        counted = await model.post("/v1/messages/count_tokens", content=body)
        assert counted.json() == {"input_tokens": -(-len(body) // 4)}
        assert (await model.post("/v1beta/models/m:countTokens", content=b"12345678")).json() == {"totalTokens": 2}
        assert (await model.get("/v1/models")).json()["data"][0]["id"] == "scripted-1"
        assert (await model.get("/v1beta/models")).json()["models"][0]["name"] == "models/scripted-1"
        assert (await model.head("/")).status_code == 200
