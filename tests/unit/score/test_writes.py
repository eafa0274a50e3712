from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agentmux.room.events import Recorded, SnapshotTaken
from agentmux.room.globs import matches, parse
from agentmux.score.writes import Writes

PATHS = ["a.py", "src/a.py", "src/b.py", "src/api/a.py", "docs/a.md", "src", "srcs/a.py"]
PATTERNS = ["a.py", "src/", "src/api", "*.py", "**/a.py", "src/*.py", "src/**/a.py:3-9", "**", "docs/b.md"]
NAMES = ["a.py", "src", "src/a.py", "api/a.py", "rc/a.py", "docs/a.md", "api", "b.md"]
TAKEN = st.lists(st.tuples(st.integers(0, 3), st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)), max_size=12)


def snapshots(taken):
    """The snapshots as events 1, 3, 5 …, at these times, which may run backwards."""
    events = [SnapshotTaken(agent="ada", tree="t", parent="p", paths=paths, files=len(paths)) for _, paths in taken]
    return [
        (Recorded(2 * n + 1, float(at), "room", event), event)
        for n, ((at, _), event) in enumerate(zip(taken, events, strict=True))
    ]


@settings(max_examples=300, deadline=None)
@given(
    TAKEN.map(lambda taken: sorted(taken, key=lambda one: one[0])),
    st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3),
    st.integers(0, 25),
    st.integers(0, 4),
)
def test_the_last_write_that_a_pattern_covers(taken, patterns, first, until):
    pairs = snapshots(taken)
    parsed = [parse(text) for text in patterns]
    counted = [
        recorded
        for recorded, event in pairs
        if recorded.seq >= first and recorded.at <= until and any(matches(p, x) for p in parsed for x in event.paths)
    ]
    writes = Writes(pairs)
    for _ in range(2):
        assert writes.last_in(parsed, first, float(until)) == (counted[-1] if counted else None)


@settings(max_examples=300, deadline=None)
@given(TAKEN, st.sampled_from(NAMES))
def test_when_a_name_was_first_written(taken, name):
    pairs = snapshots(taken)
    times = [recorded.at for recorded, event in pairs if any(f"/{name}/" in f"/{path}/" for path in event.paths)]
    assert Writes(pairs).first_named(name) == min(times, default=None)
