"""The snapshot sensor on real trees, with a real log: what is written comes to be known, watched or not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
from typing import Any, cast

import pytest

from agentmux.room.events import SessionCreated
from agentmux.room.fold import fold
from agentmux.service.log import Log
from agentmux.service.room import Room
from agentmux.service.sensors import files, snapshots
from agentmux.service.sensors.snapshots import SnapshotSensor
from agentmux.workspace import index, snapshot
from agentmux.workspace.git import Git
from tests.fixtures.waiting import PATIENCE
from tests.unit.workspace.conftest import world, write

__all__ = ["world"]


async def nothing_to_show(agent, *, file=None, screen=False):
    return ""


@pytest.fixture
async def seen(world):
    """A room over ada's tree, its sensor, and a way to wait until something holds of its state."""
    world.commit({"a.txt": "1\n", ".gitignore": "*.log\n"})
    world.start("ada")
    failures: list[BaseException] = []
    with Log(world.paths.log) as log:
        created = SessionCreated(
            session="s", repo="/r", base=world.base, layout="l", sandbox="process", agents=["ada"], profiles={}
        )
        state = fold(log.append(1.0, "you", [created]))
        room = Room(world.paths, cast(Any, None), log, state, nothing_to_show, failures.append)
        stop = asyncio.Event()
        yield Seen(room, SnapshotSensor(room, stop), world)
        stop.set()
        for task in list(room._tasks):
            task.cancel()
        await asyncio.gather(*room._tasks, return_exceptions=True)
    assert not failures


class Seen:
    def __init__(self, room, sensor, world):
        self.room, self.sensor, self.world = room, sensor, world
        self.events: list[Any] = []
        self.news = asyncio.Event()
        room.follow(self._hear)

    def _hear(self, entry):
        self.events.append(entry.event)
        self.news.set()

    async def until(self, holds):
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self.news.clear()
                await self.news.wait()

    @property
    def tree(self):
        """The last tree that was told."""
        return self.room.state.agents["ada"].tree or self.world.host("rev-parse", f"{self.world.base}^{{tree}}")

    @property
    def paths(self):
        """Every path that snapshots named."""
        return {path for event in self.events if event.kind == "snapshot.taken" for path in event.paths}

    @property
    def warnings(self):
        return [event.text for event in self.events if event.kind == "warning"]


async def test_what_is_written_is_taken_by_itself(seen):
    tree = seen.world.tree("ada")
    write(tree, {"before.py": "1\n"})
    seen.sensor.watch("ada")
    await seen.until(lambda: "before.py" in seen.paths)
    write(tree, {"after.py": "1\n", "noise.log": "1\n", "new/deep/er.py": "1\n"})
    (tree / "a.txt").unlink()
    await seen.until(lambda: {"after.py", "new/deep/er.py", "a.txt"} <= seen.paths)
    assert "noise.log" not in seen.paths
    assert seen.room.state.agents["ada"].tree == snapshot.snapshot(seen.world.paths, "ada")


@pytest.mark.parametrize("seed", range(3))
async def test_looking_at_what_changed_finds_what_a_look_at_everything_finds(seen, seed, monkeypatch):
    """An agent does this and that, and at each halt the tree that is told is the one that a look from nothing gives."""
    monkeypatch.setattr(snapshots, "SETTLE", 0.05)
    chance, agent = random.Random(seed), Busy(seen.world.tree("ada"), random.Random(seed))
    seen.sensor.watch("ada")
    for _ in range(5):
        for _ in range(chance.randrange(1, 25)):
            agent.do_something()
        expected = from_nothing(seen.world)
        await seen.until(lambda expected=expected: seen.tree == expected)
    assert not seen.warnings


class Busy:
    """Does by chance what agents do to files."""

    def __init__(self, tree, chance):
        self.tree, self.chance = tree, chance

    def do_something(self):
        self.chance.choice(
            [self.write, self.write, self.write, self.move, self.remove, self.ignore, self.link, self.mark]
        )()

    def any(self):
        """Something that is there, or an empty list."""
        found = [path for path in self.tree.rglob("*") if path.name != ".git"]
        return self.chance.choices(sorted(found)) if found else []

    def new(self):
        folder = self.tree.joinpath(*self.chance.choices(["a", "b", "c d", "build"], k=self.chance.randrange(3)))
        return folder / self.chance.choice(["x.py", "y.log", "ü", "-z", "a", "b"])

    def made(self):
        """A name under which nothing is, in a folder that is there."""
        path = self.new()
        with contextlib.suppress(OSError):  # a file is where a folder should be
            path.parent.mkdir(parents=True, exist_ok=True)
        free = path.parent.is_dir() and path.parent.resolve() == path.parent
        return [path] if free and not os.path.lexists(path) else []

    def write(self):
        for path in self.made() or [one for one in self.any() if one.is_file() and not one.is_symlink()]:
            path.write_text("".join(self.chance.choices("12\n", k=self.chance.randrange(20))))

    def move(self):
        for source, target in zip(self.any(), self.made(), strict=False):
            with contextlib.suppress(OSError):  # into itself
                source.rename(target)

    def remove(self):
        for path in self.any():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def ignore(self):
        folder = next((one for one in self.any() if one.is_dir() and not one.is_symlink()), self.tree)
        (folder / ".gitignore").write_text(
            "\n".join(self.chance.choices(["*.log", "b", "/a/", "!x.py", "build/"], k=2))
        )

    def link(self):
        for path in self.made():
            path.symlink_to(self.chance.choice(["a", "/etc", "nowhere"]))

    def mark(self):
        for path in self.any():
            if path.is_file() and not path.is_symlink():
                path.chmod(self.chance.choice([0o644, 0o755]))


def from_nothing(world):
    """The tree that the workspace holds, as an index that knows nothing of it finds out."""
    git = Git(world.paths.git, world.tree("ada"), world.folder / "another.index")
    git.run("read-tree", world.base)
    index.update(git)
    return git.line("write-tree")


async def test_a_folder_is_left_out_while_it_is_a_repository(seen):
    tree, outside, inner = seen.world.tree("ada"), seen.world.folder / "lib", seen.world.tree("ada") / "lib"
    seen.sensor.watch("ada")
    write(outside, {"code.py": "1\n"})
    seen.world.git("init", "-q", cwd=outside)
    outside.rename(inner)
    write(tree, {"one.py": "1\n"})
    await seen.until(lambda: "one.py" in seen.paths)
    write(inner, {"more.py": "1\n"})
    write(tree, {"two.py": "1\n"})
    await seen.until(lambda: "two.py" in seen.paths)
    assert not any(path.startswith("lib") for path in seen.paths)
    shutil.rmtree(inner / ".git")
    await seen.until(lambda: {"lib/code.py", "lib/more.py"} <= seen.paths)


async def test_a_tree_that_cannot_be_watched_is_looked_at_now_and_then(seen, monkeypatch):
    async def refused(*_):
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(files, "watch_tree", refused)
    monkeypatch.setattr(snapshots, "POLL", 0.1)
    seen.sensor.watch("ada")
    await seen.until(lambda: seen.warnings)
    assert "cannot be watched (OS file watch limit reached)" in seen.warnings[0]
    for name in ("one.py", "two.py"):
        write(seen.world.tree("ada"), {name: "1\n"})
        await seen.until(lambda name=name: name in seen.paths)
    assert len(seen.warnings) == 1


async def test_more_files_than_an_event_holds(seen, monkeypatch):
    monkeypatch.setattr(snapshots, "WRITES_LIMIT", 4)
    write(seen.world.tree("ada"), {f"{n}.py": "1\n" for n in range(10)})
    await seen.sensor.take("ada")
    taken = [event for event in seen.events if event.kind == "snapshot.taken"]
    assert [(len(event.paths), event.files, event.added) for event in taken] == [(4, 10, 10)]


async def test_what_is_large_is_named_once(seen, monkeypatch):
    monkeypatch.setattr(snapshot, "LARGE", 100)
    write(seen.world.tree("ada"), {"big.bin": b"x" * 101})
    for n in range(3):
        write(seen.world.tree("ada"), {"a.txt": f"{n + 2}\n"})
        await seen.sensor.take("ada")
    assert len(seen.warnings) == 1
    assert "big.bin" in seen.warnings[0]
    assert seen.paths == {"a.txt"}


async def test_a_tree_that_cannot_be_taken_is_told_once_and_taken_later(seen):
    host = seen.world.paths.git
    host.rename(host.with_suffix(".gone"))
    write(seen.world.tree("ada"), {"new.py": "1\n"})
    for _ in range(2):
        await seen.sensor.take("ada")
    assert len(seen.warnings) == 1
    host.with_suffix(".gone").rename(host)
    await seen.sensor.take("ada")
    assert seen.paths == {"new.py"}
