"""A tmux server for playing back: its panes show what is fed into them, and nothing runs in them.

tmux takes in what a pane's program prints whenever it comes to it. So the program of each pane (`feeder.py`) tells when
what it wrote has been taken in: after `Canvas.feed` the pane shows all of the text.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from itertools import count
from pathlib import Path

from agentmux.errors import TerminalError
from agentmux.replay import feeder
from agentmux.terminal.client import HUB
from agentmux.terminal.control import Block, ControlClient, quote
from agentmux.terminal.screen import Screen
from agentmux.terminal.tmux import TmuxServer

PATIENCE = 30.0
"""Seconds until a pane that does not come up is given up."""
_OPTIONS = ("-s set-clipboard off", "-g visual-bell off", "-g monitor-bell off")


class Studio:
    """The server, and the line to it. Everything raises TerminalError when it is gone.

    Args:
        folder: a folder of its own with a short path, for sockets.
    """

    control: ControlClient
    version: str
    """Of tmux."""
    _listener: asyncio.Server

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = TmuxServer(folder / "tmux")
        self._coming: dict[str, asyncio.Future[_Link]] = {}
        self._links: list[_Link] = []
        self._numbers = count()

    @classmethod
    async def open(cls) -> Studio:
        """Start the server.

        Raises:
            MissingProgram: tmux is not installed, or too old.
            TerminalError: it does not come up.
        """
        studio = cls(Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="agentmux-")))
        try:
            await asyncio.to_thread(studio._server.start, 80, 24)
            studio._listener = await asyncio.start_unix_server(studio._joined, studio.folder / "feed")
            studio.control = await ControlClient.connect(studio.folder / "tmux")
        except BaseException:
            await asyncio.to_thread(studio._remove)
            raise
        studio.version = _text((await studio.control.ask("display-message -p '#{version}'"))[0])
        for option in _OPTIONS:
            studio.control.send(f"set-option {option}")
        return studio

    async def canvas(self, columns: int, rows: int) -> Canvas:
        """An empty pane of this size, in cells."""
        name, program = self._feeder()
        [said] = await self.control.ask(f"new-window -d -P -F '#{{pane_id}}' -t ={HUB}: {program}")
        if not said.ok:
            raise TerminalError(f"tmux opened no pane: {_text(said)}.")
        canvas = Canvas(self, said.lines[0].decode(), await self._arrival(name))
        await canvas.resize(columns, rows)
        return canvas

    async def feed_again(self, pane: str) -> _Link:
        """Start the pane's program again, so that nothing is left of what the pane was; returns the line to it."""
        name, program = self._feeder()
        [said] = await self.control.ask(f"respawn-pane -k -t {pane} {program}")
        if not said.ok:
            raise TerminalError(f"tmux does not open the pane again: {_text(said)}.")
        return await self._arrival(name)

    def _feeder(self) -> tuple[str, str]:
        """A name, and what runs in the pane whose feeder will come with it."""
        name = f"feeder{next(self._numbers)}"
        self._coming[name] = asyncio.get_running_loop().create_future()
        words = [sys.executable, "-I", "-S", feeder.__file__, str(self.folder / "feed"), name]
        return name, f"-- {' '.join(map(quote, words))}"

    async def _arrival(self, name: str) -> _Link:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._coming[name]
        except TimeoutError as err:
            raise TerminalError("A pane for playing back did not come up.", "Is memory used up?") from err

    async def close(self) -> None:
        """End the server and remove its folder."""
        self._listener.close()
        await self.control.close()
        await asyncio.to_thread(self._remove)
        for link in self._links:
            link.writer.close()

    def _remove(self) -> None:
        self._server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(reader, writer)
        self._links.append(link)
        name = (await reader.readline()).decode().strip()
        if (coming := self._coming.get(name)) and not coming.done():
            coming.set_result(link)


class _Link:
    """The line to a pane's feeder."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def feed(self, data: bytes) -> None:
        try:
            self.writer.write(len(data).to_bytes(4, "big") + data)
            await self.writer.drain()
            await self.reader.readexactly(1)
        except (OSError, EOFError) as err:
            raise TerminalError("The tmux server that plays back is gone.", "Open the replay again.") from err


class Canvas:
    """One pane that shows what is fed into it; made by `Studio.canvas`."""

    def __init__(self, studio: Studio, pane: str, link: _Link) -> None:
        self.pane = pane
        self._studio = studio
        self._link = link

    async def feed(self, text: str) -> None:
        """Print this in the pane; it is shown when this returns.

        Args:
            text: any, but no escape sequence may be cut at its end (`agentmux.replay.tape` sees to that).
        """
        await self._link.feed(text.encode("utf-8", "replace"))

    async def renew(self) -> None:
        """Make it an empty pane, of the same size."""
        self._link = await self._studio.feed_again(self.pane)

    async def resize(self, columns: int, rows: int) -> None:
        """Give the pane this size, in cells."""
        await self.ask(f"resize-window -t {self.pane} -x {columns} -y {rows}")

    async def ask(self, line: str, commands: int = 1) -> list[Block]:
        """What tmux answers to a command line; raises TerminalError if it refuses."""
        blocks = await self._studio.control.ask(line, commands)
        if not blocks[-1].ok:
            raise TerminalError(f"tmux refused `{line.split()[0]}` while playing back: {_text(blocks[-1])}.")
        return blocks

    async def picture(self, last: Screen | None = None, back: int = 0) -> Screen:
        """What the pane shows.

        Args:
            last: an earlier picture, returned itself if nothing is different.
            back: how many lines up in the history the picture lies.
        """
        screen = await self._studio.control.capture(self.pane, -back, last)
        if screen is None:
            raise TerminalError("A pane for playing back is gone.", "Open the replay again.")
        return screen


def _text(block: Block) -> str:
    return b" ".join(block.lines).decode("utf-8", "replace") or "no reason given"
