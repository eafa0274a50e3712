"""The relay as a program of its own, between loopback ports and unix sockets."""

import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from agentmux.sandbox import processes
from agentmux.sandbox.base import INSIDE
from tests.fixtures.waiting import PATIENCE


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="amx", dir="/tmp"))
    yield path
    processes.end(path)
    shutil.rmtree(path)


@pytest.fixture
def listening(folder):
    """A function that listens at a unix socket and answers each connection through the given function."""
    threads = []
    with socket.socket(socket.AF_UNIX) as listener:

        def listen(answer):
            listener.bind(str(folder / "s"))
            listener.listen()

            def serve():
                conn, _ = listener.accept()
                with conn:
                    conn.sendall(answer(conn))

            threads.append(threading.Thread(target=serve))
            threads[0].start()
            return folder / "s"

        yield listen
        for thread in threads:
            thread.join(10)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, *links):
    """Start the relay; it is up when this returns."""
    command = [sys.executable, "-I", "-S", INSIDE / "relay.py", *links]
    return subprocess.run(command, env={processes.MARK: str(folder)}, capture_output=True, text=True, timeout=PATIENCE)


def read_all(conn):
    return b"".join(iter(lambda: conn.recv(65536), b""))


def test_both_directions_and_a_half_closed_one(folder, listening):
    port = free_port()
    sock = listening(lambda conn: b"heard " + read_all(conn)[::-1])
    assert start(folder, f"{port}={sock}").returncode == 0
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as conn:
        conn.sendall(b"x" * 1_000_000 + b"y")
        conn.shutdown(socket.SHUT_WR)
        assert read_all(conn) == b"heard y" + b"x" * 1_000_000


def test_a_socket_that_comes_later_and_one_that_never_comes(folder, listening):
    port, other = free_port(), free_port()
    assert start(folder, f"{port}={folder}/s", f"{other}={folder}/never").returncode == 0
    for silent in (port, other):
        with socket.create_connection(("127.0.0.1", silent), timeout=PATIENCE) as conn:
            assert read_all(conn) == b""
    listening(lambda conn: b"here now")
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as conn:
        assert read_all(conn) == b"here now"


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_only_loopback_is_listened_at(folder):
    port = free_port()
    start(folder, f"{port}={folder}/s")
    table = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert [address for address in table if address.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


@pytest.mark.parametrize("link", ["x=/y", ""])
def test_a_link_that_is_none(folder, link):
    ran = start(folder, link)
    assert ran.returncode != 0
    assert ran.stderr.startswith("relay: ")


def test_a_port_that_is_taken(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = start(folder, f"{taken.getsockname()[1]}={folder}/s")
    assert ran.returncode != 0
    assert "in use" in ran.stderr
