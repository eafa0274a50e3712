import asyncio
import json

import pytest

from agentmux.room.state import MESSAGE_LIMIT
from agentmux.service.http import BODY_LIMIT


@pytest.fixture
def post(ada_bob_you):
    ada, _, _ = ada_bob_you

    async def send(path="/command", content=b"{}", **headers):
        return await ada.client.post(path, content=content, headers=headers)

    return send


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", "Basic ada-token", "ada-token", "Bearer ada-tokenx"]
)
@pytest.mark.parametrize("path", ["/command", "/mcp", "/nowhere"])
async def test_who_has_no_token_is_told_so_and_nothing_else(post, path, authorization):
    answer = await post(path, Authorization=authorization)
    assert answer.status_code == 401
    assert answer.json()["error"].startswith("This token is not one of this session's members.")


async def test_the_token_says_who_speaks(ada_bob_you, room):
    ada, bob, _ = ada_bob_you
    assert await ada.command(do="say", text="one") == {"ok": True, "reply": {"id": 1, "to": ["bob", "you"]}}
    await bob.command(do="say", text="two")
    assert [message.sender for message in room.state.messages.values()] == ["ada", "bob"]


async def test_a_refusal_comes_with_reason_hint_and_facts(ada_bob_you):
    ada, bob, _ = ada_bob_you
    await ada.command(do="claim", paths=["src/a.py"], intent="routing")
    answer = await bob.command(do="claim", paths=["src/*.py"])
    assert answer["ok"] is False
    assert "ada holds src/a.py" in answer["refused"]
    assert answer["hint"]
    assert answer["facts"]["blockers"][0]["intent"] == "routing"


@pytest.mark.parametrize(
    "wish",
    [
        {"do": "rule", "id": 1, "choice": "keep"},
        {"do": "hold", "agent": "bob"},
        {"do": "pause", "agent": "bob"},
        {"do": "stop"},
        {"do": "merge"},
    ],
)
async def test_agents_may_not_do_what_the_human_does(ada_bob_you, room, wish):
    ada, _, _ = ada_bob_you
    before = len(room.log)
    answer = await ada.command(**wish)
    assert answer["ok"] is False
    assert "Agents may not" in answer["refused"]
    assert len(room.log) == before


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"[]", "should be an object"),
        (b'{"do": "fly"}', "'fly'"),
        (b'{"do": "report.exit", "agent": "bob"}', "'report.exit'"),
        (b'{"do": "say"}', "text: Field required"),
        (b'{"do": "say", "text": "x", "from": "bob"}', "Extra inputs"),
        (b'{"do": "say", "text": "\xff"}', "Invalid JSON"),
        (b'{"do": "say", "text": "\\ud800"}', "Invalid JSON"),
    ],
)
async def test_what_is_no_command_gets_one_sentence(post, body, says):
    answer = await post(content=body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("path", ["/command", "/mcp"])
async def test_a_body_may_have_a_mebibyte(post, path):
    too_long = await post(path, json.dumps({"do": "say", "text": "x" * BODY_LIMIT}).encode())
    assert too_long.status_code == 413
    assert str(BODY_LIMIT) in too_long.json()["error"]


async def test_a_body_of_unknown_length_is_counted_as_it_comes(post):
    async def chunks():
        for _ in range(20):
            yield b"x" * (BODY_LIMIT // 10)

    assert (await post(content=chunks())).status_code == 413


async def test_a_message_may_have_64_kib(ada_bob_you):
    ada, _, _ = ada_bob_you
    assert (await ada.command(do="say", text="é" * (MESSAGE_LIMIT // 2)))["ok"]
    answer = await ada.command(do="say", text="é" * (MESSAGE_LIMIT // 2) + "x")
    assert answer["ok"] is False
    assert "65,536" in answer["refused"]


async def test_mcp_answers_only_posts_to_local_names(ada_bob_you):
    ada, _, _ = ada_bob_you
    assert (await ada.client.get("/mcp")).status_code == 405
    assert (await ada.client.delete("/mcp")).status_code == 405
    headers = {"Host": "evil.example", "Accept": "application/json"}
    assert (await ada.client.post("/mcp", json={}, headers=headers)).status_code == 421


async def test_other_paths_are_not_found(ada_bob_you):
    ada, _, _ = ada_bob_you
    assert (await ada.client.get("/")).status_code == 404


async def test_all_who_ask_before_the_tools_are_there_are_answered(ada_bob_you):
    replies = await asyncio.gather(*(member.call("state") for member in ada_bob_you))
    assert [reply["you"] for reply in replies] == ["ada", "bob", "you"]
