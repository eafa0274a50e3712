"""How large a long session becomes, and how long it takes to open: `make soak`.

Plays a day (or as many hours as are named) of three busy agents through the recorder's and the log's own code, with a
clock that jumps, and measures what is on the disk at the end. What is assumed of each agent, all day long:

- It works 60 % of the time, in turns of 3 minutes. While it works, its CLI paints the block at the bottom of its screen
  ten times a second: a spinner with seconds and tokens, a box of four rows, a status line; about 700 bytes. A third of
  that time it also streams an answer, four words at a time. Every 30 seconds a tool prints 40 coloured lines of code.
- Its log: a model call every 12 seconds, a snapshot every 10, a state every 20, a message to all every minute (with the
  receipts of the three others), a claim every 5 minutes that is renewed three times and released, a task or a note
  every 10 minutes. Only its working time counts.

Text comes from the standard library's source, so that it compresses like code and prose do.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from types import SimpleNamespace

from agentmux.paths import SessionPaths
from agentmux.room import events as ev
from agentmux.service.log import Log, LogReader
from agentmux.terminal import cast, recorder

AGENTS = ("ada", "bob", "cy")
BEGIN = 1_760_000_000.0
TURN, WORKING = 300.0, 180.0
"""Seconds of a turn, and of work in it."""
MIB = 1 << 20


def source_lines(seed: str) -> list[str]:
    """Lines of code, in an order of their own for each agent."""
    lines = [line for file in sorted(Path(json.__file__).parent.parent.glob("a*.py")) for line in file.open()]
    chance = random.Random(seed)
    start = chance.randrange(len(lines))
    return [line.rstrip() for line in lines[start:] + lines[:start] if line.strip()]


def painted(agent: str, hours: float) -> Iterator[tuple[float, str]]:
    """What an agent's CLI prints, with the seconds since the beginning."""
    lines, chance, at = source_lines(agent), random.Random(agent), 0
    box, grey, end = "\x1b[38;5;244m" + "─" * 76 + "\x1b[39m\r\n", "\x1b[38;5;246m", "\x1b[39m\r\n"
    repainted = 0
    for frame in range(int(hours * 36000)):
        second, tick = divmod(frame, 10)
        now = second % TURN
        if now >= WORKING:
            continue
        text = "\x1b[2K\x1b[1A" * repainted + "\x1b[2K\x1b[G"
        repainted = 6
        if second % 30 == 0 and tick == 0:
            block = (lines[(at + n) % len(lines)] for n in range(40))
            text += "".join(f"\x1b[38;5;{chance.choice((2, 1, 244))}m{line}{end}" for line in block)
            at += 40
        if now % 90 < 30:
            words = lines[at % len(lines)].split()
            text += " ".join(words[: tick * 4 + 4])[:76] + "\r\n"
            repainted += tick < 9  # then the line is complete, and stays above the block
            at += tick == 9
        text += f"\x1b[38;5;174m{'·✢✳✶✻✽'[frame % 6]} Working… "
        text += f"{grey}({now:.0f}s · ↑ {frame % 9973 / 10:.1f}k tokens · esc to interrupt){end}\r\n"
        text += f"{box}> \x1b[7m \x1b[27m\r\n{box}  {grey}? for shortcuts · {agent}{end}"
        yield frame / 10, text


def record_pane(file: Path, agent: str, hours: float) -> None:
    """Be the recorder of one pane."""
    clock = SimpleNamespace(time=lambda: BEGIN + at)
    at = 0.0
    recorder.time = clock  # type: ignore[assignment]
    scrubber = recorder.Scrubber(["sk-ant-0123456789abcdef", "token-of-the-agent"])
    recording = recorder.Cast(file, 100, 40)
    size = 0
    for at, text in painted(agent, hours):  # noqa: B007  the clock tells it
        size += len(text.encode())
        recording.output(scrubber.feed(text))
    recording.close()
    print(size)


def happened(hours: float) -> Iterator[tuple[float, str, list[ev.Event]]]:
    """What the agents do in the room, in the order of time, with who does it."""
    facts = {"repo": "/home/me/shop", "base": "b" * 40, "layout": "trio", "sandbox": "docker"}
    profiles = dict.fromkeys(AGENTS, "claude")
    yield BEGIN, "room", [ev.SessionCreated(session="day", agents=list(AGENTS), profiles=profiles, **facts)]
    chance, lines, number = random.Random(0), source_lines("log"), count(1)
    for second in range(int(hours * 3600)):
        turn, into = divmod(second, TURN)
        for n, agent in enumerate(AGENTS):
            if into < WORKING:
                for actor, events in done(agent, int(turn * WORKING + into) + n, number, chance, lines):
                    yield BEGIN + second + n / 3, actor, events


def done(
    agent: str, work: int, number: Iterator[int], chance: random.Random, lines: list[str]
) -> Iterator[tuple[str, list[ev.Event]]]:
    """What one agent does in this second of its work."""
    path = f"src/shop/{re.sub(r'[^a-z]', '', chance.choice(lines))[:12] or 'part'}.py"
    if work % 12 == 0:
        taken = chance.randrange(20_000, 180_000)
        used = {"tokens_in": taken, "cached": taken - 900, "tokens_out": chance.randrange(20, 3000)}
        yield "room", [ev.ModelUsed(agent=agent, model="claude-sonnet-4-5-20250929", **used)]
    if work % 10 == 0:
        tree, parent = (f"{chance.getrandbits(160):040x}" for _ in range(2))
        lines_of = {"added": work % 99, "removed": work % 9}
        yield "room", [ev.SnapshotTaken(agent=agent, tree=tree, parent=parent, paths=[path], files=1, **lines_of)]
    if work % 20 == 0:
        state = "working" if work % 40 else "idle"
        yield "room", [ev.AgentStateChanged(agent=agent, state=state, why="hook: PreToolUse")]
    if work % 60 == 0:
        message = next(number)
        yield agent, [ev.MessageSent(id=message, to="all", text=" ".join(chance.sample(lines, 4)))]
        for other in (name for name in (*AGENTS, "you") if name != agent):
            seen = {"id": message, "member": other}
            yield other, [ev.MessageDelivered(how="hook", **seen), ev.MessageRead(**seen)]
    claim = sum(agent.encode()) * 10_000_000 + work - work % 300  # nobody else's number
    if work % 300 == 0:
        held = {"id": claim, "holder": agent, "paths": [path], "intent": chance.choice(lines)}
        yield agent, [ev.ClaimGranted(lease=900.0, until=BEGIN, fence=work, **held)]
    if work % 75 == 74:
        yield "room", [ev.ClaimRenewed(id=claim, until=BEGIN + work)]
    if work % 300 == 299:
        yield agent, [ev.ClaimReleased(id=claim)]
    if work % 600 == 0:
        yield agent, [ev.NoteAdded(text=chance.choice(lines))]


def size_of(files: list[Path]) -> float:
    """MiB on the disk."""
    return sum(file.stat().st_size for file in files) / MIB


def seconds(work: object) -> float:
    """How long it takes to call this."""
    begin = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - begin


def main(hours: float) -> None:
    """Play, measure, print."""
    folder = Path(tempfile.mkdtemp(prefix="soak"))
    paths = SessionPaths(folder)
    paths.casts.mkdir()
    try:
        begin = time.perf_counter()
        argv = [sys.executable, __file__]
        panes = [
            subprocess.Popen([*argv, str(hours), str(paths.cast(agent)), agent], stdout=subprocess.PIPE, text=True)
            for agent in AGENTS
        ]
        with Log(paths.log) as log:
            for at, actor, events in happened(hours):
                log.append(at, actor, events)
        happenings = log_size(paths)
        printed = sum(int(pane.communicate()[0]) for pane in panes) / MIB
        every = [file for agent in AGENTS for file in cast.files(paths.cast(agent))]
        while any(file.suffix != ".gz" and file.name.count(".") > 1 for file in every):
            time.sleep(0.2)
            every = [file for agent in AGENTS for file in cast.files(paths.cast(agent))]
        played = time.perf_counter() - begin
        print(f"{hours:g} h of {len(AGENTS)} agents, played in {played:.0f} s")
        print(f"panes printed    {printed:8.1f} MiB")
        print(f"recordings       {size_of(every):8.1f} MiB in {len(every)} files")
        print(f"log              {size_of([paths.log]):8.1f} MiB, {happenings} events")
        print(f"log is opened in {seconds(lambda: LogReader(paths.log).replay()):8.2f} s")
        late = hours * 3600 * 0.99
        first = seconds(lambda: list(islice(cast.read(paths.cast("ada"), late)[1], 1)))
        print(f"a late moment of a recording is found in {first:.2f} s")
        whole = seconds(lambda: sum(1 for _ in cast.read(paths.cast("ada"))[1]))
        print(f"one whole recording is read in {whole:.1f} s")
    finally:
        shutil.rmtree(folder)


def log_size(paths: SessionPaths) -> int:
    """How many events there are."""
    with LogReader(paths.log) as reader:
        return len(reader.read())


if __name__ == "__main__":
    if len(sys.argv) == 4:
        record_pane(Path(sys.argv[2]), sys.argv[3], float(sys.argv[1]))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 24.0)
