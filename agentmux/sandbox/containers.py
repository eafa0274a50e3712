"""Agents in containers, whatever engine makes them: the agent is the container's main process, started from its pane.

The container has no network: `entry.sh` starts a relay from loopback ports to the mounted unix sockets. Every limit and
mount is set at its creation, where `inspect` shows it; secrets are in mounted files, where it does not.

What differs between engines is in `docker.py` and `podman.py`: how the engine is reached, and what it is asked for.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from docker.types import LogConfig, Mount, Ulimit

from agentmux.config import SandboxKind
from agentmux.errors import SandboxError
from agentmux.paths import home
from agentmux.sandbox.base import LABEL, TREE, Box, Ended, Ran, Tell, common_env
from agentmux.sandbox.once import copied
from agentmux.sandbox.place import EGRESS_LINK, LINKS, PLACES, agent_user, give, lay_out, mounts, proxies
from agentmux.sandbox.stream import heard

DETACH = "--detach-keys=ctrl-^,ctrl-_"
"""The default keys begin with ctrl-p, which programs in the pane need."""
GRACE = 2
"""Seconds between the end of its terminal and the end of the agent's container."""

UV = {"UV_TOOL_DIR": f"{PLACES.home}/.local/share/uv/tools", "UV_TOOL_BIN_DIR": f"{PLACES.home}/.local/bin"}
"""Where `uvx` and `uv tool install` put things; where the image has its own tools, nothing can be written."""


class ContainerSandbox:
    """One container for each agent, without network, rights, or a writable system."""

    name: SandboxKind
    program: tuple[str, ...]
    """The engine's command, which runs in the pane."""
    variables: tuple[str, ...]
    """What that command needs of the user's environment to find the same engine."""

    def protects(self, network: str = "none") -> str:
        """What it protects from, and what not."""
        raise NotImplementedError

    def engine(self, doing: str) -> AbstractContextManager[docker.DockerClient]:
        """A connection to the engine, for one piece of work; raises SandboxError with a sentence about `doing`."""
        raise NotImplementedError

    def create(self, client: docker.DockerClient, image: str, command: list[str], **options: Any) -> Container:
        """Create a container with what this engine needs besides."""
        raise NotImplementedError

    def prepare(self, box: Box) -> str | None:
        """Create the agent's container, or find it again if it was made for the same box."""
        name = container_name(box)
        wanted = _fingerprint(box)
        with self.engine(f"create the container {name}") as client:
            found = self._ours(client, name)
            if found and found.status in ("running", "paused"):
                return name
            lay_out(box)
            if found:
                if found.labels.get(f"{LABEL}.box") == wanted:
                    return name
                found.remove(force=True, v=True)
            self.create(
                client,
                _image(box),
                PLACES.fill(box.argv),
                name=name,
                hostname=box.agent,
                tty=True,
                stdin_open=True,
                stop_signal="SIGHUP",
                environment={**UV, **proxies(box), **PLACES.env(box), "AGENTMUX_LINKS": LINKS},
                mounts=_mounts(box),
                labels={**_labels(box), f"{LABEL}.box": wanted},
                **_hardened(box),
            )
        return name

    def pane_argv(self, box: Box) -> list[str]:
        """Start the container, or attach to it if it runs."""
        return [*self.program, "start", "-ai", DETACH, container_name(box)]

    def pane_env(self, box: Box) -> dict[str, str]:  # noqa: ARG002
        """What the engine's command needs to find the same engine."""
        found = {key: os.environ[key] for key in self.variables if key in os.environ}
        return {**found, "TERM": "tmux-256color"}

    def shell_argv(self, box: Box) -> list[str]:
        """A bash in the running container, or sh where the image has none."""
        shell = "command -v bash >/dev/null && exec bash; exec sh"
        return [*self.program, "exec", "-it", DETACH, container_name(box), "sh", "-c", shell]

    def run(self, box: Box, command: str, tree: Path, timeout: float) -> Ran:
        """Run a command in a container of its own: the same rules, no secrets, no room, no home."""
        name = f"{container_name(box)}-run-{secrets.token_hex(4)}"
        uid, gid = agent_user()
        with copied(tree, box.paths.out) as copy, self.engine(f"run a command in the container {name}") as client:
            house = copy.parent / "home"
            house.mkdir()
            give(copy.parent, uid, gid)
            places = [Mount(TREE, str(copy), type="bind"), Mount(PLACES.home, str(house), type="bind")]
            container = self._once(client, name, box, command, _bare_env(box), places)
            return self._attended(container, None, timeout, self.pane_env(box))

    def set_up(self, box: Box, command: str, hear: Tell, timeout: float) -> Ran:
        """Run a command in a container of its own with the agent's mounts, without its secrets."""
        name = _setup_name(box)
        with self.engine(f"create the container {name}") as client:
            if left := self._ours(client, name):  # by a room that was killed
                _discard(left)
            lay_out(box)
            env = {**UV, **proxies(box), **PLACES.env(box), "TERM": "dumb", "AGENTMUX_LINKS": EGRESS_LINK}
            container = self._once(client, name, box, command, env, _mounts(box, PLACES.secrets))
            return self._attended(container, hear, timeout, self.pane_env(box))

    def beside(self, box: Box, command: str, timeout: float) -> Ran:
        """Run a command in a container of its own with the agent's mounts, without its secrets and sockets."""
        name = f"{container_name(box)}-beside-{secrets.token_hex(4)}"
        alone = replace(box, network="none")
        with self.engine(f"run a command in the container {name}") as client:
            lay_out(box)
            places = _mounts(box, PLACES.secrets, PLACES.sockets)
            container = self._once(client, name, alone, command, _bare_env(box), places)
            return self._attended(container, None, timeout, self.pane_env(box))

    def freeze(self, box: Box) -> None:
        """Pause the container."""
        with self.engine(f"freeze {box.agent}") as client:
            container = client.containers.get(container_name(box))
            if container.status == "running":
                container.pause()

    def thaw(self, box: Box) -> None:
        """Let the container go on."""
        with self.engine(f"thaw {box.agent}") as client:
            container = client.containers.get(container_name(box))
            if container.status == "paused":
                container.unpause()

    def ended(self, box: Box) -> Ended | None:
        """What the engine knows of the container's end."""
        name = container_name(box)
        with self.engine(f"look at the container {name}") as client:
            container = _find(client, name)
            if container is None:
                return Ended(None)
            state = container.attrs["State"]
            if state["Status"] not in ("exited", "dead"):
                return None
            return Ended(int(state["ExitCode"]), bool(state["OOMKilled"]))

    def starved(self, session: str) -> Iterator[str]:
        """What the engine tells; also of a program in the container that is not its first, whose end nobody sees."""
        wanted = {"event": "oom", "label": f"{LABEL}.session={session}"}
        with self.engine("listen to it") as client:
            for event in client.events(filters=wanted, decode=True):
                yield event["Actor"]["Attributes"][f"{LABEL}.agent"]

    def remove(self, box: Box) -> None:
        """End the agent as if its terminal were closed, then remove its container; also what still sets it up."""
        name = container_name(box)
        with self.engine(f"remove the container {name}") as client:
            if container := _find(client, _setup_name(box)):
                _discard(container)
            if container := _find(client, name):
                with contextlib.suppress(NotFound):
                    if container.status == "paused":  # podman stops no container that stands still
                        container.unpause()
                    container.stop(timeout=GRACE)
                _discard(container)

    def _once(
        self, client: docker.DockerClient, name: str, box: Box, command: str, env: dict[str, str], places: list[Mount]
    ) -> Container:
        """A container for one command, beside the agent's own."""
        return self.create(
            client,
            _image(box),
            ["sh", "-c", command],
            name=name,
            hostname=box.agent,
            environment=env,
            mounts=places,
            labels=_labels(box),
            **_hardened(box),
        )

    def _attended(self, container: Container, hear: Tell | None, timeout: float, env: dict[str, str]) -> Ran:
        """Start the container, take what it prints, and remove it at its end or after `timeout` seconds."""
        argv = [*self.program, "start", "-a", str(container.name)]
        return heard(argv, env, None, hear, timeout, partial(_discard, container))

    def _ours(self, client: docker.DockerClient, name: str) -> Container | None:
        """The container of that name; raises SandboxError if it is not of this user's sessions."""
        found = _find(client, name)
        if found and found.labels.get(f"{LABEL}.home") != str(home()):
            raise SandboxError(
                f"The container {name} exists and belongs to somebody else.", f"Remove it: `{self.name} rm {name}`."
            )
        return found


def container_name(box: Box) -> str:
    """The name of the agent's container."""
    return f"agentmux-{box.paths.id}-{box.agent}"


def _setup_name(box: Box) -> str:
    return f"{container_name(box)}-setup"


def _mounts(box: Box, *hidden: str) -> list[Mount]:
    shown = [mount for mount in mounts(box) if mount[0] not in hidden]
    return [Mount(path, str(source), type="bind", read_only=fixed) for path, source, fixed in shown]


def _bare_env(box: Box) -> dict[str, str]:
    return {**UV, **common_env(box), "TERM": "dumb", **box.env, "HOME": PLACES.home}


def _image(box: Box) -> str:
    if box.image is None:
        raise SandboxError(
            f"{box.agent} has no image to run in.", "Build one first: agentmux.sandbox.image.ensure_image."
        )
    return box.image


def _labels(box: Box) -> dict[str, str]:
    return {f"{LABEL}.session": box.paths.id, f"{LABEL}.agent": box.agent, f"{LABEL}.home": str(home())}


def _fingerprint(box: Box) -> str:
    """Equal for boxes that the same container serves."""
    parts = [box.image, box.argv, sorted(box.env.items()), box.limits.model_dump(), box.network, agent_user()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _hardened(box: Box) -> dict[str, Any]:
    """What no container goes without."""
    uid, gid = agent_user()
    return {
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


def _find(client: docker.DockerClient, name: str) -> Container | None:
    try:
        return client.containers.get(name)
    except NotFound:
        return None


def _discard(container: Container) -> None:
    try:
        container.remove(force=True, v=True)
    except NotFound:
        return
    except APIError as err:
        if "is already in progress" not in str(err):
            raise
