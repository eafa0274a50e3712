"""Where is measured: real sessions with loads for agents, a terminal to look at them, and what processes use."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agentmux.config import AgentSpec, Layout, Profile, Seat
from agentmux.paths import SessionPaths
from agentmux.room.state import State
from agentmux.service import process, session

HERE = Path(__file__).parent
TOP = HERE.parent.parent
LOADS = str(HERE / "loads.py")
NAMES = ("ada", "bob", "cy")
COLUMNS, ROWS = 280, 46
"""Three panes of 78 columns and the sidebar beside each other."""
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@contextmanager
def home() -> Iterator[Path]:
    """An empty place for sessions and settings, in which no session is left running."""
    folder = Path(tempfile.mkdtemp(prefix="bench", dir="/tmp"))
    (folder / "run").mkdir(mode=0o700)
    places = {"AGENTMUX_HOME": "h", "AGENTMUX_CONFIG": "c", "XDG_RUNTIME_DIR": "run"}
    before = dict(os.environ)
    os.environ |= {name: str(folder / place) for name, place in places.items()}
    os.environ.pop("TMUX", None)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # users have their bytecode cached
    try:
        yield folder
    finally:
        for line in session.listing():
            process.shut_down(SessionPaths.of(line.id))
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


def repository(folder: Path, files: int = 1) -> Path:
    """A repository with one commit, made anew, with this many files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number in range(files):
        place = folder / f"part{number // 100}"
        place.mkdir(exist_ok=True)
        (place / f"file{number}.py").write_text(f"NUMBER = {number}\n" * 20)
    git = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@example.org"]
    for line in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Begin"]):
        subprocess.run([*git, *line], check=True)
    return folder


@contextmanager
def running(folder: Path, kinds: Sequence[str], repo: Path | None = None) -> Iterator[SessionPaths]:
    """A session of plain processes, one for each kind of load, that is up."""
    for name in NAMES:
        (folder / f"{name}.count").unlink(missing_ok=True)
    specs = [
        AgentSpec(
            name=name,
            profile_name="load",
            profile=Profile(
                title="Load",
                command=[sys.executable, LOADS, kind, str(folder / f"{name}.count")],
                env={"PYTHONPATH": str(TOP)},
            ),
        )
        for name, kind in zip(NAMES, kinds, strict=False)
    ]
    seats = [Seat(name=spec.name, profile="load") for spec in specs]
    layout = Layout(title="Bench", sandbox="process", agents=seats)
    source = repo or repository(folder / "repo")
    paths = session.create(
        session.NewSession(repo=source, layout_name="bench", layout=layout, agents=specs, task="", sandbox="process")
    )
    process.start_room(paths)
    try:
        wait(lambda: all(agent.pane for agent in state_of(paths).agents.values()), "the agents did not start")
        yield paths
    finally:
        process.shut_down(paths)


def state_of(paths: SessionPaths) -> State:
    """The session as its log tells it now."""
    return session.state_of(paths)


def wait(holds: object, complaint: str, seconds: float = 60.0) -> float:
    """Wait until something holds; returns how long that took, in seconds."""
    begin = time.perf_counter()
    while not holds():  # type: ignore[operator]
        if time.perf_counter() - begin > seconds:
            raise TimeoutError(complaint)
        time.sleep(0.005)
    return time.perf_counter() - begin


def taken(folder: Path) -> list[int]:
    """How many bytes the terminal of each that floods has taken."""
    files = [folder / f"{name}.count" for name in NAMES]
    return [struct.unpack("Q", file.read_bytes().ljust(8, b"\0"))[0] for file in files if file.exists()]


def cpu(pid: int) -> float:
    """Seconds of CPU that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> int:
    """Bytes that the process has in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def tmux(paths: SessionPaths, *words: str) -> str:
    """What the session's tmux server says."""
    argv = ["tmux", "-u", "-N", "-S", str(paths.tmux_sock), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def server_pid(paths: SessionPaths) -> int:
    """The session's tmux server."""
    return int(tmux(paths, "display-message", "-p", "#{pid}"))


def recorders(paths: SessionPaths) -> list[int]:
    """The recorders of the session's panes."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(paths.casts).encode() in b" ".join(words) and any(b"recorder.py" in word for word in words):
            found.append(int(folder.name))
    return found


class Terminal:
    """A program in a pty; what it prints is looked through for what is waited for."""

    def __init__(self, argv: Sequence[str], columns: int = COLUMNS, rows: int = ROWS) -> None:
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(TOP)}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], [*argv], env)  # noqa: S606
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.fd, keys)

    def drain(self, seconds: float) -> bytes:
        """Read for this long; returns what came."""
        end, came = time.perf_counter() + seconds, []
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                came.append(os.read(self.fd, 1 << 20))
        return b"".join(came)

    def until(self, mark: bytes, seconds: float = 60.0) -> float:
        """Read until something is printed; returns the moment (`time.perf_counter`)."""
        end, came = time.perf_counter() + seconds, b""
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                # As quick as a terminal: what is kept of the past is only what the mark may have begun in.
                came = came[-300:] + os.read(self.fd, 1 << 16)
                if mark in came:
                    return time.perf_counter()
        raise TimeoutError(f"{mark!r} was not printed; the end of what was: {came[-300:]!r}")

    def close(self) -> None:
        """End the program."""
        try:
            os.kill(self.pid, signal.SIGTERM)
            end = time.perf_counter() + 5
            while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
                if time.perf_counter() > end:
                    os.kill(self.pid, signal.SIGKILL)
                if select.select([self.fd], [], [], 0.02)[0]:
                    try:
                        os.read(self.fd, 1 << 20)
                    except OSError:
                        time.sleep(0.02)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)


@contextmanager
def app(paths: SessionPaths, stats: Path | None = None) -> Iterator[Terminal]:
    """The app on a session, with its panes shown. With `stats` it says there how late its event loop was."""
    argv = [sys.executable, str(HERE / "viewer.py"), paths.id, *([str(stats)] if stats else [])]
    terminal = Terminal(argv)
    try:
        terminal.until(b"COMMAND")
        terminal.drain(2.0)
        yield terminal
    finally:
        terminal.close()


@contextmanager
def attached(paths: SessionPaths, agent: str) -> Iterator[Terminal]:
    """Real tmux on an agent's pane."""
    window = tmux(paths, "display-message", "-p", "-t", f"=hub:={agent}", "#{window_id}")
    steps = ["attach-session", "-t", "=hub", ";", "select-window", "-t", window]
    terminal = Terminal(["tmux", "-u", "-N", "-S", str(paths.tmux_sock), "-f", "/dev/null", *steps], 78, ROWS)
    try:
        terminal.drain(1.0)
        yield terminal
    finally:
        terminal.close()
