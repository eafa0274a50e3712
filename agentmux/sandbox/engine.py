"""The container engine: one connection for one piece of work, and its errors as sentences."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import docker
from docker.context import ContextAPI
from docker.errors import DockerException
from requests.exceptions import RequestException

from agentmux.errors import SandboxError

Connect = Callable[[str], AbstractContextManager[docker.DockerClient]]
"""Connects to an engine for one piece of work, which is named for the sentence when it fails."""
FULL_DISK_HINT = "See what takes it with `docker system df`, make room, and try again."


@contextmanager
def engine(doing: str) -> Iterator[docker.DockerClient]:
    """A connection to the engine of the environment (`DOCKER_HOST`) or of the current docker context.

    Args:
        doing: what the work inside is, for the sentence when it fails: `create the container x`.

    Raises:
        SandboxError: the engine does not answer, may not be used, or refused the work.
    """
    address = host()
    try:
        _touch(address)
        client = _connect()
    except PermissionError as err:
        raise SandboxError(
            f"You may not use the container engine's socket {address}.",
            "Join the group that owns it (`sudo usermod -aG docker $USER`, then log in again), or use rootless Docker.",
        ) from err
    except (DockerException, RequestException, OSError) as err:
        raise SandboxError(
            f"No container engine answers at {address}.",
            "Start it (`sudo systemctl start docker`, or open Docker Desktop), or install Docker: "
            "https://docs.docker.com/engine/install/.",
        ) from err
    with working(client, doing):
        yield client


@contextmanager
def working(client: docker.DockerClient, doing: str) -> Iterator[None]:
    """Do one piece of work with a connection that is closed at its end; raises SandboxError if it is refused."""
    try:
        yield
    except (DockerException, RequestException) as err:
        raise _refused(doing, err) from err
    finally:
        client.close()


def _refused(doing: str, err: Exception) -> SandboxError:
    """The error for work that the engine refused; a full disk gets its own sentence."""
    why = str(getattr(err, "explanation", None) or err).strip().rstrip(".")
    if "no space left on device" in why.lower():
        return SandboxError(f"Cannot {doing}: no space is left on the disk of the container engine.", FULL_DISK_HINT)
    return SandboxError(f"Cannot {doing}: {why}.")


def host() -> str:
    """Where the engine is expected to listen."""
    if named := os.environ.get("DOCKER_HOST"):
        return named
    return getattr(ContextAPI.get_current_context(), "Host", None) or "unix:///var/run/docker.sock"


def _connect() -> docker.DockerClient:
    context = None if os.environ.get("DOCKER_HOST") else ContextAPI.get_current_context()
    if context is None or context.Name == "default" or not context.Host:
        return docker.from_env()
    return docker.DockerClient(base_url=context.Host, tls=context.TLSConfig or False)


def _touch(address: str) -> None:
    """Raise the OSError that says why nobody answers; through the SDK it would come as text."""
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(address.removeprefix("unix://"))
