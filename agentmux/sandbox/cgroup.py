"""Limits on what processes use together, for sandboxes without an engine: the kernel's control groups.

Three ways, the first that is there: a scope of systemd (the user's own, or the system's for root); for root without
systemd, a folder in the groups' own file system (cgroup-v2 or the older v1, see the kernel's admin guide); or none.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from agentmux.config import Limits
from agentmux.errors import SandboxError

ROOT = Path("/sys/fs/cgroup")
OURS = "agentmux"
PERIOD = 100_000
"""Microseconds over which processor time is shared out."""
UNITS = {"m": 2**20, "g": 2**30}
V1 = ("memory", "pids", "cpu")
REMOVAL = 2.0
"""Seconds until the kernel lets go of a group whose processes have ended."""


@dataclass(frozen=True, slots=True)
class Group:
    """The way into a group with limits: a command to put in front, or folders whose `cgroup.procs` takes a process."""

    command: tuple[str, ...] = ()
    folders: tuple[Path, ...] = field(default=())

    @property
    def limits(self) -> bool:
        """Whether it limits anything."""
        return bool(self.command or self.folders)

    def out_of_memory(self) -> bool:
        """Whether a process was ended because the memory was used up; False where nobody counts."""
        for name in ("memory.events", "memory.oom_control"):
            for folder in self.folders:
                with contextlib.suppress(OSError):
                    lines = (folder / name).read_text(encoding="ascii").splitlines()
                    if any(line.split()[0] == "oom_kill" and line.split()[1] != "0" for line in lines):
                        return True
        return False


def limits_memory() -> bool:
    """Whether groups can be had here; without them nothing limits memory and processor time."""
    return _way() != "none"


def group(name: str, limits: Limits) -> Group:
    """Make the group of that name, or take up the one that is there; raises SandboxError."""
    memory = int(limits.memory[:-1]) * UNITS[limits.memory[-1]]
    match _way():
        case "systemd":
            wanted = {
                "MemoryMax": memory, "MemorySwapMax": 0, "TasksMax": limits.pids,
                "CPUQuota": f"{round(limits.cpus * 100)}%",
            }  # fmt: skip
            properties = [word for key, value in wanted.items() for word in ("-p", f"{key}={value}")]
            mine = ["--user"] if os.getuid() else []
            return Group(command=("systemd-run", *mine, "--scope", "--quiet", "--collect", *properties, "--"))
        case "v2":
            folder = ROOT / OURS / name
            share = f"{round(limits.cpus * PERIOD)} {PERIOD}"
            _fill(folder, {"memory.max": memory, "memory.swap.max": 0, "pids.max": limits.pids, "cpu.max": share})
            return Group(folders=(folder,))
        case "v1":
            folders = {kind: ROOT / kind / OURS / name for kind in V1}
            _fill(folders["memory"], {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory})
            _fill(folders["pids"], {"pids.max": limits.pids})
            quota = round(limits.cpus * PERIOD)
            _fill(folders["cpu"], {"cpu.cfs_period_us": PERIOD, "cpu.cfs_quota_us": quota})
            return Group(folders=tuple(folders.values()))
    return Group()


def find(name: str) -> Group:
    """The group of that name as it is now, without making it."""
    folders = [ROOT / OURS / name, *(ROOT / kind / OURS / name for kind in V1)]
    return Group(folders=tuple(folder for folder in folders if folder.is_dir()))


def remove(name: str) -> None:
    """Remove the group of that name, whose processes have ended. It is no error if there is none."""
    deadline = time.monotonic() + REMOVAL
    for folder in find(name).folders:
        while folder.is_dir():
            try:
                folder.rmdir()
            except OSError as err:
                if time.monotonic() > deadline:
                    raise SandboxError(f"The control group {folder} cannot be removed: {err.strerror}.") from err
                time.sleep(0.02)  # nothing tells when the kernel has let go


def _fill(folder: Path, values: dict[str, object]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in values.items():
            # Kernels without accounting of swap lack its file.
            if "sw" not in name or (folder / name).exists():
                (folder / name).write_text(f"{value}\n", encoding="ascii")
    except OSError as err:
        raise SandboxError(f"The limits cannot be set at {folder}: {err.strerror}.") from err


@cache
def _way() -> str:
    modern = (ROOT / "cgroup.controllers").is_file()
    if modern and Path("/run/systemd/system").is_dir() and shutil.which("systemd-run") and _manager_answers():
        return "systemd"
    if os.getuid():
        return "none"
    if modern:
        return "v2" if _enabled(ROOT) and _enabled(ROOT / OURS) else "none"
    return "v1" if all(_may_make(ROOT / kind / OURS) for kind in V1) else "none"


def delegated() -> set[str]:
    """The controllers that the user's own manager may use; for root all that there are."""
    if not (uid := os.getuid()):
        return set(V1)
    service = ROOT / f"user.slice/user-{uid}.slice/user@{uid}.service/cgroup.controllers"
    try:
        return set(service.read_text(encoding="ascii").split())
    except OSError:
        return set()


def _manager_answers() -> bool:
    """For root the system's manager; for others their own, to which memory must have been handed down."""
    if not (uid := os.getuid()):
        return True
    bus = Path(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{uid}"), "bus")
    return bus.exists() and {"memory", "pids"} <= delegated()


def _enabled(folder: Path) -> bool:
    """Whether groups below the folder can have these limits, after asking for that."""
    if not _may_make(folder):
        return False
    control = folder / "cgroup.subtree_control"
    with contextlib.suppress(OSError):
        control.write_text("+memory +pids +cpu\n", encoding="ascii")
    try:
        return set(V1) <= set(control.read_text(encoding="ascii").split())
    except OSError:
        return False


def _may_make(folder: Path) -> bool:
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return False
    return True
