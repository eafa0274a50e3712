"""A session's private tmux server and its structure: one hub session that is never killed, one window per agent.

Everything here blocks for some milliseconds and is called in threads; what happens per frame or per key goes through
`agentmux.terminal.control`. Import this module before a Textual app runs: libtmux looks at `sys.stdout` when imported.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import libtmux
from libtmux.exc import LibTmuxException, TmuxCommandNotFound

from agentmux.errors import MissingProgram, TerminalError
from agentmux.terminal import recorder
from agentmux.terminal.client import HUB, INSTALL, not_installed

MINIMUM = (3, 2)
# The user's bindings and tmux's own would let a slip of the finger end an agent; real tmux is left with these.
_BINDINGS = (
    ("-T", "prefix", "d", "detach-client"),
    ("-T", "prefix", "[", "copy-mode"),
    ("-T", "prefix", "PPage", "copy-mode", "-u"),
    ("-T", "root", "WheelUpPane", "if-shell", "-F", "-t=", "#{mouse_any_flag}", "send-keys -M", "copy-mode -e -t="),
    ("-T", "root", "WheelDownPane", "send-keys", "-M"),
    ("-T", "root", "MouseDown1Pane", "send-keys", "-M"),
    ("-T", "root", "MouseUp1Pane", "send-keys", "-M"),
    ("-T", "root", "MouseDrag1Pane", "if-shell", "-F", "-t=", "#{mouse_any_flag}", "send-keys -M", "copy-mode -M"),
)
_OPTIONS = (
    ("-s", "escape-time", "0"),
    ("-s", "exit-empty", "off"),
    ("-g", "default-terminal", "tmux-256color"),
    ("-g", "remain-on-exit", "on"),
    ("-g", "history-limit", "20000"),
    ("-g", "update-environment", ""),
    ("-g", "prefix", "None"),
    ("-g", "prefix2", "None"),
    ("-g", "status", "off"),
    ("-g", "allow-rename", "off"),
    ("-g", "automatic-rename", "off"),
    ("-g", "set-titles", "off"),
)
_FIELDS = (
    *("@agent", "pane_id", "window_id", "pane_dead", "pane_dead_status", "pane_dead_signal", "pane_pid", "pane_pipe"),
    *("pane_width", "pane_height"),
)


@dataclass(frozen=True, slots=True)
class Recording:
    """Where a pane is recorded.

    Attributes:
        cast: the asciicast file; appended to if it is there.
        socket: where the recorder takes markers and resizes.
        secrets: a file with one value per line that must not be written down, or None.
        part: bytes after which the recording goes on in another file.
    """

    cast: Path
    socket: Path
    secrets: Path | None = None
    part: int = recorder.PART


@dataclass(frozen=True, slots=True)
class PaneInfo:
    """An agent's pane, as tmux tells of it.

    Attributes:
        pane: its id, the same for as long as the agent has a window.
        window: its window's id.
        dead: whether its program has ended: with `status`, or by `signal`.
        status: the exit status, or None.
        signal: the number of the signal, or None.
        pid: the program's process.
        piped: whether its output goes to a recorder.
        columns: its width, in cells.
        rows: its height, in cells.
    """

    pane: str
    window: str
    dead: bool
    status: int | None
    signal: int | None
    pid: int
    piped: bool
    columns: int
    rows: int


def check_version() -> str:
    """The installed tmux's version.

    Raises:
        MissingProgram: there is none, or it is too old.
    """
    if not shutil.which("tmux"):
        raise not_installed()
    said = subprocess.run(["tmux", "-V"], capture_output=True, text=True, check=False).stdout.strip()
    version = said.removeprefix("tmux ")
    number = re.match(r"(?:next-)?(\d+)\.(\d+)", version)
    if number and (int(number[1]), int(number[2])) < MINIMUM:
        needed = ".".join(map(str, MINIMUM))
        raise MissingProgram(f"tmux {version} is too old: agentmux needs {needed} or newer.", INSTALL)
    return version


class TmuxServer:
    """One session's tmux server.

    Args:
        socket: its socket; the folder must be there.
    """

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self._server = libtmux.Server(socket_path=socket, config_file="/dev/null")

    def start(self, columns: int, rows: int) -> None:
        """Start the server with its hub session, unless it runs; new panes get this size, in cells.

        Raises:
            MissingProgram: tmux is not installed, or too old.
            TerminalError: tmux refused.
        """
        if self.alive():
            return
        check_version()
        self.socket.unlink(missing_ok=True)
        line = [*("new-session", "-d", "-s", HUB, "-n", HUB, "-x", str(columns), "-y", str(rows), "cat")]
        for option in _OPTIONS:
            line += [";", "set-option", *option]
        for table in ("prefix", "root"):
            line += [";", "unbind-key", "-a", "-T", table]
        for binding in _BINDINGS:
            line += [";", "bind-key", *binding]
        self._run(*line)

    def alive(self) -> bool:
        """Whether the server answers."""
        with suppress(LibTmuxException):
            return bool(self._server.cmd("has-session", "-t", f"={HUB}").returncode == 0)
        return False

    def open_pane(
        self,
        agent: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        recording: Recording,
        columns: int,
        rows: int,
    ) -> str:
        """Run a program in the agent's window, recorded from its first byte; an ended one's window is used again.

        Args:
            agent: the window's name.
            argv: the program and its arguments; no shell sees them.
            env: the program's whole environment.
            cwd: where it starts.
            recording: where its output is recorded.
            columns: the pane's width, in cells.
            rows: its height, in cells.

        Returns:
            The pane's id.

        Raises:
            TerminalError: the agent has a running program, or tmux refused.
        """
        # With `env` there are at least two words, so tmux runs them as they are.
        program = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in env.items()), *argv]
        known = self.panes().get(agent)
        if known and not known.dead:
            raise TerminalError(f"The agent {agent} is still running in its pane.", "Stop it first.")
        if known:
            pane = target = known.pane
            start, after = ["respawn-pane", "-t", pane], "respawn"
        else:
            target, after = f"={HUB}:={agent}", "new"
            start = [*("set-option", "-t", f"={HUB}:", "default-size", f"{columns}x{rows}", ";")]
            start += [*("new-window", "-d", "-P", "-F", "#{pane_id}", "-t", f"={HUB}:", "-n", agent)]
        start += ["-c", _literal(str(cwd)), "--", *map(_argument, program)]
        # One command line: tmux takes in the first output only after it, when the recorder is there.
        said = self._run(
            *(*start, ";", "pipe-pane", "-O", "-t", target, _recorder(recording, columns, rows, after)),
            *(";", "set-option", "-p", "-t", target, "@agent", agent),
            *(";", "resize-window", "-t", target, "-x", str(columns), "-y", str(rows)),
        )
        return pane if known else said[0]

    def record(self, pane: str, recording: Recording) -> None:
        """Start the pane's recorder again; what was printed since the last one ended is lost."""
        size = self._run("display-message", "-p", "-t", pane, "#{pane_width} #{pane_height}")[0].split()
        self._run("pipe-pane", "-O", "-t", pane, _recorder(recording, int(size[0]), int(size[1])))

    def panes(self) -> dict[str, PaneInfo]:
        """The agents' panes by the agents' names; empty if the server is not there."""
        done = self._server.cmd("list-panes", "-s", "-t", f"={HUB}", "-F", " ".join(f"#{{{name}}}" for name in _FIELDS))
        found = {}
        for line in done.stdout if done.returncode == 0 else ():
            agent, pane, window, dead, status, number, pid, piped, columns, rows = line.split(" ")
            if agent:
                found[agent] = PaneInfo(
                    *(pane, window, dead == "1", int(status) if status else None, int(number) if number else None),
                    *(int(pid), piped == "1", int(columns), int(rows)),
                )
        return found

    def kill(self) -> None:
        """End the server and all its panes, and wait for it; if there is none, nothing happens.

        Raises:
            MissingProgram: there may be one, and tmux, which would end it, is not installed any more.
        """
        if self.socket.exists() and not shutil.which("tmux"):
            raise not_installed()
        clients = self._pids("list-clients", "#{client_pid}")
        servers = self._pids("display-message", "#{pid}")
        with suppress(LibTmuxException):
            self._server.cmd("kill-server")
        # A control client whose reader was killed keeps the server waiting for it.
        for pid in clients:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)
        for pid in servers:
            if not _ends(pid, 3.0):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        self.socket.unlink(missing_ok=True)

    def _run(self, *line: str) -> list[str]:
        try:
            done = self._server.cmd(*line)
        except TmuxCommandNotFound as err:
            raise not_installed() from err
        if done.returncode or done.stderr:
            raise TerminalError(f"tmux refused `{line[0]}`: {' '.join(done.stderr) or 'no reason given'}.")
        return done.stdout

    def _pids(self, ask: str, format: str) -> list[int]:  # noqa: A002
        show = ("-p", format) if ask == "display-message" else ("-F", format)
        with suppress(LibTmuxException):
            return [int(line) for line in self._server.cmd(ask, *show).stdout if line.isdigit()]
        return []


def _argument(text: str) -> str:
    """One argument of a command on tmux's command line, where a `;` at the end would begin another command."""
    return f"{text[:-1]}\\;" if text.endswith(";") else text


def _literal(text: str) -> str:
    """Text where tmux expands formats."""
    return _argument(text.replace("#", "##"))


def _recorder(recording: Recording, columns: int, rows: int, after: str = "") -> str:
    words = [sys.executable, "-I", "-S", recorder.__file__, str(recording.cast), str(recording.socket)]
    words += [str(columns), str(rows), str(recording.secrets or ""), str(recording.part)]
    # tmux expands formats and times here, and hands the line to a shell.
    return f"exec {shlex.join(words).replace('#', '##').replace('%', '%%')} #{{pane_tty}} {after}"


def _ends(pid: int, seconds: float) -> bool:
    """Whether the process, no child of ours, ends within this time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not _running(pid):
            return True
        time.sleep(0.01)
    return False


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")
