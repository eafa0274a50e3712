"""The hot path to the panes: one `tmux -C` client per viewer, over plain pipes, asked and answered in order.

The client is attached with `no-output`: tmux queues nothing for it, so a viewer that stands still cannot hold up an
agent. What a pane shows is asked for when its recording grows (`agentmux.watch`). Wire format: tmux(1), CONTROL MODE.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from agentmux.errors import TerminalError
from agentmux.terminal import screen
from agentmux.terminal.client import HUB, command, environment, not_installed
from agentmux.terminal.keys import KeyToken, send_keys
from agentmux.terminal.screen import Info, Mouse, Screen

Watcher = Callable[[str, str], None]
_UNTYPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SUBSCRIPTION = re.compile(rb"%subscription-changed (\S+) \S+ \S+ \S+ (%\d+) (?:\S+ )*?: (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """The answer to one tmux command."""

    ok: bool
    lines: list[bytes]


@dataclass(slots=True)
class _Pending:
    """A line of commands that tmux has not answered in full."""

    commands: int
    future: asyncio.Future[list[Block]] | None
    blocks: list[Block] = field(default_factory=list)
    body: Callable[[list[Block]], int] | None = None


class ControlClient(asyncio.Protocol):
    """One viewer's line to a session's tmux server; made by `connect`.

    All methods raise TerminalError when the server is gone. Panes are named by their ids (`%3`).
    """

    def __init__(self, socket: Path, on_closed: Callable[[], None] | None) -> None:
        self._socket = socket
        self._closers = [on_closed] if on_closed else []
        self._waiting: deque[_Pending] = deque()
        self._partial: list[bytes] = []
        self._block: list[bytes] | None = None
        self._tag = b""
        self._floor = 0
        self._watchers: dict[str, Watcher] = {}
        self._attached: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._closed = False
        self._closing: asyncio.Future[None] | None = None
        self._escaped = False

    @classmethod
    async def connect(cls, socket: Path, on_closed: Callable[[], None] | None = None) -> ControlClient:
        """Attach to the session's server.

        Args:
            socket: the server's socket.
            on_closed: called once if the line ends and `close` was not called.

        Raises:
            MissingProgram: tmux is not installed.
            TerminalError: no server answers there.
        """
        client = cls(socket, on_closed)
        starting = asyncio.ensure_future(client._start())
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            # A start that is cut off half-way would leave pipes and a process; this one ends first, and is then closed.
            starting.add_done_callback(client._not_wanted)
            raise
        version = await client.ask("display-message -p '#{version}'")
        number = re.match(rb"(?:next-)?(\d+)\.(\d+)", version[0].lines[0])
        client._escaped = number is not None and (int(number[1]), int(number[2])) < (3, 4)
        return client

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        argv = command(self._socket, "-C", "attach-session", "-t", f"={HUB}", "-f", "no-output")
        their_in, our_out = os.pipe()
        our_in, their_out = os.pipe()
        try:
            self._process = await asyncio.to_thread(
                subprocess.Popen,
                argv,
                stdin=their_in,
                stdout=their_out,
                stderr=subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,
            )
        except FileNotFoundError as err:
            os.close(our_out)
            os.close(our_in)
            raise not_installed() from err
        finally:
            os.close(their_in)
            os.close(their_out)
        self._reader, _ = await loop.connect_read_pipe(lambda: self, os.fdopen(our_in, "rb", 0))
        self._writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(our_out, "wb", 0))
        if not await self._attached:
            await self.close()
            raise _gone(self._socket)

    def _not_wanted(self, started: asyncio.Future[None]) -> None:
        if not started.cancelled() and started.exception() is None:
            self._closing = asyncio.ensure_future(self.close())

    def when_closed(self, callback: Callable[[], None]) -> None:
        """Call back once if the line ends and `close` was not called."""
        self._closers.append(callback)

    async def close(self) -> None:
        """Detach and end the client process. A second call does nothing."""
        if self._closed and self._process.returncode is not None:
            return
        self._closed = True
        self._writer.close()
        self._reader.close()
        await asyncio.to_thread(_end, self._process)
        self._fail_waiting()

    # -- commands ---------------------------------------------------------------------------------------------------

    def send(self, line: str, commands: int = 1) -> None:
        """Send a command line (of `commands` commands joined by ` ; `) without waiting for its answer."""
        self._write(line, _Pending(commands, None))

    def ask(
        self, line: str, commands: int = 1, body: Callable[[list[Block]], int] | None = None
    ) -> asyncio.Future[list[Block]]:
        """Send a command line at once; the future brings the answers, one block per command.

        Args:
            line: the commands, joined by ` ; `. An error ends the line: its block is the last one.
            commands: how many they are.
            body: tells from the blocks so far how many lines the next block has at least, where a pane's text is
                asked for: an agent may print what looks like the end of a block.
        """
        future: asyncio.Future[list[Block]] = asyncio.get_running_loop().create_future()
        self._write(line, _Pending(commands, future, body=body))
        return future

    def _write(self, line: str, pending: _Pending) -> None:
        if self._closed or self._writer.is_closing():
            raise _gone(self._socket)
        self._waiting.append(pending)
        self._writer.write(line.encode("utf-8", "surrogateescape") + b"\n")

    async def capture(self, pane: str, start: int | None = None, last: Screen | None = None) -> Screen | None:
        """What the pane shows, or showed.

        Args:
            pane: the pane.
            start: where the picture begins: lines below the top of the live screen, so -100 is 100 lines up in the
                history. Held within what there is. None is the live screen.
            last: an earlier picture; if nothing has changed since, it is returned itself.

        Returns:
            The picture; None if there is no such pane.
        """
        buffer = f"agentmux-{os.getpid()}-{id(self)}"
        inform = f"display-message -p -t {pane} '{screen.INFO}'"
        back, span = -min(start or 0, 0), ""
        if back:
            # A part of the history is named by its first and last line, so its length must be known before.
            [block] = await self.ask(inform)
            if not block.ok:
                return None
            info = Info.parse(block.lines[0])
            back = min(back, info.history)
            span = f"-S {-back} -E {info.rows - 1 - back}"
        blocks = await self.ask(
            f"{inform} ; capture-pane -e -N -b {buffer} -t {pane} {span} ; show-buffer -b {buffer} ; "
            f"delete-buffer -b {buffer}",
            4,
            lambda blocks: screen.height(Info.parse(blocks[0].lines[0]), back) if len(blocks) == 2 else 0,
        )
        if not blocks[-1].ok:
            return None
        info = Info.parse(blocks[0].lines[0])
        return screen.read(blocks[2].lines, info, escaped=self._escaped, back=back, last=last)

    def keys(self, pane: str, tokens: Iterable[KeyToken]) -> None:
        """Type keystrokes, each exactly as a terminal attached to tmux would deliver it."""
        commands = [f"send-keys -t {pane} {' '.join(arguments)}" for arguments in send_keys(tokens)]
        if commands:
            self.send(" ; ".join(commands), len(commands))

    def key(self, pane: str, name: str) -> None:
        """Press the key that tmux calls `name`, such as `Enter` or `C-c`; several between spaces, one after another."""
        self.send(f"send-keys -t {pane} {' '.join(map(quote, name.split()))}")

    def paste(self, pane: str, text: str) -> asyncio.Future[list[Block]]:
        """Paste text at once, in brackets if the pane's program asked for them; the future is done when tmux has it.

        Line ends go as they are (terminals paste them as CR); escapes and other control characters are left out, so
        that no text can end the brackets or press a key.
        """
        text = _UNTYPABLE.sub("", text)
        buffer = f"agentmux-paste-{os.getpid()}-{id(self)}"
        line = f"set-buffer -b {buffer} {quote(text)} ; paste-buffer -p -r -d -b {buffer} -t {pane}"
        return self.ask(line, 2)

    def mouse(self, pane: str, wants: Mouse, button: int, column: int, row: int, *, release: bool = False) -> None:
        """Report the mouse to a program that asked for it.

        Args:
            pane: the pane.
            wants: what it asked for (`Screen.info.mouse`).
            button: xterm's code: 0 to 2, 64 and 65 for the wheel, plus 32 for motion and 4, 8, 16 for modifiers.
            column: from 0.
            row: from 0.
            release: whether the button went up.
        """
        if wants.sgr:
            report = f"\x1b[<{button};{column + 1};{row + 1}{'m' if release else 'M'}".encode()
        elif max(column, row) > 222:
            return  # the old form has no way to say so
        else:
            code = (button & ~3 | 3) if release else button
            report = b"\x1b[M" + bytes([32 + code, 33 + column, 33 + row])
        self.send(f"send-keys -t {pane} -H {report.hex(' ')}")

    def resize(self, pane: str, columns: int, rows: int) -> None:
        """Give the pane's window this size, in cells, whatever other clients would like."""
        self.send(f"resize-window -t {pane} -x {columns} -y {rows}")

    def reclaim(self, pane: str) -> None:
        """After somebody used the pane in real tmux: leave copy mode, in which keys would not reach the program."""
        # One command has one answer: `if-shell` would answer for what it runs as well, and shift all answers after it.
        self.send(f"send-keys -X -t {pane} cancel")

    def subscribe(self, name: str, what: str, format: str, callback: Watcher) -> None:  # noqa: A002
        """Call `callback(pane, value)` when a format's value changes; tmux looks once a second.

        Args:
            name: of this subscription; a second one of the same name replaces it.
            what: a pane, or `%*` for all of them.
            format: a tmux format. Its value may hold what the pane's program wrote: do not trust it.
            callback: called on the event loop, also with the first values.
        """
        self._watchers[name] = callback
        self.send(f"refresh-client -B {quote(f'{name}:{what}:{format}')}")

    def unsubscribe(self, name: str) -> None:
        """End a subscription."""
        if self._watchers.pop(name, None) and not self._closed:
            self.send(f"refresh-client -B {quote(name)}")

    # -- what tmux says ---------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take in what tmux wrote (called by asyncio)."""
        first, *rest = data.split(b"\n")
        self._partial.append(first)
        if rest:
            self._line(b"".join(self._partial))
            for line in rest[:-1]:
                self._line(line)
            self._partial = [rest[-1]]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The client process ended (called by asyncio)."""
        if not self._attached.done():
            self._attached.set_result(False)
            return
        self._fail_waiting()
        if not self._closed:
            self._closed = True
            self._writer.close()
            asyncio.get_running_loop().run_in_executor(None, _end, self._process)
            for callback in self._closers:
                callback()

    def _line(self, line: bytes) -> None:
        if self._block is not None:
            if line in (b"%end" + self._tag, b"%error" + self._tag) and len(self._block) >= self._floor:
                block, self._block = Block(line.startswith(b"%end"), self._block), None
                self._answered(block)
            else:
                self._block.append(line)
        elif line.startswith(b"%begin "):
            self._tag = line[6:]
            self._block = []
            pending = self._waiting[0] if self._waiting and not self._tag.endswith(b" 0") else None
            self._floor = pending.body(pending.blocks) if pending and pending.body else 0
        elif (match := _SUBSCRIPTION.fullmatch(line)) and (watcher := self._watchers.get(match[1].decode())):
            watcher(match[2].decode(), match[3].decode("utf-8", "replace"))

    def _answered(self, block: Block) -> None:
        if self._tag.endswith(b" 0"):  # not an answer to a line of ours: the attaching itself
            if not self._attached.done():
                self._attached.set_result(block.ok)
            return
        pending = self._waiting[0]
        pending.blocks.append(block)
        if len(pending.blocks) == pending.commands or not block.ok:
            self._waiting.popleft()
            if pending.future and not pending.future.done():
                pending.future.set_result(pending.blocks)

    def _fail_waiting(self) -> None:
        for pending in self._waiting:
            if pending.future and not pending.future.done():
                pending.future.set_exception(_gone(self._socket))
        self._waiting.clear()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a client: one whose reader is gone can keep a killed server alive, so it is not left to itself."""
    process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def quote(text: str) -> str:
    r"""The text as one argument in a tmux command line.

    >>> print(quote('say "$HOME"\n'))
    "say \"\$HOME\"\012"
    """
    return '"' + re.sub(r'["\\$]|[\x00-\x1f]', _escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return f"\\{ord(character):03o}" if character < " " else f"\\{character}"


def _gone(socket: Path) -> TerminalError:
    return TerminalError(f"The tmux server at {socket} is gone, with its panes.", "`agentmux ls` shows what is left.")
