"""What inotify tells of a tree whose folders come, go and change places."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.fixtures.waiting import PATIENCE

if sys.platform != "linux":
    pytest.skip("there is no inotify", allow_module_level=True)

from agentmux.service.sensors import tree_inotify

QUEUE = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())


class Watching:
    """A tree that is watched, and what was told of it."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.names: set[bytes] = set()
        self.lost = 0
        self.stop = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()
        self._news = asyncio.Event()
        self.task = asyncio.create_task(tree_inotify.watch_tree(tree, self.stop, self._report))

    async def _report(self, names: set[bytes], lost: bool) -> None:
        self.names |= names
        self.lost += lost
        self._news.set()
        await self.hold.wait()

    async def until(self, holds):
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def told(self, *names: bytes) -> None:
        """Wait until these were told, and forget them."""
        await self.until(lambda: self.names.issuperset(names))
        self.names.clear()


@pytest.fixture
async def watching(tmp_path):
    (tmp_path / "a/deep").mkdir(parents=True)
    watching = Watching(tmp_path)
    await watching.until(lambda: watching.lost)
    yield watching
    watching.stop.set()
    await asyncio.wait_for(watching.task, PATIENCE)


async def test_the_beginning_is_told_as_news_of_everything_and_what_comes_by_name(watching):
    (watching.tree / "a/deep/x").write_text("1")
    await watching.told(b"a/deep/x")
    (watching.tree / "a/deep/x").chmod(0o755)
    await watching.told(b"a/deep/x")
    (watching.tree / "a/deep/x").rename(watching.tree / "y")
    await watching.told(b"a/deep/x", b"y")
    (watching.tree / "y").unlink()
    await watching.told(b"y")
    assert watching.lost == 1


async def test_folders_that_are_moved_are_followed_under_their_new_names(watching):
    (watching.tree / "p").mkdir()
    (watching.tree / "a").rename(watching.tree / "p/b")
    await watching.told(b"a", b"p", b"p/b", b"p/b/deep")
    (watching.tree / "p/b/deep/x").write_text("1")
    await watching.told(b"p/b/deep/x")
    (watching.tree / "p/b").rename(watching.tree / "a")
    await watching.told(b"a", b"p/b")
    (watching.tree / "a/deep/x").write_text("2")
    await watching.told(b"a/deep/x")
    assert watching.lost == 1


async def test_a_folder_that_is_moved_away_is_not_followed(watching, tmp_path_factory):
    away = tmp_path_factory.mktemp("outside") / "a"
    (watching.tree / "a").rename(away)
    await watching.told(b"a")
    (away / "deep/secret").write_text("1")
    (watching.tree / "last").write_text("1")
    await watching.until(lambda: b"last" in watching.names)
    assert watching.names == {b"last"}


async def test_a_folder_is_removed_and_made_again_while_somebody_is_in_it(watching, monkeypatch):
    monkeypatch.chdir(watching.tree / "a/deep")
    shutil.rmtree(watching.tree / "a")
    (watching.tree / "a").mkdir()
    await watching.told(b"a")
    (watching.tree / "a/x").write_text("1")
    await watching.told(b"a/x")


async def test_a_folder_that_becomes_a_link_is_not_followed(watching, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    shutil.rmtree(watching.tree / "a")
    (watching.tree / "a").symlink_to(outside)
    await watching.told(b"a")
    (outside / "secret").write_text("1")
    (watching.tree / "last").write_text("1")
    await watching.told(b"last")
    assert not any(name.endswith(b"secret") for name in watching.names)


async def test_a_folder_that_becomes_a_repository_is_told_and_its_git_folder_is_not_looked_into(watching):
    (watching.tree / "a/.git").mkdir()
    await watching.told(b"a")
    (watching.tree / "a/.git/index").write_text("1")
    (watching.tree / ".git").mkdir()
    (watching.tree / "last").write_text("1")
    await watching.until(lambda: b"last" in watching.names)
    assert watching.names == {b"last"}


async def test_when_the_kernel_loses_count_everything_counts_as_changed_and_new_folders_are_watched(watching):
    if QUEUE > 100_000:
        pytest.skip("the kernel's queue is too long to be filled")
    watching.hold.clear()
    (watching.tree / "first").write_text("1")
    await watching.told(b"first")
    folders = [os.open(watching.tree / name, os.O_RDONLY) for name in ("a", "a/deep")]
    for number in range(QUEUE + 1):
        os.utime(folders[number % 2])  # the kernel takes two that are alike, one after the other, for one
    for folder in folders:
        os.close(folder)
    (watching.tree / "a/new").mkdir()
    watching.hold.set()
    await watching.until(lambda: watching.lost == 2)
    (watching.tree / "a/new/x").write_text("1")
    await watching.told(b"a/new/x")


async def test_the_end_of_the_tree_is_the_end(watching):
    shutil.rmtree(watching.tree)
    await asyncio.wait_for(watching.task, PATIENCE)


async def test_a_folder_that_is_not_there_is_not_watched(tmp_path):
    watching = Watching(tmp_path / "nowhere")
    await asyncio.wait_for(watching.task, PATIENCE)
    assert not watching.names


async def test_a_system_without_watches_left_is_an_error(tmp_path, monkeypatch):
    class Refusing:
        def inotify_init1(self, _flags):
            return -1

    monkeypatch.setattr(tree_inotify, "_libc", Refusing())
    with pytest.raises(OSError, match=r"."):
        await asyncio.wait_for(Watching(tmp_path).task, PATIENCE)
