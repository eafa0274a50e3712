"""Agents in containers of the Docker engine: the agent is the container's main process, started from its pane.

The container has no network: `entry.sh` starts a relay from loopback ports to the mounted unix sockets. Every limit and
mount is set at its creation, where `docker inspect` shows it; secrets are in mounted files, where it does not.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from docker.types import LogConfig, Mount, Ulimit
from requests.exceptions import ConnectionError as EngineSilent
from requests.exceptions import ReadTimeout

from agentmux.errors import SandboxError
from agentmux.paths import home
from agentmux.sandbox.base import (
    EGRESS_PORT,
    INSIDE,
    LABEL,
    MODEL_PORT,
    ROOM_PORT,
    TIMED_OUT,
    TREE,
    Box,
    Ended,
    Places,
    Ran,
    Tell,
    common_env,
)
from agentmux.sandbox.engine import engine
from agentmux.sandbox.once import OUTPUT_LIMIT, clipped, copied, out_of_time
from agentmux.sandbox.stream import heard

PLACES = Places(home="/home/agent", sockets="/run/agentmux", secrets="/run/secrets/agentmux", inside="/opt/agentmux")
EGRESS_LINK = f"{EGRESS_PORT}={PLACES.sockets}/egress.sock"
LINKS = f"{ROOM_PORT}={PLACES.sockets}/room.sock {MODEL_PORT}={PLACES.sockets}/model.sock {EGRESS_LINK}"
PROXY = f"http://127.0.0.1:{EGRESS_PORT}"
PROXIES = {"HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY, "NO_PROXY": "127.0.0.1,localhost"}
DETACH = "--detach-keys=ctrl-^,ctrl-_"
"""The default keys begin with ctrl-p, which programs in the pane need."""
ENGINE_VARIABLES = (
    "PATH",
    "HOME",
    "XDG_RUNTIME_DIR",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
)
GRACE = 2
"""Seconds between the end of its terminal and the end of the agent's container."""


class DockerSandbox:
    """One container for each agent, without network, rights, or a writable system."""

    name = "docker"
    protects = (
        "Isolated: own files, no network, limited memory and processes. "
        "Membership of the docker group equals root on this machine."
    )

    def prepare(self, box: Box) -> str | None:
        """Create the agent's container, or find it again if it was made for the same box."""
        name = container_name(box)
        wanted = _fingerprint(box)
        with engine(f"create the container {name}") as client:
            found = _ours(client, name)
            if found and found.status in ("running", "paused"):
                return name
            _lay_out(box)
            if found:
                if found.labels.get(f"{LABEL}.box") == wanted:
                    return name
                found.remove(force=True, v=True)
            client.containers.create(
                _image(box),
                PLACES.fill(box.argv),
                name=name,
                hostname=box.agent,
                tty=True,
                stdin_open=True,
                stop_signal="SIGHUP",
                environment={**_proxies(box), **PLACES.env(box), "AGENTMUX_LINKS": LINKS},
                mounts=_mounts(box),
                labels={**_labels(box), f"{LABEL}.box": wanted},
                **_hardened(box),
            )
        return name

    def pane_argv(self, box: Box) -> list[str]:
        """Start the container, or attach to it if it runs."""
        return ["docker", "start", "-ai", DETACH, container_name(box)]

    def pane_env(self, box: Box) -> dict[str, str]:  # noqa: ARG002
        """What the docker command needs to find the same engine."""
        found = {key: os.environ[key] for key in ENGINE_VARIABLES if key in os.environ}
        return {**found, "TERM": "tmux-256color"}

    def shell_argv(self, box: Box) -> list[str]:
        """A bash in the running container, or sh where the image has none."""
        shell = "command -v bash >/dev/null && exec bash; exec sh"
        return ["docker", "exec", "-it", DETACH, container_name(box), "sh", "-c", shell]

    def run(self, box: Box, command: str, tree: Path, timeout: float) -> Ran:
        """Run a command in a container of its own: the same rules, no secrets, no room, no home."""
        name = f"{container_name(box)}-run-{secrets.token_hex(4)}"
        uid, gid = container_user()
        with copied(tree, box.paths.out) as copy, engine(f"run a command in the container {name}") as client:
            _give(copy, uid, gid)
            hardened = _hardened(box)
            hardened["tmpfs"][PLACES.home] = f"rw,nosuid,nodev,exec,size=1g,uid={uid},gid={gid},mode=0700"
            container = client.containers.create(
                _image(box),
                ["sh", "-c", command],
                name=name,
                environment={**common_env(box), "TERM": "dumb", **box.env, "HOME": PLACES.home},
                mounts=[Mount(TREE, str(copy), type="bind")],
                labels=_labels(box),
                **hardened,
            )
            try:
                return _run_to_end(container, timeout)
            finally:
                _discard(container)

    def set_up(self, box: Box, command: str, hear: Tell, timeout: float) -> Ran:
        """Run a command in a container of its own with the agent's mounts, without its secrets."""
        name = _setup_name(box)
        with engine(f"create the container {name}") as client:
            if left := _ours(client, name):  # by a room that was killed
                _discard(left)
            _lay_out(box)
            container = client.containers.create(
                _image(box),
                ["sh", "-c", command],
                name=name,
                hostname=box.agent,
                environment={**_proxies(box), **PLACES.env(box), "TERM": "dumb", "AGENTMUX_LINKS": EGRESS_LINK},
                mounts=[mount for mount in _mounts(box) if mount["Target"] != PLACES.secrets],
                labels=_labels(box),
                **_hardened(box),
            )

            def end() -> None:
                _discard(container)

            return heard(["docker", "start", "-a", name], self.pane_env(box), None, hear, timeout, end)

    def freeze(self, box: Box) -> None:
        """Pause the container."""
        with engine(f"freeze {box.agent}") as client:
            container = client.containers.get(container_name(box))
            if container.status == "running":
                container.pause()

    def thaw(self, box: Box) -> None:
        """Let the container go on."""
        with engine(f"thaw {box.agent}") as client:
            container = client.containers.get(container_name(box))
            if container.status == "paused":
                container.unpause()

    def ended(self, box: Box) -> Ended | None:
        """What the engine knows of the container's end."""
        name = container_name(box)
        with engine(f"look at the container {name}") as client:
            container = _find(client, name)
            if container is None:
                return Ended(None)
            state = container.attrs["State"]
            if state["Status"] not in ("exited", "dead"):
                return None
            return Ended(int(state["ExitCode"]), bool(state["OOMKilled"]))

    def remove(self, box: Box) -> None:
        """End the agent as if its terminal were closed, then remove its container; also what still sets it up."""
        name = container_name(box)
        with engine(f"remove the container {name}") as client:
            if container := _find(client, _setup_name(box)):
                _discard(container)
            if container := _find(client, name):
                with contextlib.suppress(NotFound):
                    container.stop(timeout=GRACE)
                _discard(container)


def container_name(box: Box) -> str:
    """The name of the agent's container."""
    return f"agentmux-{box.paths.id}-{box.agent}"


def _setup_name(box: Box) -> str:
    return f"{container_name(box)}-setup"


def _image(box: Box) -> str:
    if box.image is None:
        raise SandboxError(
            f"{box.agent} has no image to run in.", "Build one first: agentmux.sandbox.image.ensure_image."
        )
    return box.image


def _labels(box: Box) -> dict[str, str]:
    return {f"{LABEL}.session": box.paths.id, f"{LABEL}.agent": box.agent, f"{LABEL}.home": str(home())}


def container_user() -> tuple[int, int]:
    """Who the agent is: the user, so that its files are the user's own; never root."""
    return (os.getuid(), os.getgid()) if os.getuid() else (1000, 1000)


def _fingerprint(box: Box) -> str:
    """Equal for boxes that the same container serves."""
    parts = [box.image, box.argv, sorted(box.env.items()), box.limits.model_dump(), box.network, container_user()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _hardened(box: Box) -> dict[str, Any]:
    """What no container goes without."""
    uid, gid = container_user()
    return {
        "init": True,
        "user": f"{uid}:{gid}",
        "working_dir": TREE,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "read_only": True,
        # exec: some CLIs unpack native libraries there.
        "tmpfs": {"/tmp": "rw,nosuid,nodev,exec,size=1g,mode=1777"},  # noqa: S108
        "network_mode": "bridge" if box.network == "full" else "none",
        "ipc_mode": "private",
        "pids_limit": box.limits.pids,
        "mem_limit": box.limits.memory,
        "memswap_limit": box.limits.memory,
        "nano_cpus": int(box.limits.cpus * 1e9),
        "ulimits": [Ulimit(name="nofile", soft=4096, hard=8192)],
        "log_config": LogConfig(type="json-file", config={"max-size": "5m", "max-file": "2"}),
    }


def _mounts(box: Box) -> list[Mount]:
    paths, agent = box.paths, box.agent
    git = paths.agent_git(agent)
    table: list[tuple[str, Path, bool]] = [
        (TREE, paths.tree(agent), False),
        # A mount of its own: it can be neither moved away nor replaced, and host git finds no repository in the tree.
        (f"{TREE}/.git", git, False),
        (f"{TREE}/.git/config", git / "config", True),
        (f"{TREE}/.git/hooks", git / "hooks", True),
        (PLACES.home, paths.agent_home(agent), False),
        (PLACES.sockets, paths.sockets(agent), True),
        (PLACES.secrets, paths.secrets(agent), True),
        (PLACES.inside, INSIDE, True),
        ("/etc/passwd", paths.passwd(agent), True),
        *((f"/etc/{folder.name}", folder, True) for folder in _etc_folders(box)),
    ]
    return [Mount(target, str(source), type="bind", read_only=fixed) for target, source, fixed in table]


def _proxies(box: Box) -> dict[str, str]:
    """Where there is no network; some programs read only the upper-case names, some only the others."""
    return PROXIES | {name.lower(): value for name, value in PROXIES.items()} if box.network == "none" else {}


def _etc_folders(box: Box) -> list[Path]:
    etc = box.paths.agent_etc(box.agent)
    return sorted(etc.iterdir()) if etc.is_dir() else []


def _lay_out(box: Box) -> None:
    """Make what the mounts need on the host, and give it to the container's user."""
    paths, agent = box.paths, box.agent
    uid, gid = container_user()
    git_link = paths.tree(agent) / ".git"
    if git_link.is_file():
        git_link.unlink()
    for folder in (
        git_link,
        paths.agent_git(agent) / "hooks",
        paths.agent_home(agent),
        paths.sockets(agent),
    ):
        folder.mkdir(parents=True, exist_ok=True)
    paths.passwd(agent).write_text(
        f"root:x:0:0::/root:/bin/sh\nagent:x:{uid}:{gid}::{PLACES.home}:/bin/bash\n", encoding="ascii"
    )
    for folder in (paths.work(agent), paths.secrets(agent)):
        _give(folder, uid, gid)


def _give(folder: Path, uid: int, gid: int) -> None:
    """Make the folder and all in it the container user's; only root needs to and can.

    Names are looked up in open folders, never along a path: whoever writes there cannot lead it out by a link.
    """
    if os.getuid():
        return
    os.chown(folder, uid, gid)
    for _, folders, files, handle in os.fwalk(folder):
        for entry in (*folders, *files):
            os.chown(entry, uid, gid, dir_fd=handle, follow_symlinks=False)


def _find(client: docker.DockerClient, name: str) -> Container | None:
    try:
        return client.containers.get(name)
    except NotFound:
        return None


def _ours(client: docker.DockerClient, name: str) -> Container | None:
    """The container of that name; raises SandboxError if it is not of this user's sessions."""
    found = _find(client, name)
    if found and found.labels.get(f"{LABEL}.home") != str(home()):
        raise SandboxError(
            f"The container {name} exists and belongs to somebody else.", f"Remove it: `docker rm {name}`."
        )
    return found


def _run_to_end(container: Container, timeout: float) -> Ran:
    began = time.monotonic()
    container.start()
    try:
        status = int(container.wait(timeout=timeout)["StatusCode"])
        last = ""
    except (ReadTimeout, EngineSilent):
        status, last = TIMED_OUT, out_of_time(timeout)
    seconds = time.monotonic() - began
    kept = b""
    cut = 0
    for chunk in container.logs(stream=True, follow=False):
        kept += chunk
        if (surplus := len(kept) - OUTPUT_LIMIT) > OUTPUT_LIMIT:
            kept, cut = kept[surplus:], cut + surplus
    return Ran(status, clipped(kept, cut) + last, seconds)


def _discard(container: Container) -> None:
    try:
        container.remove(force=True, v=True)
    except NotFound:
        return
    except APIError as err:
        if "is already in progress" not in str(err):
            raise
