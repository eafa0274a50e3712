"""Each sandbox tried once, by running a program in it: a command that is there may still not be allowed to."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from agentmux import registry
from agentmux.config import Limits, SandboxKind
from agentmux.errors import SandboxError
from agentmux.paths import SessionPaths
from agentmux.sandbox.base import Box
from agentmux.sandbox.detect import WITH_IMAGES, check, make

LIMITS = Limits(memory="256m", cpus=1, pids=64)
SECONDS = 45.0
"""How long the program may take; the first container of an image is slow in rootless podman."""


def try_out(kind: SandboxKind) -> str:
    """Run `true` there; a sentence about what answered, and what the sandbox protects from.

    Raises:
        MissingProgram: its command is not installed.
        SandboxError: it cannot be used, or the program did not run.
    """
    answer = check(kind)
    sandbox = make(kind)
    image = _image_at_hand(kind)
    if image is None and kind in WITH_IMAGES:
        return f"{answer} {sandbox.protects()} Not tried: it has no image yet."
    paths = SessionPaths.of(f"doctor-{secrets.token_hex(4)}")
    try:
        tree = _empty_tree(paths)
        ran = sandbox.run(Box(paths, "doctor", ("true",), limits=LIMITS, image=image), "true", tree, SECONDS)
    except OSError as err:
        raise SandboxError(f"It cannot be tried: {err.filename}: {err.strerror}.") from err
    finally:
        shutil.rmtree(paths.folder, ignore_errors=True)
    if ran.status:
        said = ran.output.strip().splitlines()
        raise SandboxError(f"{answer} But no program runs there: {said[-1] if said else f'status {ran.status}'}.")
    return f"{answer} {sandbox.protects()}"


def _empty_tree(paths: SessionPaths) -> Path:
    tree = paths.tree("doctor")
    tree.mkdir(parents=True)
    return tree


def _image_at_hand(kind: SandboxKind) -> str | None:
    """An image that is here already, an agents' one rather than the base."""
    if kind not in ("docker", "podman"):
        return None
    from agentmux.sandbox.containers import ContainerSandbox
    from agentmux.sandbox.image import at_hand

    sandbox = make(kind)
    assert isinstance(sandbox, ContainerSandbox)
    return at_hand(registry.settings().base_image, sandbox.engine)
