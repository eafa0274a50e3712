"""The room's sockets as members meet them: a real room and log, real unix sockets, and three kinds of callers.

The official MCP client (both generations of its protocol), the `room` command as a program, and the human's client.
"""

import asyncio
import json
import os
import shutil
import socket
import stat
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

import agentmux.inside.room
from agentmux.config import AgentSpec, Layout, Profile, Seat, Session
from agentmux.errors import SessionError
from agentmux.paths import SessionPaths
from agentmux.room.commands import Hold, Pause, Say
from agentmux.room.events import ClaimExpired, ClaimGranted, ClaimRefused, ClaimReleased, SessionCreated
from agentmux.room.state import YOU, State
from agentmux.service import late
from agentmux.service.client import Answer, RoomClient
from agentmux.service.http import room_app
from agentmux.service.log import Log, LogReader
from agentmux.service.room import Room
from agentmux.service.serve import room_sockets, serving
from agentmux.service.tokens import ensure_tokens
from tests.fixtures.waiting import PATIENCE

ROOM_COMMAND = agentmux.inside.room.__file__
AGENTS = ["ada", "bob"]


@dataclass
class House:
    """A served room, and the ways into it."""

    paths: SessionPaths
    room: Room

    def events(self):
        with LogReader(self.paths.log) as log:
            return log.read()

    def token(self, member):
        return self.paths.token(member).read_text()

    def socket(self, member):
        return self.paths.room_sock if member == YOU else self.paths.agent_sock(member)

    def env(self, member, **more):
        path = {"PATH": os.environ["PATH"]}
        return (
            path
            | {"AGENTMUX_SOCKET": str(self.socket(member)), "AGENTMUX_TOKEN_FILE": str(self.paths.token(member))}
            | more
        )

    async def command(self, member, *words, env=None):
        """The `room` command: exit status, what it printed, and what it complained about."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            ROOM_COMMAND,
            *words,
            env=env or self.env(member),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 30)
        return process.returncode, out.decode(), err.decode()

    @asynccontextmanager
    async def http(self, member, token=None):
        transport = httpx2.AsyncHTTPTransport(uds=str(self.socket(member)))
        headers = {"Authorization": f"Bearer {token or self.token(member)}"}
        async with httpx2.AsyncClient(
            transport=transport, headers=headers, base_url="http://localhost", timeout=70
        ) as client:
            yield client

    @asynccontextmanager
    async def mcp(self, member, mode="auto"):
        async with (
            self.http(member) as http,
            Client(streamable_http_client("http://localhost/mcp", http_client=http), mode=mode) as client,
        ):
            yield client


async def nothing_to_show(agent, *, file=None, screen=False):
    return f"{agent} {file} {screen}"


def new_room(paths, log):
    profile = Profile(title="Scripted", command=["true"])
    seats = [Seat(name=name, profile="scripted") for name in AGENTS]
    session = Session(
        id=paths.id,
        created=0.0,
        repo="/r",
        base="0" * 40,
        layout_name="duo",
        layout=Layout(title="Duo", agents=seats),
        sandbox="process",
        agents=[AgentSpec(name=name, profile_name="scripted", profile=profile) for name in AGENTS],
    )
    room = Room(paths, session, log, State(), nothing_to_show, print)
    profiles = dict.fromkeys(AGENTS, "scripted")
    room.record(
        "room",
        [
            SessionCreated(
                session=paths.id,
                repo="/r",
                base="0" * 40,
                layout="duo",
                sandbox="process",
                agents=AGENTS,
                profiles=profiles,
            )
        ],
    )
    return room


@pytest.fixture
def paths(monkeypatch):
    home = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp"))
    monkeypatch.setenv("AGENTMUX_HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    paths = SessionPaths.of("s-1")
    paths.folder.mkdir(parents=True)
    yield paths
    shutil.rmtree(home)


@asynccontextmanager
async def living(paths):
    """A room that serves for as long as this lasts."""
    tokens = ensure_tokens(paths, [*AGENTS, YOU])
    late.load()  # as rooms do before agents ask
    with Log(paths.log) as log:
        room = new_room(paths, log)
        async with serving(room_app(room, tokens), room_sockets(paths, AGENTS)):
            yield House(paths, room)


@pytest.fixture
async def house(paths):
    up: asyncio.Future[House] = asyncio.get_running_loop().create_future()
    down = asyncio.Event()

    async def live():  # one task begins and ends it, which fixtures do not promise
        async with living(paths) as house:
            up.set_result(house)
            await down.wait()

    task = asyncio.create_task(live())
    await asyncio.wait({task, up}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    yield up.result()
    down.set()
    await task


# -- sockets and tokens ---------------------------------------------------------------------------------------------


async def test_the_humans_socket_is_private_and_an_agents_is_open_to_its_sandbox(house):
    assert stat.S_IMODE(house.socket(YOU).stat().st_mode) == 0o600
    assert {stat.S_IMODE(house.socket(agent).stat().st_mode) for agent in AGENTS} == {0o666}
    for member in (*AGENTS, YOU):
        assert stat.S_IMODE(house.paths.token(member).stat().st_mode) == 0o600
        assert stat.S_IMODE(house.paths.secrets(member).stat().st_mode) == 0o700


async def test_sockets_are_gone_when_the_room_is_and_stale_ones_are_replaced(paths):
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(paths.room_sock))
    left_behind.close()
    async with living(paths):
        answer = await RoomClient(paths).send(Say(text="hello"))
        assert answer == Answer(ok=True, reply={"id": 1, "to": AGENTS})
    assert not [path for path in (paths.room_sock, *map(paths.agent_sock, AGENTS)) if path.exists()]


async def test_the_room_stops_in_time_while_a_member_waits(paths):
    async with living(paths) as house, house.http("bob") as http:
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "inbox", "arguments": {"wait": 60}},
        }
        waiting = asyncio.create_task(http.post("/mcp", json=body, headers={"Accept": "application/json"}))
        await asyncio.wait({waiting}, timeout=0.2)
        assert not waiting.done()
        begun = time.monotonic()
    assert time.monotonic() - begun < 30  # far less than what it would have waited
    await asyncio.wait({waiting}, timeout=PATIENCE)
    assert waiting.done()
    assert waiting.exception() or waiting.result().is_error


async def test_a_wrong_token_is_told_so_on_every_way_in(house, tmp_path):
    async with house.http("ada", token="wrong") as http:
        answer = await http.post("/command", json={"do": "say", "text": "x"})
        assert (answer.status_code, "not one of this session's members" in answer.json()["error"]) == (401, True)
    (tmp_path / "token").write_text("wrong")
    env = house.env("ada", AGENTMUX_TOKEN_FILE=str(tmp_path / "token"))
    status, out, err = await house.command("ada", "say", "text=x", env=env)
    assert (status, out) == (1, "")
    assert "not one of this session's members" in err
    house.paths.token(YOU).write_text("wrong")
    with pytest.raises(SessionError, match="does not know the token"):
        await RoomClient(house.paths).send(Say(text="x"))
    assert not house.room.state.messages


async def test_a_token_speaks_for_its_member_on_whatever_socket(house):
    async with house.http("ada", token=house.token("bob")) as http:
        await http.post("/command", json={"do": "say", "text": "x"})
    assert house.room.state.messages[1].sender == "bob"


# -- the human's client ---------------------------------------------------------------------------------------------


async def test_the_humans_client_gets_ready_without_asking_for_anything(house):
    before = house.room.state.seq
    client = RoomClient(house.paths)
    await asyncio.to_thread(client.prepare)
    assert house.room.state.seq == before
    assert (await client.send(Hold(agent="ada"))).ok


def test_the_humans_client_gets_ready_where_no_room_is(paths):
    RoomClient(paths).prepare()


async def test_the_humans_client_gets_replies_and_refusals(house):
    client = RoomClient(house.paths)
    assert (await client.send(Hold(agent="ada"))).ok
    refused = await client.send(Pause(agent="adda"))
    assert not refused.ok
    assert (refused.refused, "ada" in refused.hint) == ("There is no agent 'adda'.", True)
    assert (await asyncio.to_thread(client.send_blocking, Pause(agent="bob"))).ok
    assert house.room.state.agents["bob"].paused == "soft"


async def test_a_room_that_does_not_run_is_named_with_what_to_do(paths):
    client = RoomClient(paths)
    for trouble in ("no token", "no socket", "nobody listens"):
        if trouble == "no socket":
            ensure_tokens(paths, [YOU])
        if trouble == "nobody listens":
            left_behind = socket.socket(socket.AF_UNIX)
            left_behind.bind(str(paths.room_sock))
            left_behind.close()
        with pytest.raises(SessionError) as caught:
            await client.send(Say(text="x"))
        assert str(caught.value) == "The room of session s-1 is not running. `agentmux attach s-1` starts it again."
        with pytest.raises(SessionError, match="is not running"):
            await asyncio.to_thread(client.send_blocking, Say(text="x"))


async def test_a_room_that_dies_before_it_answers_is_told_apart(paths):
    ensure_tokens(paths, [YOU])

    async def hang_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_unix_server(hang_up, paths.room_sock):
        with pytest.raises(SessionError, match="ended before it answered"):
            await RoomClient(paths).send(Say(text="x"))


# -- the official client ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_official_client_calls_the_tools(house, mode):
    async with house.mcp("ada", mode) as ada, house.mcp("bob", mode) as bob:
        assert "claim" in [tool.name for tool in (await ada.list_tools()).tools]
        assert "`claim` files" in (ada.instructions or "")
        granted = await ada.call_tool("claim", {"paths": ["src/a.py"], "intent": "routing"})
        assert granted.structured_content["holder"] == "ada"
        refused = await bob.call_tool("claim", {"paths": ["src"]})
        assert refused.is_error
        assert refused.structured_content["facts"]["blockers"][0]["intent"] == "routing"
        await ada.call_tool("say", {"text": "Two minutes.", "to": "bob"})
        reply = await bob.call_tool("tasks", {"action": "add", "title": "Docs"})
        assert [m["text"] for m in reply.structured_content["unread"]] == ["Two minutes."]
        assert reply.content[0].text.endswith("Two minutes.")


async def test_a_message_over_64_kib_is_refused(house):
    async with house.mcp("ada") as ada:
        refused = await ada.call_tool("say", {"text": "x" * (64 * 1024 + 1)})
        assert refused.is_error
        assert "65,536" in refused.structured_content["refused"]


async def test_inbox_wakes_up_at_once(house):
    async with house.mcp("ada") as ada, house.mcp("bob") as bob:
        waiting = asyncio.create_task(bob.call_tool("inbox", {"wait": 60}))
        await asyncio.wait({waiting}, timeout=0.2)
        assert not waiting.done()
        await ada.call_tool("say", {"text": "now"})
        reply = await asyncio.wait_for(waiting, 30)
        assert [m["text"] for m in reply.structured_content["messages"]] == ["now"]


async def test_a_race_for_a_claim_never_has_two_holders(house, capsys):
    """Both agents claim overlapping patterns and release what they got, again and again, at the same time."""
    seconds = []

    async def contend(member, patterns):
        async with house.mcp(member) as client:
            for number in range(60):
                begun = time.perf_counter()
                reply = await client.call_tool("claim", {"paths": [patterns[number % len(patterns)]]})
                seconds.append(time.perf_counter() - begun)
                if not reply.is_error:
                    await client.call_tool("release", {"id": reply.structured_content["id"]})

    await asyncio.gather(contend("ada", ["src/a.py", "src/*.py"]), contend("bob", ["src/**", "src/a*"]))
    held: dict[int, str] = {}
    granted, refused = 0, 0
    for entry in house.events():
        match entry.event:
            case ClaimGranted(id=number, holder=holder):
                assert not [other for other in held.values() if other != holder]
                held[number] = holder
                granted += 1
            case ClaimReleased(id=number) | ClaimExpired(id=number):
                del held[number]
            case ClaimRefused():
                refused += 1
    assert granted
    assert refused
    with capsys.disabled():
        print(f"\nclaim over MCP, two agents at once: median {statistics.median(seconds) * 1000:.1f} ms")


# -- the room command -------------------------------------------------------------------------------------------------


async def test_the_room_command_lists_the_tools_and_explains_one(house):
    status, out, err = await house.command("ada")
    assert (status, err) == (0, "")
    assert "usage: room TOOL key=value" in out
    assert "\n  claim     Claim files before you edit them" in out
    status, out, _ = await house.command("ada", "claim", "--help")
    assert status == 0
    assert "mode=exclusive|shared" in out
    assert "(needed)" in out


async def test_the_room_command_calls_a_tool(house):
    status, out, _ = await house.command(
        "ada", "claim", "paths=src/a.py,src/b.py", "paths=docs/**", "intent=x = y, and z"
    )
    assert (status, out) == (0, "Claim 1 is yours: src/a.py, src/b.py, docs/** (exclusive, 15 min).\n")
    assert house.room.state.claims[1].intent == "x = y, and z"
    status, out, err = await house.command("bob", "claim", 'paths=["src/a.py"]')
    assert (status, out) == (1, "")
    assert err.startswith("Refused: Nothing was granted: ada holds src/a.py")
    status, out, _ = await house.command("bob", "state", "--json")
    assert (status, json.loads(out)["claims"][0]["holder"]) == (0, "ada")


async def test_the_room_command_reads_values_as_their_types(house):
    await house.command("bob", "say", "text=42", "ask=true", "default=null")
    message = house.room.state.messages[1]
    assert (message.text, message.ask, message.default) == ("42", True, "null")
    status, out, _ = await house.command("ada", "say", "text=yes", "reply_to=1", "--json")
    assert (status, json.loads(out)["to"], json.loads(out)["unread"][0]["id"]) == (0, ["bob"], 1)


async def test_the_room_command_refuses_what_it_does_not_know(house):
    for words, says in [
        (["fly"], "no tool 'fly'"),
        (["say", "hello"], "'hello' is not of the form key=value"),
        (["say", "txt=hello"], "no argument 'txt'"),
        (["say", "text=a", "text=b"], "given twice"),
    ]:
        status, out, err = await house.command("ada", *words)
        assert (status, out) == (2, "")
        assert says in err
    status, _, err = await house.command("ada", "inbox", "wait=soon")
    assert status == 1
    assert "wait: Input should be a valid number" in err
    assert not house.room.state.messages


async def test_the_room_command_says_when_nobody_answers(house, tmp_path):
    for wrong, says in [
        ({"AGENTMUX_SOCKET": str(tmp_path / "none")}, "does not answer"),
        ({"AGENTMUX_SOCKET": ""}, "AGENTMUX_SOCKET is not set"),
        ({"AGENTMUX_TOKEN_FILE": str(tmp_path / "none")}, "cannot be read"),
    ]:
        status, out, err = await house.command("ada", "state", env=house.env("ada", **wrong))
        assert (status, out) == (3, "")
        assert says in err


async def test_escapes_in_a_message_do_not_reach_the_readers_terminal(house):
    async with house.mcp("ada") as ada:
        await ada.call_tool("say", {"text": "\x1b]0;owned\x07\x1b[2Jé", "to": "bob"})
    status, out, _ = await house.command("bob", "inbox")
    assert status == 0
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "é" in out


async def test_bytes_that_are_no_text_become_replacement_characters(house):
    await house.command("ada", b"say", b"text=a\xffb")
    assert house.room.state.messages[1].text == "a\ufffdb"


async def test_call_serves_programs_in_the_same_folder(house):
    """As the scripted agent uses it, which lies beside the command."""
    program = """
from room import Refused, call
print(call("claim", paths=["a.py"])["fence"])
try:
    call("tasks", action="take", id=9)
except Refused as no:
    print(no, "|", no.hint)
"""
    env = house.env("ada", PYTHONPATH=str(Path(ROOM_COMMAND).parent))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=env, stdout=subprocess.PIPE)
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert out.decode() == "1\nThere is no task 9. | Known: none.\n"
