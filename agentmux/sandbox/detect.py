"""Which sandbox there is on this machine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Literal

from agentmux.config import SandboxKind
from agentmux.errors import AgentmuxError, MissingProgram, SandboxError
from agentmux.sandbox.base import Sandbox

if TYPE_CHECKING:
    from agentmux.sandbox.containers import ContainerSandbox

ISOLATING: tuple[SandboxKind, ...] = ("docker", "podman", "bubblewrap")
"""In the order in which `auto` tries them."""
WITH_IMAGES: tuple[SandboxKind, ...] = ("docker", "podman")
"""Those whose agents run in an image."""
WITHOUT_ISOLATION = "Or choose the sandbox `process` by name: it runs agents as you, without any isolation."


def choose(wanted: Literal["auto"] | SandboxKind) -> Sandbox:
    """The sandbox to use; `auto` never falls back to one that does not isolate.

    Raises:
        SandboxError: it cannot be used, or none can; the hint says what to do.
        MissingProgram: its command is not installed.
    """
    if wanted != "auto":
        try:
            check(wanted)
        except (SandboxError, MissingProgram) as err:
            raise type(err)(err.message, f"{err.hint} {WITHOUT_ISOLATION}".lstrip()) from err
        return make(wanted)
    refusals: list[AgentmuxError] = []
    for kind in ISOLATING:
        try:
            check(kind)
        except (SandboxError, MissingProgram) as err:
            refusals.append(err)
        else:
            return make(kind)
    raise SandboxError(" ".join(err.message for err in refusals), f"{refusals[0].hint} {WITHOUT_ISOLATION}")


def choose_engine() -> ContainerSandbox:
    """Docker, or podman where Docker cannot be used; raises SandboxError or MissingProgram with what Docker lacks."""
    from agentmux.sandbox.containers import ContainerSandbox

    try:
        chosen = choose("docker")
    except (SandboxError, MissingProgram):
        if not status("podman")[0]:
            raise
        chosen = make("podman")
    assert isinstance(chosen, ContainerSandbox)
    return chosen


def make(kind: SandboxKind) -> Sandbox:
    """The sandbox of that name, whether or not it can be used."""
    # Imported here: the docker SDK takes a while, and some do without.
    match kind:
        case "docker":
            from agentmux.sandbox.docker import DockerSandbox

            return DockerSandbox()
        case "podman":
            from agentmux.sandbox.podman import PodmanSandbox

            return PodmanSandbox()
        case "bubblewrap":
            from agentmux.sandbox.bubblewrap import BubblewrapSandbox

            return BubblewrapSandbox()
        case "process":
            from agentmux.sandbox.process import ProcessSandbox

            return ProcessSandbox()


def check(kind: SandboxKind) -> str:
    """A sentence that says what answers there.

    Raises:
        SandboxError: it cannot be used; the hint says what to do.
        MissingProgram: its command is not installed.
    """
    match kind:
        case "docker":
            return _ask_engine()
        case "podman":
            from agentmux.sandbox import podman

            return podman.check()
        case "bubblewrap":
            from agentmux.sandbox import bubblewrap

            return bubblewrap.check()
        case "process":
            return "Programs run as you."


def status(kind: SandboxKind) -> tuple[bool, str]:
    """Whether a sandbox can be used, and a sentence about it."""
    try:
        return True, check(kind)
    except (SandboxError, MissingProgram) as err:
        return False, str(err)


def _ask_engine() -> str:
    from agentmux.sandbox.engine import engine, host

    if shutil.which("docker") is None:
        raise MissingProgram(
            "The docker command is not installed.",
            "Debian: `apt install docker.io`; else see https://docs.docker.com/engine/install/.",
        )
    with engine("ask the container engine for its version") as client:
        return f"Docker {client.version()['Version']} answers at {host()}."
