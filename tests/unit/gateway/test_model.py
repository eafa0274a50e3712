"""The gateway between an agent and its model, with a model that tells what reached it."""

import asyncio
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from agentmux.gateway.model import model_app
from agentmux.gateway.scripted_model.script import Script
from agentmux.gateway.scripted_model.server import scripted_model
from agentmux.gateway.upstream import Upstream
from agentmux.gateway.usage import Tokens
from agentmux.service.serve import serving
from tests.fixtures.waiting import PATIENCE

KEY = ("x-api-key", "the-real-key")
CHAT_STREAM = b'data: {"choices": [{"delta": {"content": "x"}}], "usage": null}\n\ndata: [DONE]\n\n'
USAGE = {"model": "m", "usage": {"input_tokens": 3, "output_tokens": 4}}


@dataclass
class Model:
    """A model server: what reached it, and when it may go on with a stream."""

    url: str = ""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def model():
    known = Model()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            known.asked.append((self.command, self.path, headers, body))
            getattr(self, self.path.partition("?")[0].rpartition("/")[2])()

        def _reply(self, status, body, kind="application/json"):
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("retry-after", "7")
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def plain(self):
            self._reply(200, json.dumps(USAGE).encode())

        def busy(self):
            self._reply(529, b'{"error": "overloaded"}')

        def stream(self):
            self._reply(200, b"data: one\n\n", "text/event-stream")
            known.go_on.wait(PATIENCE)
            self.wfile.write(b"data: " + json.dumps(USAGE).encode() + b"\n\n")

        def completions(self):
            asked = json.loads(known.asked[-1][3])
            wanted = asked.get("stream_options", {}).get("include_usage")
            counts = b"data: " + json.dumps(USAGE | {"choices": []}).encode() + b"\n\n" if wanted else b""
            self._reply(200, CHAT_STREAM.replace(b"data: [DONE]", counts + b"data: [DONE]"), "text/event-stream")

        def endless(self):
            self._reply(200, b"data: one\n\n", "text/event-stream")
            try:
                while not known.go_on.wait(0.02):
                    self.wfile.write(b": still here\n\n")
            except OSError:
                known.hung_up.set()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_port}/base"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield known
    known.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def used():
    return []


@pytest.fixture
async def agent(model, used, tmp_path):
    """An agent's client, by way of the gateway's socket."""
    async with reached(tmp_path, Upstream(model.url, KEY), used) as client:
        yield client


class reached:  # noqa: N801
    """A client of a gateway to this upstream, closed as long as `why` says so."""

    def __init__(self, folder, upstream, used):
        async def count(tokens):
            used.append(tokens)

        self.socket = folder / "m.sock"
        self.why = ""
        self.serving = serving(model_app(upstream, count, lambda: self.why), {self.socket: 0o600})

    async def __aenter__(self):
        await self.serving.__aenter__()
        transport = httpx2.AsyncHTTPTransport(uds=str(self.socket))
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:7081")
        return self.client

    async def __aexit__(self, *exc):
        await self.client.aclose()
        await self.serving.__aexit__(*exc)


async def test_the_real_key_takes_the_place_of_the_agents(agent, model, used):
    headers = {"authorization": "Bearer made-up", "x-api-key": "made-up", "anthropic-version": "1"}
    answer = await agent.post("/v1/plain?beta=true", content=b'{"a": 1}', headers=headers)
    assert answer.json() == USAGE
    [(_, path, seen, body)] = model.asked
    assert (path, body) == ("/base/v1/plain?beta=true", b'{"a": 1}')
    assert (seen["x-api-key"], seen["anthropic-version"]) == ("the-real-key", "1")
    assert "authorization" not in seen
    assert used == [Tokens("m", 3, 0, 4)]


async def test_a_model_on_a_unix_socket_is_reached_there(tmp_path, used):
    script = Script.model_validate({"steps": [{"say": "From the socket."}]})
    socket = tmp_path / "script.sock"
    asked = {"model": "m", "messages": [{"role": "user", "content": "Begin."}]}
    upstream = Upstream("http://scripted-model/v1", socket=socket)
    async with serving(scripted_model(script), {socket: 0o600}), reached(tmp_path, upstream, used) as client:
        answer = await client.post("/chat/completions", json=asked)
    assert answer.json()["choices"][0]["message"]["content"] == "From the socket."
    assert used[0].given > 0


async def test_errors_of_the_model_are_passed_on(agent, used):
    answer = await agent.post("/busy")
    assert (answer.status_code, answer.text) == (529, '{"error": "overloaded"}')
    assert answer.headers["retry-after"] == "7"
    assert used == []


async def test_a_stream_comes_piece_by_piece(agent, model, used):
    async with agent.stream("POST", "/stream", content=b"{}") as answer:
        pieces = answer.aiter_raw()
        assert await anext(pieces) == b"data: one\n\n"
        assert used == []
        model.go_on.set()
        assert b'"usage"' in b"".join([piece async for piece in pieces])
    assert used == [Tokens("m", 3, 0, 4)]


async def test_an_agent_that_hangs_up_ends_the_request(agent, model):
    async with agent.stream("POST", "/endless") as answer:
        await anext(answer.aiter_raw())
    assert await asyncio.to_thread(model.hung_up.wait, 5)


@pytest.mark.parametrize(
    "target", ["@elsewhere.example/plain", "http://elsewhere.example/plain", "//elsewhere.example/plain"]
)
async def test_no_path_leads_to_another_host(agent, model, tmp_path, target):
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "m.sock"))
    writer.write(f"POST {target} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
    head = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert b" 404 " in head or [path.startswith("/base//elsewhere") for _, path, _, _ in model.asked] == [True]


async def test_a_model_that_cannot_be_reached_is_an_error_for_the_agent(tmp_path, used):
    async with reached(tmp_path, Upstream("http://127.0.0.1:1"), used) as client:
        answer = await client.post("/v1/messages")
    assert answer.status_code == 502
    assert "cannot reach the model at 127.0.0.1" in answer.json()["error"]["message"]


def test_a_key_is_not_shown():
    assert "the-real-key" not in repr(Upstream("https://x", KEY))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v1/messages?beta=true", lambda body: body["error"]["message"] if body["type"] == "error" else ""),
        ("/v1/responses", lambda body: body["error"]["message"]),
        ("/v1/chat/completions", lambda body: body["error"]["message"]),
        (
            "/v1beta/models/gemini-4-argon:streamGenerateContent?alt=sse",
            lambda body: body["error"]["message"] if body["error"]["code"] == 400 else "",
        ),
    ],
)
async def test_a_closed_gateway_says_why_as_the_provider_would(model, used, tmp_path, path, found):
    place = reached(tmp_path, Upstream(model.url, KEY), used)
    async with place as client:
        place.why = "ada's budget is used up."
        answer = await client.post(path, content=b"{}")
        assert (answer.status_code, found(answer.json())) == (400, place.why)
        assert (model.asked, used) == ([], [])
        place.why = ""
        assert (await client.post("/v1/plain")).status_code == 200


async def test_a_closed_gateway_lets_what_is_under_way_end(model, used, tmp_path):
    place = reached(tmp_path, Upstream(model.url, KEY), used)
    async with place as client, client.stream("POST", "/stream", content=b"{}") as answer:
        pieces = answer.aiter_raw()
        await anext(pieces)
        place.why = "ada's budget is used up."
        model.go_on.set()
        assert b'"usage"' in b"".join([piece async for piece in pieces])
    assert used == [Tokens("m", 3, 0, 4)]


async def test_a_chat_stream_is_counted_without_a_trace(agent, used):
    answer = await agent.post("/v1/chat/completions", json={"model": "m", "stream": True, "messages": []})
    assert answer.content == CHAT_STREAM
    assert used == [Tokens("m", 3, 0, 4)]


async def test_who_asks_for_the_counts_of_a_chat_stream_gets_them(agent, model, used):
    body = b'{"stream":true, "stream_options":{"include_usage":true}}'
    answer = await agent.post("/v1/chat/completions", content=body)
    assert model.asked[0][3] == body
    assert b'"input_tokens": 3' in answer.content
    assert used == [Tokens("m", 3, 0, 4)]


async def test_a_chat_request_that_is_too_long_stays_here(agent, model, monkeypatch):
    monkeypatch.setattr("agentmux.gateway.model.CHAT_LIMIT", 100)
    answer = await agent.post("/v1/chat/completions", content=b" " * 101)
    assert (answer.status_code, model.asked) == (400, [])
    assert "100 bytes" in answer.json()["error"]["message"]
