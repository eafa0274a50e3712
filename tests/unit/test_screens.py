"""Profiles' screen rules on captured screens of the real CLIs (`scripts/screens.py` makes them)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentmux import registry
from agentmux.room.status import read_screen

FOLDER = Path(__file__).parent.parent / "fixtures" / "screens"
KNOWN_MISSES = {
    ("gemini", "thinking-80.txt"),  # made narrower while it works, it leaves old lines: its spinner is too far up
}
"""(CLI, name of the file): what the rules cannot tell, each with its reason."""


@dataclass(frozen=True)
class Captured:
    """A screen of a CLI: what it must be read as, and what the rules say."""

    cli: str
    name: str
    wanted: str
    read: str

    @property
    def right(self) -> bool:
        """Of a pane whose program has ended nobody asks the rules."""
        return self.wanted.startswith("nothing") or self.read == self.wanted


def captured(file: Path) -> Captured:
    lines = file.read_text().splitlines()
    head = dict(line[2:].split(": ", 1) for line in lines[:4])
    cli = file.parent.parent.name
    rules = registry.profile(cli).screen
    verdict = read_screen(rules, "a0", lines[4:], int(head["cursor"]), quiet=False)
    return Captured(cli, file.name, head["reads"], verdict.state)


SCREENS = [captured(file) for file in sorted(FOLDER.glob("*/*/*.txt"))]


@pytest.mark.parametrize("screen", [pytest.param(s, id=f"{s.cli}-{s.name}") for s in SCREENS])
def test_a_screen_is_read_as_what_it_is(screen):
    assert screen.right != ((screen.cli, screen.name) in KNOWN_MISSES), screen


def test_no_other_screen_is_read_as_one_that_needs_you(capsys):
    assert [s for s in SCREENS if s.read == "needs you" != s.wanted] == []
    right, total = Counter(s.cli for s in SCREENS if s.right), Counter(s.cli for s in SCREENS)
    with capsys.disabled():
        for cli, number in total.items():
            print(f"\n{cli}: {right[cli]} of {number} screens are read right ({right[cli] / number:.0%})", end="")
        print()


def test_the_versions_are_those_of_the_profiles():
    for folder in FOLDER.glob("*/*"):
        assert folder.name in str(registry.profile(folder.parent.name).install)
