"""From a key to its glyph on the screen: through the app, and through `tmux attach`."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path
from statistics import median

from scripts.bench.desk import Terminal, app, attached, running
from scripts.bench.row import Row, percentile

KEYS = 60


def measure(folder: Path, rounds: int) -> list[Row]:
    """The median and the slow end, with the other panes silent and with two that paint."""
    silent = _latencies(folder, rounds, ["echo", "silent", "silent"])
    busy = _latencies(folder, rounds, ["echo", "paint15", "paint15"])
    takes, at_worst = (median([percentile(raw, part) * 1000 for raw, _ in silent]) for part in (0.5, 0.99))
    slow = [percentile(drawn, 0.99) * 1000 for _, drawn in silent]
    return [
        Row(
            "key to glyph, the others silent",
            "x tmux attach",
            _ratios(silent),
            most=8,
            beside=f"tmux attach takes {takes:.2f} ms",
        ),
        Row("the same, its slowest hundredth", "ms", slow, most=5, beside=f"of tmux attach {at_worst:.2f} ms"),
        Row("key to glyph, two busy panes beside", "x tmux attach", _ratios(busy), most=20),
    ]


def _ratios(found: list[tuple[list[float], list[float]]]) -> list[float]:
    return [percentile(drawn, 0.5) / percentile(raw, 0.5) for raw, drawn in found]


def _latencies(folder: Path, rounds: int, kinds: list[str]) -> list[tuple[list[float], list[float]]]:
    """For each round the seconds through tmux, and those through the app."""
    numbers = count(1)
    found = []
    with running(folder, kinds) as paths:
        for _ in range(rounds):
            with attached(paths, "ada") as terminal:
                raw = _press(terminal, numbers)
            with app(paths) as terminal:
                terminal.type(b"1\r")
                terminal.until(b"TYPING")
                terminal.drain(0.5)
                drawn = _press(terminal, numbers)
            found.append((raw, drawn))
    return found


def _press(terminal: Terminal, numbers: count[int]) -> list[float]:
    """Press keys, at uneven distances; how long each took to be seen, in seconds."""
    seen = []
    for turn in range(KEYS):
        terminal.drain(0.02 + 0.03 * (turn * 0.618 % 1))
        number = next(numbers)
        begin = time.perf_counter()
        terminal.type(b"k")
        seen.append(terminal.until(b"<%06d>" % number) - begin)
    return seen
