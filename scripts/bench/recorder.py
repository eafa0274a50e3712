"""What recording costs an agent that floods: the same program in a pane of tmux with and without a recorder."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from agentmux.terminal.tmux import Recording, TmuxServer
from scripts.bench.desk import LOADS, TOP, cpu, wait
from scripts.bench.row import Row

KINDS = ("yes", "paint")
TURNS = 8
"""How often each of the two runs in a round, by turns: what else the machine does changes from second to second."""
SECONDS = 0.5
MIB = 1 << 20


def measure(folder: Path, rounds: int) -> list[Row]:
    """The speed of the recorded one as a part of the other's, and what the recorder takes."""
    server = TmuxServer(folder / "tmux.sock")
    server.start(100, 40)
    rows = []
    try:
        for kind in KINDS:
            found = [_round(server, folder / f"{kind}{turn}", kind) for turn in range(rounds)]
            what = f"an agent that floods ({kind}) and is recorded"
            rows += [
                Row(f"{what}: its speed", "x unrecorded", [speed for speed, _ in found], least=0.95),
                Row("the same: its recorder", "ms of CPU a MiB", [cost for _, cost in found]),
            ]
    finally:
        server.kill()
    return rows


@dataclass(slots=True)
class _Flood:
    """A program that stands still, and how many bytes its terminal took in how many seconds when it did not."""

    pid: int
    file: Path
    taken: int = 0
    seconds: float = 0.0

    def run(self) -> None:
        """Let it run for a while."""
        os.kill(self.pid, signal.SIGCONT)
        before, begin = _count(self.file), time.perf_counter()
        time.sleep(SECONDS)
        self.taken += _count(self.file) - before
        self.seconds += time.perf_counter() - begin
        os.kill(self.pid, signal.SIGSTOP)
        time.sleep(SECONDS / 10)  # until what is on its way is there


def _round(server: TmuxServer, folder: Path, kind: str) -> tuple[float, float]:
    """The recorded one's speed as a part of the other's, and milliseconds of CPU that its recorder took for a MiB."""
    folder.mkdir()
    recorded, bare = _open(server, folder, kind, recorded=True), _open(server, folder, kind, recorded=False)
    recorder = int(subprocess.check_output(["pgrep", "-f", str(folder / "recorded.cast")]).split()[0])
    before = cpu(recorder)
    for turn in range(TURNS):
        for one in (recorded, bare) if turn % 2 else (bare, recorded):
            one.run()
    cost = (cpu(recorder) - before) * 1000 / (recorded.taken / MIB)
    for window in ("recorded", "bare"):
        _tmux(server, "kill-window", "-t", f"=hub:={window}")
    return (recorded.taken / recorded.seconds) / (bare.taken / bare.seconds), cost


def _open(server: TmuxServer, folder: Path, kind: str, *, recorded: bool) -> _Flood:
    name = "recorded" if recorded else "bare"
    file = folder / name
    argv = [sys.executable, LOADS, kind, str(file)]
    if recorded:
        recording = Recording(folder / f"{name}.cast", folder / f"{name}.sock")
        server.open_pane(name, argv, {"PYTHONPATH": str(TOP)}, folder, recording, 100, 40)
    else:
        _tmux(server, "new-window", "-d", "-t", "=hub:", "-n", name, *argv)
    wait(lambda: file.exists() and _count(file), f"{name} did not begin")
    pid = int(_tmux(server, "display-message", "-p", "-t", f"=hub:={name}", "#{pane_pid}"))
    os.kill(pid, signal.SIGSTOP)
    return _Flood(pid, file)


def _tmux(server: TmuxServer, *words: str) -> str:
    argv = ["tmux", "-N", "-S", str(server.socket), *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def _count(file: Path) -> int:
    return int(struct.unpack("Q", file.read_bytes().ljust(8, b"\0"))[0])
