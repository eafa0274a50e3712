"""All processes of one place, however they were started: they carry AGENTMUX_PLACE in their environment.

A process group would miss what a shell puts into groups of its own, and a tree of parents would miss what turned itself
into a daemon. Children of a marked process count even if they dropped the mark. Not found is only what did both.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "AGENTMUX_PLACE"
GRACE = 2.0
"""Seconds between the friendly end of a process and the forced one."""
LOOK_AGAIN = 0.02
"""Seconds; nothing can tell about the end of processes that are no children of ours."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process as the system lists it; `marked` if its environment names the place."""

    pid: int
    parent: int
    marked: bool


def members(place: Path) -> set[int]:
    """The process ids of all that runs in the place now."""
    return family(_listed(place))


def family(processes: Iterable[Process]) -> set[int]:
    """The marked ones with all their descendants.

    >>> sorted(family([Process(1, 0, False), Process(4, 3, False), Process(3, 1, True), Process(5, 4, False)]))
    [3, 4, 5]
    """
    everyone = list(processes)
    children: dict[int, list[int]] = {}
    for process in everyone:
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    open_ends = [process.pid for process in everyone if process.marked]
    while open_ends:
        if (pid := open_ends.pop()) not in found:
            found.add(pid)
            open_ends += children.get(pid, [])
    return found


def freeze(place: Path) -> None:
    """Stop every process of the place, also those that appear meanwhile."""
    stopped: set[int] = set()
    while fresh := members(place) - stopped:
        _send(fresh, signal.SIGSTOP)
        stopped |= fresh


def thaw(place: Path) -> None:
    """Let every process of the place go on."""
    _send(members(place), signal.SIGCONT)


def end(place: Path) -> None:
    """End every process of the place: as if its terminal were closed, after two seconds by force."""
    present = members(place)
    for number in (signal.SIGHUP, signal.SIGCONT):
        _send(present, number)
    _until(lambda: not members(place), GRACE)
    while present := members(place):
        _send(present, signal.SIGKILL)
        time.sleep(LOOK_AGAIN)


def _until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(LOOK_AGAIN)


def _send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _listed(place: Path) -> Iterator[Process]:
    mark = f"{MARK}={place}"
    return _from_proc(os.fsencode(mark)) if sys.platform == "linux" else _from_ps(mark)


def _from_proc(mark: bytes) -> Iterator[Process]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # pid (name, which may hold anything) state parent ...; see proc(5)
            state, parent = (folder / "stat").read_bytes().rpartition(b")")[2].split()[:2]
        except OSError:
            continue
        if state in (b"Z", b"X"):
            continue
        try:
            marked = mark in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            marked = False
        yield Process(int(folder.name), int(parent), marked)


def _from_ps(mark: str) -> Iterator[Process]:
    """From the ps of macOS, which prints the environment of the user's own processes after the command."""
    listing = subprocess.run(
        ["ps", "-axwwE", "-o", "pid=,ppid=,stat=,command="],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    for line in listing.stdout.splitlines():
        pid, parent, state, *command = line.split(None, 3)
        if not state.startswith("Z"):
            yield Process(int(pid), int(parent), f" {mark} " in f" {''.join(command)} ")
