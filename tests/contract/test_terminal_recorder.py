"""The recorder behind a real pane, and by itself with its input cut at will."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pexpect
import pytest

from agentmux.terminal import recorder
from agentmux.terminal.cast import CastEvent, RecorderLink, read
from agentmux.terminal.tmux import Recording, TmuxServer
from tests.contract.conftest import PANE_ENV
from tests.fixtures.processes import running
from tests.fixtures.waiting import PATIENCE, until


def events(cast: Path) -> list[CastEvent]:
    return list(read(cast)[1]) if cast.exists() and cast.stat().st_size else []


def output(cast: Path) -> str:
    return "".join(event.data for event in events(cast) if event.code == "o")


def ending(cast: Path) -> str:
    """The last of what was printed, without reading a large recording whole each time."""
    if not cast.exists():
        return ""
    with cast.open("rb") as file:
        file.seek(max(0, cast.stat().st_size - 1_000_000))
        lines = file.read().split(b"\n")[1:-1]  # the first may be cut, or is the head
    return "".join(data for _, code, data in map(json.loads, lines) if code == "o")


class Alone:
    """A recorder that reads what the test writes."""

    def __init__(self, folder: Path, secrets: str = "") -> None:
        self.cast = folder / "it's 100% #{x}.cast"
        self.socket = folder / "r.sock"
        (folder / "secrets").write_text(secrets)
        argv = [sys.executable, "-I", "-S", recorder.__file__]
        argv += [str(self.cast), str(self.socket), "80", "24", str(folder / "secrets")]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE)
        until(self.socket.exists)
        until(lambda: self.cast.exists() and self.cast.stat().st_size > 0)

    def write(self, data: bytes, then: str | None = None) -> None:
        """Write; with `then`, wait until the recording's output is this."""
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()
        if then is not None:
            until(lambda: output(self.cast) == then)

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(PATIENCE) == 0


@pytest.fixture
def alone(folder: Path) -> Iterator[Alone]:
    alone = Alone(folder, "hunter22\ns3cr3t-key\n\nab\n")
    yield alone
    alone.process.kill()
    alone.process.communicate()


def test_a_flood_is_recorded_without_a_gap(server: TmuxServer, folder: Path) -> None:
    cast = folder / "it's 100% #{pane_id}.cast"
    server.open_pane("ada", ["seq", "300000"], PANE_ENV, folder, Recording(cast, folder / "ada.sock"), 80, 24)
    until(lambda: ending(cast).endswith("300000\r\n"))
    assert [int(n) for n in re.findall(r"(\d+)\r\n", output(cast))] == list(range(1, 300001))


@pytest.mark.skipif(not shutil.which("asciinema"), reason="asciinema is not installed")
def test_asciinema_plays_what_was_recorded(server: TmuxServer, folder: Path) -> None:
    cast, sock = folder / "ada.cast", folder / "ada.sock"
    argv = ["sh", "-c", r"printf '\033[31mred é漢\033[0m'; read line; echo last"]
    pane = server.open_pane("ada", argv, PANE_ENV, folder, Recording(cast, sock), 80, 24)
    until(lambda: "漢" in output(cast))
    RecorderLink(sock).marker("a mark")
    RecorderLink(sock).resize(70, 20)
    server._run("send-keys", "-t", pane, "Enter")
    until(lambda: "last" in output(cast))
    env: os._Environ[str] = {**os.environ, "LANG": "C.UTF-8"}  # type: ignore[assignment]
    player = pexpect.spawn("asciinema", ["cat", str(cast)], env=env, encoding="utf-8")
    player.expect_exact("\x1b[31mred é漢\x1b[0m")
    player.expect_exact("last")
    player.expect(pexpect.EOF)
    player.close()
    assert player.exitstatus == 0


def test_the_file_is_written_as_the_format_says(alone: Alone) -> None:
    alone.write(b'say "\x1b[1m\\x\x07\n"', then='say "\x1b[1m\\x\x07\n"')
    header, event = alone.cast.read_text().splitlines()
    head = json.loads(header)
    assert (head["version"], head["width"], head["height"], head["timestamp"]) == (2, 80, 24, int(head["start"]))
    assert json.loads(event)[1:] == ["o", 'say "\x1b[1m\\x\x07\n"']
    assert alone.cast.stat().st_mode & 0o77 == 0


def test_characters_cut_in_the_middle_are_put_together_and_wrong_bytes_replaced(alone: Alone) -> None:
    alone.write("é漢".encode()[:3], then="é")
    alone.write("é漢".encode()[3:] + b"\xff|", then="é漢\ufffd|")
    alone.write("👩".encode()[:2])
    alone.end()
    assert output(alone.cast) == "é漢\ufffd|\ufffd"


def test_secrets_are_never_written_however_they_are_cut(alone: Alone) -> None:
    alone.write(b"it is hunter22, ab, hun", then="it is *****, ab, ")
    alone.write(b"te", then="it is *****, ab, ")
    alone.write(b"r22 and s3cr3t", then="it is *****, ab, ***** and ")
    alone.write(b"-key.", then="it is *****, ab, ***** and *****.")
    RecorderLink(alone.socket).marker("says hunter22")
    until(lambda: events(alone.cast)[-1].code == "m")
    assert "hunter22" not in alone.cast.read_text()
    assert "s3cr3t-key" not in alone.cast.read_text()


def test_what_only_looked_like_a_secret_is_written_after_a_moment(alone: Alone) -> None:
    alone.write(b"hunt", then="hunt")
    alone.write(b"er", then="hunter")


def test_markers_and_resizes_stand_among_the_output(alone: Alone) -> None:
    link = RecorderLink(alone.socket)
    alone.write(b"one", then="one")
    link.marker("ada claims src/**")
    until(lambda: len(events(alone.cast)) == 2)
    link.resize(100, 30)
    until(lambda: len(events(alone.cast)) == 3)
    alone.write(b"two", then="onetwo")
    assert [(e.code, e.data) for e in events(alone.cast)] == [
        *[("o", "one"), ("m", "ada claims src/**"), ("r", "100x30"), ("o", "two")]
    ]


def test_nonsense_on_the_socket_is_no_harm(alone: Alone) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        for nonsense in (b"", b"\xff", b"7", b"{}", b"[]", b'["r"]', b'["r", "x", 1]', b'["z"]', b'["m"]'):
            sender.sendto(nonsense, str(alone.socket))
    alone.write(b"still here", then="still here")
    assert [e.code for e in events(alone.cast)] == ["o"]


def test_a_link_to_no_recorder_neither_waits_nor_fails(folder: Path) -> None:
    link = RecorderLink(folder / "none")
    link.marker("x")
    stuck = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    stuck.bind(str(folder / "full"))
    link = RecorderLink(folder / "full")
    for _ in range(1000):
        link.marker("x" * 1000)
    assert select.select([stuck], [], [], 0)[0]
    stuck.close()


def test_a_recorder_that_was_killed_is_followed_by_another_one(server: TmuxServer, folder: Path) -> None:
    cast, sock = folder / "ada.cast", folder / "ada.sock"
    pane = server.open_pane("ada", ["cat"], PANE_ENV, folder, Recording(cast, sock), 80, 24)
    server._run("send-keys", "-t", pane, "first", "Enter")
    until(lambda: "first" in output(cast))
    for pid in running(re.escape(str(cast))):
        os.kill(pid, 9)
    server._run("send-keys", "-t", pane, "lost", "Enter")
    until(lambda: not server.panes()["ada"].piped)
    with cast.open("a") as file:
        file.write('[0.5, "o", "tor')
    before = events(cast)
    server.record(pane, Recording(cast, sock))
    until(lambda: server.panes()["ada"].piped and "recording resumed" in cast.read_text())
    server._run("send-keys", "-t", pane, "second", "Enter")
    until(lambda: "second" in output(cast))
    after = events(cast)
    assert after[: len(before)] == before
    assert [(e.code, e.data) for e in after[len(before) :]][:2] == [("r", "80x24"), ("m", "recording resumed")]
    assert all(one.at <= other.at for one, other in pairwise(after))
