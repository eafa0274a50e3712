"""The `room` command against a stand-in for the room's socket: what it sends, prints and returns."""

import json
import socket
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from shutil import rmtree
from socketserver import ThreadingUnixStreamServer

import pytest

from agentmux.inside import room

TOOLS = [
    {
        "name": "fly",
        "description": "Go somewhere. Use it rarely.",
        "inputSchema": {
            "type": "object",
            "required": ["where"],
            "properties": {
                "where": {"type": "string", "description": "The place."},
                "stops": {"type": "array", "items": {"type": "string"}},
                "height": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
                "name": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
                "fast": {"type": "boolean"},
                "seat": {"enum": ["aisle", "window"], "type": "string"},
            },
        },
    }
]


class Room(ThreadingUnixStreamServer):
    """Answers tools/list, and every call with `result` or, if that is set, with the bare HTTP `answer`."""

    daemon_threads = True

    def __init__(self, path):
        super().__init__(path, Handler)
        self.result = {"content": [{"type": "text", "text": "Done."}], "structuredContent": {"n": 1}, "isError": False}
        self.answer = None
        self.requests = []


class Handler(BaseHTTPRequestHandler):
    server: Room

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((dict(self.headers), body))
        result = {"tools": TOOLS} if body["method"] == "tools/list" else self.server.result
        status, content = self.server.answer or (
            200,
            json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode(),
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        return


@pytest.fixture
def folder(monkeypatch):
    path = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp"))
    (path / "token").write_text("s3cret\n")
    monkeypatch.setenv("AGENTMUX_SOCKET", str(path / "s"))
    monkeypatch.setenv("AGENTMUX_TOKEN_FILE", str(path / "token"))
    yield path
    rmtree(path)


@pytest.fixture
def server(folder):
    with Room(str(folder / "s")) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def sent(server):
    return server.requests[-1][1]["params"]["arguments"]


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["where=42"], {"where": "42"}),
        (["where=a=b"], {"where": "a=b"}),
        (["where="], {"where": ""}),
        (["stops=a,b"], {"stops": ["a", "b"]}),
        (["stops=a", "stops=b,c"], {"stops": ["a", "b", "c"]}),
        (['stops=["a,b"]', "stops=c"], {"stops": ["a,b", "c"]}),
        (["stops=[ab].py"], {"stops": ["[ab].py"]}),
        (["height=3.5"], {"height": 3.5}),
        (["height=null"], {"height": None}),
        (["height=high"], {"height": "high"}),
        (["name=null", "fast=true"], {"name": "null", "fast": True}),
    ],
)
def test_values_are_read_as_the_schema_asks(server, words, arguments):
    assert room.main(["fly", *words]) == 0
    assert sent(server) == arguments


def test_a_call_carries_the_token_and_needs_no_handshake(server):
    assert room.call("fly", where="home") == {"n": 1}
    [(headers, body)] = server.requests
    assert headers["Authorization"] == "Bearer s3cret"
    assert headers["MCP-Protocol-Version"] == room.PROTOCOL
    assert (body["method"], body["params"]) == ("tools/call", {"name": "fly", "arguments": {"where": "home"}})


def test_text_for_people_json_for_programs(server, capsys):
    assert room.main(["fly", "where=x"]) == 0
    assert capsys.readouterr().out == "Done.\n"
    assert room.main(["fly", "--json", "where=x"]) == 0
    assert json.loads(capsys.readouterr().out) == {"n": 1}


def test_a_refusal_is_an_exception_for_programs_and_a_status_for_shells(server, capsys):
    reply = {"refused": "No fuel.", "hint": "Land.", "facts": {}, "unread": []}
    server.result = {
        "content": [{"type": "text", "text": "Refused: No fuel. Land."}],
        "structuredContent": reply,
        "isError": True,
    }
    with pytest.raises(room.Refused, match=r"^No fuel\.$") as caught:
        room.call("fly")
    assert (caught.value.hint, caught.value.reply) == ("Land.", reply)
    assert room.main(["fly", "where=x", "--json"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out) == reply
    assert printed.err == "Refused: No fuel. Land.\n"


@pytest.mark.parametrize(
    ("status", "content", "says"),
    [
        (401, b'{"error": "This token is nobody\'s."}', "This token is nobody's."),
        (
            200,
            b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "There is no such tool."}}',
            "no such tool",
        ),
        (500, b"Internal \x1bServer Error", "HTTP status 500: Internal"),
    ],
)
def test_errors_of_the_room_are_told(server, capsys, status, content, says):
    server.answer = (status, content)
    assert room.main([]) == 1
    printed = capsys.readouterr()
    assert (printed.out, says in printed.err, "\x1b" in printed.err) == ("", True, False)


def test_help_comes_from_the_room(server, capsys):
    for words in ([], ["--help"]):
        assert room.main(words) == 0
        assert "  fly       Go somewhere.\n" in capsys.readouterr().out
    assert room.main(["fly", "--help"]) == 0
    text = capsys.readouterr().out
    assert "Go somewhere. Use it rarely." in text
    assert "where=STRING  The place. (needed)" in text
    assert "seat=aisle|window" in text
    assert "height=NUMBER" in text


def test_nobody_at_the_socket(folder, capsys):
    assert room.main(["fly"]) == 3
    assert "does not answer" in capsys.readouterr().err
    with pytest.raises(OSError, match="does not answer"):
        room.call("fly")


def test_a_room_that_hangs_up(folder, capsys):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "s"))
    listener.listen()
    hanging_up = threading.Thread(target=lambda: listener.accept()[0].close())
    hanging_up.start()
    assert room.main(["fly"]) == 3
    hanging_up.join()
    listener.close()
    assert "does not answer" in capsys.readouterr().err


def test_it_is_a_program_that_needs_nothing_but_python():
    """Isolated (-I) and without site-packages (-S), as a container may have it."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", room.__file__], env={}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "AGENTMUX_SOCKET is not set" in done.stderr
