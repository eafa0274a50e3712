"""Agents in containers of podman, which needs no daemon and no root.

The SDK speaks to podman's own Docker-compatible service. Where none listens, one is started, and ends by itself.
"""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException
from docker.models.containers import Container
from docker.types import Ulimit
from requests.exceptions import RequestException

from agentmux.config import SandboxKind
from agentmux.errors import MissingProgram, SandboxError
from agentmux.paths import secrets_root
from agentmux.sandbox import cgroup
from agentmux.sandbox.base import Box, isolated
from agentmux.sandbox.containers import ContainerSandbox
from agentmux.sandbox.engine import working

IDLE = 60
"""Seconds without a request after which a service that was started here ends."""
PATIENCE = 20.0
"""Seconds until a service that was started must listen."""
CALL = 300
"""Seconds for one request: the first container of an image copies it for the user's own ids."""
HYBRID = Path("/sys/fs/cgroup/unified")
"""Where both generations of control groups are mounted, which crun refuses and runc does not."""
PID_MAX = Path("/proc/sys/kernel/pid_max")
COUNTED = 'ulimit -u "$1" 2>/dev/null || ulimit -p "$1"; shift; exec "$@"'
"""Limits the processes where no control group does, per user namespace; the service drops such limits of a request."""
OPTIONS = ("name", "hostname", "user", "tty", "stdin_open", "stop_signal", "environment", "labels", "working_dir")
"""Options of a container itself; the others are about what it gets of the host."""


class PodmanSandbox(ContainerSandbox):
    """Containers of the user's own podman: inside, the agent has the user's id, and outside no more rights."""

    name: SandboxKind = "podman"
    # It would print warnings about the system between what the agent prints.
    program = ("podman", "--log-level=fatal")
    variables = (
        "PATH",
        "HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "DBUS_SESSION_BUS_ADDRESS",
        "CONTAINERS_CONF",
        "CONTAINERS_STORAGE_CONF",
    )

    def protects(self, network: str = "none") -> str:
        """What it protects from, and what not."""
        limits = "limited memory and processes" if limits_memory() else "but NO limit on memory on this system"
        whose = "podman has no more rights than you" if os.getuid() else "podman itself runs as root here"
        return f"{isolated(network)} {limits}; {whose}."

    def engine(self, doing: str) -> AbstractContextManager[docker.DockerClient]:
        """A connection to podman's service."""
        return service(doing)

    def pane_env(self, box: Box) -> dict[str, str]:
        """What the podman command needs to find the same containers as the service."""
        return {**super().pane_env(box), **_environment()}

    def create(self, client: docker.DockerClient, image: str, command: list[str], **options: Any) -> Container:
        """Create a container in which the agent's user is the user, by way of the ids that podman has for it."""
        if not limits_memory():
            command = ["sh", "-c", COUNTED, "sh", str(options["pids_limit"]), *command]
        own = {key: options.pop(key) for key in OPTIONS if key in options}
        host = client.api.create_host_config(**_possible(options))
        if os.getuid():
            host["UsernsMode"] = "keep-id"  # the SDK knows no value but `host`
        made = client.api.create_container(image, command, host_config=host, **own)
        return client.containers.get(made["Id"])


def limits_memory() -> bool:
    """Whether podman's limits hold: always for root; else with cgroup v2 only, on v1 they are silently ignored."""
    return not os.getuid() or {"memory", "pids"} <= cgroup.delegated()


def check() -> str:
    """A sentence about podman and its version.

    Raises:
        MissingProgram: it is not installed.
        SandboxError: its service cannot be had.
    """
    with service("ask podman for its version") as client:
        version = client.version()
    return f"{'Rootless podman' if os.getuid() else 'Podman'} {version['Version']} answers."


@contextmanager
def service(doing: str) -> Iterator[docker.DockerClient]:
    """A connection to podman's service, which is started if none listens.

    Args:
        doing: what the work inside is, for the sentence when it fails: `create the container x`.

    Raises:
        MissingProgram: podman is not installed.
        SandboxError: the service does not answer, or refused the work.
    """
    if not shutil.which("podman"):
        raise MissingProgram(
            "podman is not installed.",
            "Debian, Ubuntu: `apt install podman uidmap slirp4netns`; Fedora: `dnf install podman`.",
        )
    try:
        client = docker.DockerClient(base_url=f"unix://{_listening()}", version="auto", timeout=CALL)
    except (DockerException, RequestException, OSError) as err:
        raise SandboxError("podman's service does not answer.", f"`podman info` says more: {err}.") from err
    with working(client, doing):
        yield client


def _possible(options: dict[str, Any]) -> dict[str, Any]:
    """The options without the limits that this system cannot keep."""
    options = dict(options)
    if not os.getuid():
        # Without this, podman asks for more than a root has that is in a container itself.
        most = min(resource.getrlimit(resource.RLIMIT_NPROC)[1], int(PID_MAX.read_text(encoding="ascii")))
        options["ulimits"] = [*options["ulimits"], Ulimit(name="nproc", soft=most, hard=most)]
        return options
    if not limits_memory():
        for name in ("pids_limit", "mem_limit", "memswap_limit"):
            del options[name]
    if "cpu" not in cgroup.delegated():
        del options["nano_cpus"]
    return options


def _runtime_options() -> list[str]:
    """Options of podman itself, not of one request, for systems that its standard runtime refuses."""
    return ["--runtime", "runc"] if HYBRID.is_dir() and shutil.which("runc") else []


def _environment() -> dict[str, str]:
    return {"XDG_RUNTIME_DIR": str(_runtime())} if os.getuid() else {}


def _runtime() -> Path:
    """Where podman keeps what must not outlive a restart of the machine: the same for all programs of this user."""
    standard = Path(f"/run/user/{os.getuid()}")
    if not os.getuid():
        return Path("/run")
    return standard if standard.is_dir() else secrets_root()


def _listening() -> Path:
    """The socket of the user's own service, or of one that is started now."""
    own = _runtime() / "podman" / "podman.sock"
    ours = _runtime() / "agentmux-podman.sock"
    for path in (ours,) if _runtime_options() else (own, ours):
        if _answers(path):
            return path
    with _one_at_a_time(ours.with_suffix(".lock")):
        if not _answers(ours):
            _start(ours)
    return ours


def _start(path: Path) -> None:
    path.unlink(missing_ok=True)
    log = path.with_suffix(".log")
    # Through a shell that ends at once, so that the service is nobody's child and outlives whoever needed it first.
    words = ["podman", *_runtime_options(), "system", "service", f"--time={IDLE}", f"unix://{path}"]
    started = subprocess.run(
        ["sh", "-c", '"$@" >"$0" 2>&1 & echo $!', str(log), *words],
        cwd="/",
        env={**os.environ, **_environment()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        check=True,
    )
    process = Path("/proc") / started.stdout.decode().strip()
    deadline = time.monotonic() + PATIENCE
    while not _answers(path):
        if not process.exists() or time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise SandboxError(
                f"podman's service does not start: {said[-1] if said else 'no reason given'}.",
                "`podman info` says whether podman works for you; rootless it needs ids in /etc/subuid.",
            )
        time.sleep(0.02)  # nothing tells when it listens


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(str(path))
        return True
    return False


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
