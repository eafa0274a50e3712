"""A stand-in for the room behind its socket, and a terminal that keeps what is written."""

import json
import shutil
import tempfile
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import SimpleQueue
from socketserver import ThreadingUnixStreamServer

import pytest
from console import Event

from agentmux.inside.native.agent import Agent
from agentmux.inside.native.conversation import Conversation
from agentmux.inside.native.model import Reply, Usage

CLAIM = {
    "name": "claim",
    "description": "Claim paths.",
    "inputSchema": {"type": "object", "properties": {"paths": {"type": "array"}}},
}


class Room(ThreadingUnixStreamServer):
    """Has one tool. `hooks` maps events to answers, each given once; what was asked is in `told` and `called`."""

    daemon_threads = True

    def __init__(self, path):
        super().__init__(str(path), Handler)
        self.hooks = {}
        self.told = []
        self.called = []
        self.reply = "granted"


class Handler(BaseHTTPRequestHandler):
    server: Room

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/hook":
            self.server.told.append(asked)
            answer = self.server.hooks.pop(asked["hook_event_name"], {})
        elif asked["method"] == "tools/list":
            answer = {"result": {"tools": [CLAIM]}}
        else:
            self.server.called.append((asked["params"]["name"], asked["params"]["arguments"]))
            answer = {"result": {"content": [{"type": "text", "text": self.server.reply}]}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "agent"

    def log_message(self, *args):
        pass


@pytest.fixture
def room(monkeypatch):
    folder = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp"))
    server = Room(folder / "s")
    (folder / "token").write_text("t")
    monkeypatch.setenv("AGENTMUX_SOCKET", str(folder / "s"))
    monkeypatch.setenv("AGENTMUX_TOKEN_FILE", str(folder / "token"))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    shutil.rmtree(folder)


class Screen:
    """What the agent wrote, and the label of its live line; types once something has come."""

    def __init__(self, events):
        self.lines = []
        self.labels = []
        self._events = events
        self._typing = []

    def write(self, text="", style="", indent=None):
        self.lines += text.split("\n")
        self._type(text)

    def show(self, label, style=""):
        new = label not in self.labels[-1:]
        self.labels.append(label)
        if new:
            self._type(label)

    def _type(self, shown):
        if self._typing and self._typing[0][0] in shown:
            self._events.put(self._typing.pop(0)[1])

    def types(self, label, kind, text=""):
        """When this is shown: a `line` with a text, or the `interrupt` key."""
        self._typing.append((label, Event(kind, text)))


class Part:
    """A model that says what it is told to: texts, commands, or errors; it keeps what it was asked."""

    name = "test/model"

    def __init__(self, *replies):
        self.replies = [*replies]
        self.asked = []

    def ask(self, messages, tools, stop, told):
        self.asked.append([*messages])
        self.tools = tools
        reply = self.replies.pop(0) if self.replies else "Over."
        if callable(reply):
            reply = reply(stop)
        if isinstance(reply, Exception):
            raise reply
        message = reply if isinstance(reply, dict) else {"role": "assistant", "content": reply}
        return Reply(message, Usage(1000, 800, 20, 0.002))


def call(name, number=1, /, **arguments):
    """A reply that calls a tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": f"call-{number}", "type": "function", "function": function}],
    }


class Stage:
    """An agent with such a terminal and such a model; when the typing is over, it is told to leave."""

    def __init__(self, file):
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.screen = Screen(self.events)
        self.file = file

    def play(self, *replies, task="Do it.", resumed=False):
        self.model = Part(*replies)
        self.conversation = Conversation(self.file, resumed=resumed)
        self.screen.types("ada> ", "line", "exit")
        with pytest.raises(SystemExit):
            Agent("ada", self.screen, self.events, self.model, "You are ada.", self.conversation).work(task)
        return self.conversation.messages


@pytest.fixture
def stage(room, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Stage(tmp_path / "home" / "conversation.jsonl")
