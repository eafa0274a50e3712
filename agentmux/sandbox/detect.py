"""Which sandbox there is on this machine."""

from __future__ import annotations

import shutil
from typing import Literal

from agentmux.errors import MissingProgram, SandboxError
from agentmux.sandbox.base import Sandbox

WITHOUT_ENGINE = "Or choose the sandbox `process` by name: it runs agents as you, without any isolation."


def choose(wanted: Literal["auto", "docker", "process"]) -> Sandbox:
    """The sandbox to use; `auto` never falls back to one that does not isolate.

    Raises:
        SandboxError: no engine answers; the hint says what to do.
        MissingProgram: the docker command is not installed.
    """
    # Imported here: the docker SDK takes a while, and `process` does without.
    if wanted == "process":
        from agentmux.sandbox.process import ProcessSandbox

        return ProcessSandbox()
    from agentmux.sandbox.docker import DockerSandbox

    try:
        _ask_engine()
    except SandboxError as err:
        raise SandboxError(err.message, f"{err.hint} {WITHOUT_ENGINE}".lstrip()) from err
    return DockerSandbox()


def engine_status() -> tuple[bool, str]:
    """Whether containers can be used, and a sentence about it."""
    try:
        return True, _ask_engine()
    except (SandboxError, MissingProgram) as err:
        return False, str(err)


def _ask_engine() -> str:
    from agentmux.sandbox.engine import engine, host

    if shutil.which("docker") is None:
        raise MissingProgram(
            "The docker command is not installed.",
            f"Debian: `apt install docker.io`; else see https://docs.docker.com/engine/install/. {WITHOUT_ENGINE}",
        )
    with engine("ask the container engine for its version") as client:
        return f"Docker {client.version()['Version']} answers at {host()}."
