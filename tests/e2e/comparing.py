"""An `agentmux compare` on scripted agents, watched from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from agentmux.compare.journal import Journal, Started
from agentmux.paths import SessionPaths, comparisons
from agentmux.service import session
from agentmux.service.lock import room_alive
from tests.fixtures.waiting import until

SLOWLY = 600.0
"""Seconds until a test gives up waiting for what many processes do together."""
DOES = """\
title: Does it
flow: solo
sandbox: process
checks: [test -f done.txt]
agents:
  - name: ada
    profile: scripted
    task: |
      [[step]]
      run = "while [ ! -e {gate} ]; do sleep 0.1; done"
      [[step]]
      write = "done.txt"
      text = "x"
      [[step]]
      exit = true
"""
DOES_NOT = """\
title: Does something else
sandbox: process
checks: [test -f done.txt]
agents:
  - name: cy
    profile: scripted
    task: &task |
      [[step]]
      write = "other.txt"
      text = "x"
      [[step]]
      exit = true
  - {name: bob, profile: scripted, task: *task}
"""


def make_layouts(home: Path) -> Path:
    """The layouts `does` and `other`, for agents of this Python; returns the file without which `does` waits."""
    gate, layouts = home / "gate", home / "c" / "layouts"
    layouts.mkdir(parents=True)
    (layouts / "does.yaml").write_text(DOES.format(gate=gate))
    (layouts / "other.yaml").write_text(DOES_NOT)
    (home / "c" / "agents" / "scripted.yaml").write_text(
        f'title: Scripted\ncommand: ["{sys.executable}", "{{inside}}/scripted.py", "{{task_file}}"]\n'
    )
    return gate


class Comparing:
    """An `agentmux compare`, and what its journal says."""

    def __init__(self, agentmux: list[str], home: Path, *words: str) -> None:
        self.output = home / "compared"
        with self.output.open("w") as output:
            argv = [*agentmux, "compare", "--json", *words]
            self.process = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT)

    @property
    def journal(self) -> Journal:
        """As it is now."""
        found = sorted(comparisons().glob("[a-z]*/journal.jsonl"))
        return Journal(found[0] if found else Path("/nowhere"))

    def started(self, cell: str, home: Path | None = None, attempt: int = 1) -> SessionPaths:
        """Wait until the cell's agents run; its session, which may be in another home."""

        def running() -> list[Started]:
            return [one for one in self.journal.running() if (one.cell, one.attempt) == (cell, attempt)]

        def runs() -> bool:
            found = running()
            return bool(found) and all(agent.started for agent in session.state_of(place(found[0])).agents.values())

        def place(one: Started) -> SessionPaths:
            return SessionPaths(home / one.on / "sessions" / one.session) if home else SessionPaths.of(one.session)

        until(lambda: self.process.poll() is not None or runs(), SLOWLY)
        assert self.process.poll() is None, self.said()
        return place(running()[0])

    def said(self) -> str:
        """What it has printed."""
        return self.output.read_text()

    def result(self, status: int = 0) -> dict[str, Any]:
        """Wait for its end; its document, empty if there is none."""
        assert self.process.wait(SLOWLY) == status, self.said()
        text = self.said()
        return json.loads(text[text.index("{") :]) if "{" in text else {}


def gone(paths: SessionPaths) -> bool:
    """Whether the session was ended in good order."""
    return session.state_of(paths).stopped and not room_alive(paths)
