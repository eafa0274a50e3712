"""A project's own image: built from its Dockerfile below the agents' layers, and its setup commands above them."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from docker.utils import tar

from agentmux.config import Dockerfile
from agentmux.errors import SandboxError
from agentmux.sandbox.base import Tell
from agentmux.sandbox.engine import Connect, engine
from agentmux.sandbox.image import Build, build, exists, packed

NAME = ".agentmux.Dockerfile"
"""What the Dockerfile is called in the context, wherever it lies."""
NOT_THERE_HINT = "Commit it, or start with --include-changes, so that agents get what is not committed as well."


def build_project(checkout: Path, wanted: Dockerfile, tell: Tell, log: Path, connect: Connect = engine) -> str:
    """Build the image that a Dockerfile describes; what did not change since comes from the engine's cache.

    Args:
        checkout: the repository's files; links in it are not followed out of it.
        wanted: which Dockerfile, and what it sees.
        tell: takes each step of the build.
        log: gets everything that the build prints.
        connect: opens a connection to the engine.

    Returns:
        A name for the image, the same as long as nothing in it changes.

    Raises:
        SandboxError: there is no such Dockerfile or folder, or the engine does not answer.
        ImageBuildError: a step failed.
    """
    file, context = _inside(checkout, wanted.file), _inside(checkout, wanted.context)
    if not file.is_file():
        raise SandboxError(
            f"There is no Dockerfile {wanted.file} in the commit that the agents start from.", NOT_THERE_HINT
        )
    if not context.is_dir():
        raise SandboxError(
            f"There is no folder {wanted.context} in the commit that the agents start from.", NOT_THERE_HINT
        )
    text = _text(file, wanted.file)
    ignored = _inside(context, ".dockerignore")
    patterns = _text(ignored, ".dockerignore").splitlines() if ignored.is_file() else []
    excluded = [line.strip() for line in patterns if line.strip() and not line.startswith("#")]
    with connect("build the project's image") as client, tempfile.TemporaryFile() as archive:
        tell("sending its files to the engine")
        tar(context, exclude=excluded, dockerfile=(NAME, text), fileobj=archive)
        work = Build("The project's image", archive, dict(wanted.args), NAME, wanted.target)
        image = client.images.get(build(client, work, tell, log))
        number = str(image.id).rpartition(":")[2][:12]
        image.tag("agentmux/project", number)
    return f"agentmux/project:{number}"


def ensure_setup(base: str, commands: Sequence[str], tell: Tell, log: Path, connect: Connect = engine) -> str:
    """An image with what these commands leave on top of `base`, each a layer; built once for the same commands.

    They run as root, with the build's network. Raises ImageBuildError or SandboxError.
    """
    with connect("set up the project's image") as client:
        inputs = json.dumps([client.images.get(base).id, *commands])
        tag = f"agentmux/setup:{hashlib.sha256(inputs.encode()).hexdigest()[:12]}"
        if not exists(client, tag):
            work = Build("The setup of the image", packed({"Dockerfile": setup_dockerfile(base, commands)}), tag=tag)
            build(client, work, tell, log)
    return tag


def setup_dockerfile(base: str, commands: Iterable[str]) -> bytes:
    r"""The Dockerfile of the commands; as JSON none can be more than one.

    >>> print(setup_dockerfile("b", ['echo "$HOME"\nRUN x']).decode())
    FROM b
    ENV HOME=/root
    RUN ["/bin/sh", "-c", "echo \"$HOME\"\nRUN x"]
    ENV HOME=/home/agent
    """
    layers = [f"RUN {json.dumps(['/bin/sh', '-c', command])}" for command in commands]
    return "\n".join([f"FROM {base}", "ENV HOME=/root", *layers, "ENV HOME=/home/agent"]).encode()


def _inside(top: Path, name: str) -> Path:
    """The path with its links followed; raises SandboxError if they lead out of `top`."""
    found = (top / name).resolve()
    if not found.is_relative_to(top.resolve()):
        raise SandboxError(f"{name} is a link that leads out of the repository.", "Name a file that is in it.")
    return found


def _text(file: Path, name: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as err:
        raise SandboxError(f"{name} is not UTF-8 text.") from err
