"""Files that grow, appear, are replaced or vanish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agentmux.errors import AgentmuxError
from agentmux.watch import FileWatch, watch_process
from tests.fixtures.waiting import PATIENCE


class Told:
    """A callback that can be waited for."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def __call__(self) -> None:
        self.event.set()

    async def wait(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.event.wait()
        self.event.clear()


@pytest.fixture
async def watch() -> AsyncIterator[FileWatch]:
    watch = FileWatch()
    yield watch
    watch.close()


async def test_a_file_that_grows_is_told(watch: FileWatch, tmp_path: Path) -> None:
    told = Told()
    (tmp_path / "a").write_text("1")
    watch.add(tmp_path / "a", told)
    with (tmp_path / "a").open("a") as file:
        for _ in range(3):
            file.write("2")
            file.flush()
            await told.wait()
    await told.wait()  # its writer closed it


async def test_a_file_that_appears_or_is_replaced_is_told(watch: FileWatch, tmp_path: Path) -> None:
    told = Told()
    watch.add(tmp_path / "a", told)
    (tmp_path / "a").write_text("1")
    await told.wait()
    (tmp_path / "b").write_text("2")
    (tmp_path / "b").rename(tmp_path / "a")
    await told.wait()
    (tmp_path / "a").unlink()
    (tmp_path / "a").write_text("3")
    await told.wait()


async def test_only_the_files_that_were_asked_for_are_told(watch: FileWatch, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    told, other, below = Told(), Told(), Told()
    watch.add(tmp_path / "a", told)
    watch.add(tmp_path / "a b\u00e9", other)
    watch.add(tmp_path / "sub" / "a", below)
    (tmp_path / "c").write_text("1")
    (tmp_path / "sub" / "a").write_text("1")
    await below.wait()
    (tmp_path / "a b\u00e9").write_text("1")
    await other.wait()
    assert not told.event.is_set()


async def test_a_removed_callback_is_not_called_and_the_others_are(watch: FileWatch, tmp_path: Path) -> None:
    first, second, third = Told(), Told(), Told()
    for told in (first, second):
        watch.add(tmp_path / "a", told)
    watch.add(tmp_path / "b", third)
    watch.remove(tmp_path / "a", first)
    (tmp_path / "a").write_text("1")
    await second.wait()
    watch.remove(tmp_path / "a")
    watch.remove(tmp_path / "a")
    (tmp_path / "a").write_text("2")
    (tmp_path / "b").write_text("2")
    await third.wait()
    assert not first.event.is_set()
    assert not second.event.is_set()


async def test_a_callback_may_remove_itself(watch: FileWatch, tmp_path: Path) -> None:
    told = Told()

    def once() -> None:
        watch.remove(tmp_path / "a", once)
        told()

    watch.add(tmp_path / "a", once)
    (tmp_path / "a").write_text("1")
    await told.wait()


async def test_nothing_is_told_after_closing(tmp_path: Path) -> None:
    watch, told = FileWatch(), Told()
    watch.add(tmp_path / "a", told)
    watch.close()
    watch.close()
    (tmp_path / "a").write_text("1")
    await asyncio.sleep(0)
    assert not told.event.is_set()


async def test_a_folder_that_is_not_there_is_named(watch: FileWatch, tmp_path: Path) -> None:
    with pytest.raises(AgentmuxError, match="none cannot be watched"):
        watch.add(tmp_path / "none" / "a", lambda: None)
    told = Told()
    watch.add(tmp_path / "a", told)
    (tmp_path / "a").write_text("1")
    await told.wait()


async def test_a_folder_may_vanish_while_it_is_watched(watch: FileWatch, tmp_path: Path) -> None:
    told = Told()
    (tmp_path / "sub").mkdir()
    watch.add(tmp_path / "sub" / "a", lambda: None)
    watch.add(tmp_path / "a", told)
    (tmp_path / "sub").rmdir()
    watch.remove(tmp_path / "sub" / "a")
    (tmp_path / "a").write_text("1")
    await told.wait()


async def test_the_end_of_a_process_is_told() -> None:
    told, never = Told(), Told()
    process = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE)
    watch_process(process.pid, told)
    watch_process(process.pid, never)()
    process.kill()
    await told.wait()
    await process.wait()
    assert not never.event.is_set()
    watch_process(process.pid, never)
    await never.wait()
