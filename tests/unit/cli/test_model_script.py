"""`agentmux model-script` as a process: it serves, says where, and ends; and what it says about a wrong script."""

import os
import re
import signal
import socket
import subprocess
import sys

import httpx2
import pytest

from tests.fixtures.waiting import PATIENCE

ASKED = {"model": "m", "messages": [{"role": "user", "content": "Hello."}]}


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.yaml"
    path.write_text("steps: [{say: Hello from the script.}]\n")
    return path


@pytest.fixture
def serving():
    """A function that starts the server with these arguments and returns the process and where it listens."""
    started = []

    def start(*arguments):
        command = [sys.executable, "-m", "agentmux", "model-script", *map(str, arguments)]
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        started.append(server)
        assert server.stderr is not None
        line = server.stderr.readline()
        found = re.search(r"answers at (\S+)\. ctrl-C", line)
        assert found, line
        return server, found[1]

    yield start
    for server in started:
        server.kill()
        server.communicate()


def test_it_serves_at_an_address_until_it_is_interrupted(script, serving):
    server, url = serving(script, "--listen", "127.0.0.1:0")
    answer = httpx2.post(f"{url}/v1/chat/completions", json=ASKED)
    assert answer.json()["choices"][0]["message"]["content"] == "Hello from the script."
    server.send_signal(signal.SIGINT)
    assert server.wait(PATIENCE) == 0
    assert server.stderr.read() == ""


def test_it_serves_on_a_unix_socket_and_takes_it_away(script, serving, home):
    path = home.parent / "model.sock"
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(os.fspath(path))
    server, _ = serving(script, "--socket", path)
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=os.fspath(path))) as client:
        assert client.get("http://model/v1/models").status_code == 200
    server.send_signal(signal.SIGINT)
    assert server.wait(PATIENCE) == 0
    assert not path.exists()


def test_an_address_in_use_is_told(script, run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("model-script", str(script), "--listen", f"127.0.0.1:{port}")
    assert ran.status == 2
    assert f"cannot listen on 127.0.0.1:{port}" in ran.err


def test_an_address_without_a_port_is_told(script, run):
    ran = run("model-script", str(script), "--listen", "localhost")
    assert ran.status == 2
    assert "this is no HOST:PORT" in ran.err


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("steps:\n  - say: a\n  - sayy: b\n", 3, "unknown key 'steps.1.sayy'"),
        ("steps:\n  - say: a\n    run: b\n", 2, "steps.0: a step does one thing of say, run, write"),
        ("steps:\n  - text: a\n", 2, "steps.0: a step does one thing"),
        ("steps:\n  - say: a\n  - run: ls\n    times: 2\n", 3, "steps.1: 'times' does not go with 'run'"),
        ("steps:\n  - write: a.txt\n", 2, "steps.0: 'write' needs 'text' beside it"),
        ("steps:\n  - say: a\n  - fail: 200\n", 3, "steps.1.fail: input should be greater than or equal to 400"),
        ("steps:\n  - slow: soon\n", 2, "steps.0.slow: must be a number of seconds above 0"),
        ("agents:\n  - name: Ada\n    steps: []\n", 2, "agents.0.name: must be a lower-case letter"),
        ("agents:\n  - name: ada\n    steps:\n      - runn: ls\n", 4, "unknown key 'agents.0.steps.0.runn'"),
        ("agents:\n- {name: ada, steps: []}\n- {name: ada, steps: []}\n", 1, "the agent 'ada' has two parts"),
        ("{}\n", 1, "a script has `steps`, or `agents` with steps, or both"),
    ],
)
def test_a_wrong_script_is_told_with_file_line_and_key(script, run, text, line, sentence):
    script.write_text(text)
    ran = run("model-script", str(script))
    assert ran.status == 2
    assert f"{script}:{line}: {sentence}" in ran.err
