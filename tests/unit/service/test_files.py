"""What is reported of a work tree, whose owner may put anything there."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agentmux.paths import SessionPaths
from agentmux.service.sensors import files, tree_inotify, tree_watchfiles
from tests.fixtures.waiting import PATIENCE


class Ear:
    """A room that hears what was touched."""

    def __init__(self, folder):
        self.paths = SessionPaths(folder)
        self.tree = self.paths.tree("ada")
        self.touched = []
        self.news = asyncio.Event()

    async def submit(self, actor, command):
        self.touched += command.paths
        self.news.set()

    async def heard(self, path):
        async with asyncio.timeout(PATIENCE):
            while path not in self.touched:
                await self.news.wait()
                self.news.clear()


@pytest.fixture(params=[tree_inotify, tree_watchfiles], ids=lambda module: module.__name__.rpartition("_")[2])
async def ear(request, tmp_path, monkeypatch):
    """Watches a tree with a file, a folder, and a link to a folder outside."""
    monkeypatch.setattr(files, "watch_tree", request.param.watch_tree)
    monkeypatch.setattr(tree_watchfiles, "DEBOUNCE_MS", 50)
    ear = Ear(tmp_path / "s")
    (ear.tree / "src").mkdir(parents=True)
    (ear.tree / ".git").mkdir()
    (tmp_path / "outside").mkdir()
    (ear.tree / "link").symlink_to(tmp_path / "outside")
    stop = asyncio.Event()
    task = asyncio.create_task(files.watch_files(cast(Any, ear), "ada", stop, lambda *_: None))
    async with asyncio.timeout(PATIENCE):
        while "src/begun" not in ear.touched:  # watchfiles does not tell when it watches
            (ear.tree / "src/begun").write_text("1")
            await asyncio.wait([asyncio.create_task(ear.news.wait())], timeout=0.2)
            ear.news.clear()
    yield SimpleNamespace(heard=ear.heard, touched=ear.touched, tree=ear.tree, outside=tmp_path / "outside")
    stop.set()
    await asyncio.wait_for(task, PATIENCE)


async def test_a_write_is_reported_relative_to_the_tree(ear):
    (ear.tree / "src/a.py").write_text("1")
    await ear.heard("src/a.py")


async def test_what_is_written_into_new_folders_is_reported_from_the_first_file_on(ear):
    (ear.tree / "new/deep").mkdir(parents=True)
    (ear.tree / "new/deep/a.py").write_text("1")
    await ear.heard("new/deep/a.py")
    (ear.tree / "new/deep/b.py").write_text("1")
    await ear.heard("new/deep/b.py")


async def test_nothing_is_watched_through_a_link_or_in_gits_own_folder(ear):
    (ear.outside / "secret").write_text("1")
    (ear.tree / ".git/index").write_text("1")
    (ear.tree / "src/last").write_text("1")
    await ear.heard("src/last")
    assert set(ear.touched) == {"src/begun", "src/last"}
