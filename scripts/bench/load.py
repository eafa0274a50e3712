"""What the app, the room and the recorders take of a core, and what that costs the agents."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agentmux.paths import SessionPaths
from scripts.bench.desk import (
    Terminal,
    app,
    cpu,
    memory,
    recorders,
    running,
    server_pid,
    state_of,
    taken,
    wait,
)
from scripts.bench.row import Row, percentile

SECONDS = 8.0
STOPPED = 5.0
FLOOD = ["yes", "seq", "paint"]
FRAME = re.compile(rb"#(\d{8})#")
MIB = 1 << 20


def measure(folder: Path, rounds: int) -> list[Row]:
    """Silent panes, panes of agents at work, and panes that flood."""
    return [*_quiet(folder, rounds), *_agents(folder, rounds), *_flood(folder, rounds), *_stopped(folder, rounds)]


def _quiet(folder: Path, rounds: int) -> list[Row]:
    with running(folder, ["silent"] * 3) as paths, app(paths) as terminal:
        shares = [_shares(paths, terminal) for _ in range(rounds)]
    return [
        Row("three silent panes: the app", "% of a core", [own for own, _ in shares], most=0.5),
        Row("the same with room, tmux and recorders", "% of a core", [own + rest for own, rest in shares], most=1),
    ]


def _agents(folder: Path, rounds: int) -> list[Row]:
    with running(folder, ["agent"] * 3) as paths, app(paths) as terminal:
        shares = [_shares(paths, terminal) for _ in range(rounds)]
    return [
        Row("three agents at work: the app", "% of a core", [own for own, _ in shares], most=5),
        Row("the same: room, tmux and recorders", "% of a core", [rest for _, rest in shares]),
    ]


def _shares(paths: SessionPaths, terminal: Terminal) -> tuple[float, float]:
    """What the app takes of a core, and what all else of ours takes, in per cent."""
    others = [state_of(paths).room_pid or 0, server_pid(paths), *recorders(paths)]
    begin, own, rest = time.perf_counter(), cpu(terminal.pid), sum(map(cpu, others))
    terminal.drain(SECONDS)
    part = 100 / (time.perf_counter() - begin)
    return (cpu(terminal.pid) - own) * part, (sum(map(cpu, others)) - rest) * part


def _flood(folder: Path, rounds: int) -> list[Row]:
    shares, rates, lags, speeds = [], [], [], []
    stats = folder / "late.json"
    for _ in range(rounds):
        with running(folder, FLOOD) as paths:
            wait(lambda: len(taken(folder)) == len(FLOOD) and all(taken(folder)), "the flood did not begin")
            alone = _speed(folder, lambda: time.sleep(SECONDS))
            with app(paths, stats) as terminal, _lateness(terminal, stats) as late:
                came = b""
                begin, own = time.perf_counter(), cpu(terminal.pid)

                def look(terminal: Terminal = terminal) -> None:
                    nonlocal came
                    came = terminal.drain(SECONDS)

                watched = _speed(folder, look)
                length = time.perf_counter() - begin
                shares.append((cpu(terminal.pid) - own) / length * 100)
            rates.append(len(set(FRAME.findall(came))) / length)
            lags.append(percentile(late, 0.99) * 1000)
            speeds.append(watched / alone)
    return [
        Row("three panes that flood: the app", "% of a core", shares, most=20),
        Row("the same: pictures of the painting pane", "a second", rates, least=25),
        Row("the same: the app's event loop is late, slowest hundredth", "ms", lags, most=15),
        Row("the same: agents' speed", "x unwatched", speeds, least=0.6, beside="recorded in both cases"),
    ]


@contextmanager
def _lateness(terminal: Terminal, stats: Path) -> Iterator[list[float]]:
    """How late the app's event loop is meanwhile, in seconds; filled in at the end."""
    late: list[float] = []
    os.kill(terminal.pid, signal.SIGUSR1)
    yield late
    stats.unlink(missing_ok=True)
    os.kill(terminal.pid, signal.SIGUSR2)
    wait(lambda: terminal.drain(0.02) is not None and stats.exists(), "the app did not tell how late it was")
    late += json.loads(stats.read_text())


def _speed(folder: Path, meanwhile: Callable[[], None]) -> float:
    """Bytes a second that the terminals of the agents take."""
    begin, before = time.perf_counter(), sum(taken(folder))
    meanwhile()
    return (sum(taken(folder)) - before) / (time.perf_counter() - begin)


def _stopped(folder: Path, rounds: int) -> list[Row]:
    speeds, growths = [], []
    with running(folder, ["yes"]) as paths:
        wait(lambda: any(taken(folder)), "the flood did not begin")
        for _ in range(rounds):
            before = _speed(folder, lambda: time.sleep(STOPPED))
            with app(paths) as terminal:
                os.kill(terminal.pid, signal.SIGSTOP)
                size = memory(server_pid(paths))
                stopped = _speed(folder, lambda: time.sleep(STOPPED))
                growths.append((memory(server_pid(paths)) - size) / MIB)
                os.kill(terminal.pid, signal.SIGCONT)
            after = _speed(folder, lambda: time.sleep(STOPPED))
            speeds.append(stopped / ((before + after) / 2))  # a machine is not as quick at one time as at another
    return [
        Row("the app stands still under a flood: the agent's speed", "x unwatched", speeds, least=0.95),
        Row("the same: tmux grows", "MiB", growths, most=1),
    ]
