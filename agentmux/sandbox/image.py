"""The agents' image: one Dockerfile, and a tag that says what went into it, so that nothing is built twice."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import docker
from docker.errors import APIError, ImageNotFound

from agentmux.config import Install
from agentmux.errors import ImageBuildError, SandboxError
from agentmux.sandbox.base import Tell
from agentmux.sandbox.engine import FULL_DISK_HINT, Connect, engine
from agentmux.sandbox.stream import plain_lines

LOCAL_BASE = "agentmux/base:bookworm"
"""The base that `agentmux image base` makes where no registry can be reached."""

HERE = Path(__file__).resolve().parent
CERTIFICATES = Path("/usr/local/share/ca-certificates")
STEP_WIDTH = 76
TAIL = 12
"""Lines of a failed build that are shown."""
NO_APT = re.compile(r"apt-get: (?:command )?not found")
BUILDKIT = "requires BuildKit"
CHATTER = re.compile(r" ---> |Removing intermediate container ")
STATUS = re.compile(r"returned a non-zero code: (\d+)")


@dataclass(frozen=True, slots=True)
class Build:
    """What the engine builds an image from.

    Args:
        what: its name in the sentence when it fails: `The agents' image`.
        context: a tar archive, from its beginning.
        arguments: the Dockerfile's.
        dockerfile: its name in the context.
        target: the stage to build; None for the last.
        tag: the image's name, if it gets one.
    """

    what: str
    context: IO[bytes]
    arguments: dict[str, str] = field(default_factory=dict)
    dockerfile: str = "Dockerfile"
    target: str | None = None
    tag: str | None = None


def ensure_image(installs: Iterable[Install], base_image: str, tell: Tell, log: Path, connect: Connect = engine) -> str:
    """Build the image that holds what all these profiles need, unless it exists, and return its tag.

    Args:
        installs: what each profile installs.
        base_image: what to build on; pulled if it is not here.
        tell: takes each step of the build.
        log: gets everything that the build prints.
        connect: the way to the engine that builds and has it.

    Raises:
        ImageBuildError: a step failed; the error has the last lines.
        SandboxError: the engine does not answer, or the base image cannot be had.
    """
    arguments = build_arguments(installs)
    files = context_files()
    with connect("build the agents' image") as client:
        base = _base_id(client, base_image, tell)
        tag = image_tag(base, arguments, files)
        if not exists(client, tag):
            tell(f"Building the image {tag} on {base_image}")
            work = Build("The agents' image", packed(files), {"BASE_IMAGE": base_image, **arguments}, tag=tag)
            try:
                build(client, work, tell, log)
            except ImageBuildError as err:
                if any(NO_APT.search(line) for line in err.tail):
                    raise ImageBuildError(
                        f"The agents cannot be put on the image {base_image}: it has no apt-get.",
                        err.tail,
                        err.log,
                        "Name one that is made from Debian or Ubuntu, perhaps by another tag of the same name.",
                    ) from err
                raise
        return tag


def default_base(configured: str, connect: Connect = engine) -> str:
    """The base to build on: the local one if somebody made it, else the configured one. Raises SandboxError."""
    with connect("look for images") as client:
        return LOCAL_BASE if exists(client, LOCAL_BASE) else configured


def at_hand(configured: str, connect: Connect = engine) -> str | None:
    """An image that is here already and can run a program: an agents' one, else a base; raises SandboxError."""
    with connect("look for images") as client:
        made = [tag for image in client.images.list("agentmux/agents") for tag in image.tags]
        bases = [name for name in (LOCAL_BASE, configured) if exists(client, name)]
    return next(iter([*made, *bases]), None)


def build_arguments(installs: Iterable[Install]) -> dict[str, str]:
    """The Dockerfile's arguments: the sorted union of what the profiles need.

    >>> build_arguments([Install(npm=["b@2"]), Install(npm=["a@1", "b@2"], uv=["tool==3 mcp"])])
    {'APT_PACKAGES': '', 'NPM_PACKAGES': 'a@1 b@2', 'UV_TOOLS': 'tool==3 mcp'}
    """
    wanted = list(installs)
    return {
        "APT_PACKAGES": " ".join(sorted({p for install in wanted for p in install.apt})),
        "NPM_PACKAGES": " ".join(sorted({p for install in wanted for p in install.npm})),
        "UV_TOOLS": ";".join(sorted({p for install in wanted for p in install.uv})),
    }


def context_files(certificates: Path = CERTIFICATES) -> dict[str, bytes]:
    """The build context by name: the Dockerfile, the entry script, and the host's additional root certificates."""
    files = {name: (HERE / name).read_bytes() for name in ("Dockerfile", "entry.sh")}
    files["certs/README"] = b"Root certificates of the machine that built this image.\n"
    for path in sorted(certificates.rglob("*.crt")):
        files[f"certs/{path.name}"] = path.read_bytes()
    return files


def image_tag(base: str, arguments: Mapping[str, str], files: Mapping[str, bytes]) -> str:
    """The tag for an image of these inputs; `base` is the base image's id."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    inputs = json.dumps([base, dict(arguments), digests], sort_keys=True)
    return f"agentmux/agents:{hashlib.sha256(inputs.encode()).hexdigest()[:12]}"


def exists(client: docker.DockerClient, tag: str) -> bool:
    """Whether the engine has an image of this name."""
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def _base_id(client: docker.DockerClient, name: str, tell: Tell) -> str:
    """The id of the base image, after pulling it if need be."""
    if not exists(client, name):
        tell(f"Pulling {name}")
        try:
            client.images.pull(name)
        except APIError as err:
            raise SandboxError(
                f"The base image {name} is not here and cannot be pulled: {err.explanation or err}.",
                "Without a registry, make a base of your own: `agentmux image base` (needs root and debootstrap).",
            ) from err
    return str(client.images.get(name).id)


def build(client: docker.DockerClient, work: Build, tell: Tell, log: Path) -> str:
    """Build an image and return its id; raises ImageBuildError."""
    tail: deque[str] = deque(maxlen=TAIL)
    step, built, failure = "the first step", "", ""
    log.parent.mkdir(parents=True, exist_ok=True)
    replies = client.api.build(
        fileobj=work.context,
        custom_context=True,
        dockerfile=work.dockerfile,
        tag=work.tag,
        buildargs=work.arguments,
        target=work.target,
        decode=True,
        rm=True,
        forcerm=True,
    )
    with log.open("a", encoding="utf-8") as out:
        for reply in replies:
            for line in _lines(reply):
                print(line, file=out)
                if line.upper().startswith("STEP "):
                    step = line.partition(" :")[0]
                    tell(line[:STEP_WIDTH])
                elif not CHATTER.match(line) and "error" not in reply:
                    tail.append(line)
            failure = failure or str(reply.get("error", ""))
            built = (reply.get("aux") or {}).get("ID", built)
    if failure:
        raise _failed(work.what, step, failure, list(tail), log)
    return built


def _lines(reply: Mapping[str, Any]) -> Iterator[str]:
    """The printable lines of one reply of the engine."""
    return plain_lines(str(reply.get("stream") or reply.get("status") or reply.get("error") or ""))


def _failed(what: str, step: str, why: str, tail: list[str], log: Path) -> ImageBuildError:
    if any("no space left on device" in line.lower() for line in [why, *tail]):
        sentence = f"{what} cannot be built: no space is left on the engine's disk."
        return ImageBuildError(sentence, tail, str(log), FULL_DISK_HINT)
    hint = (
        "Write it without `RUN --mount` and the like; the engine's classic builder does this."
        if BUILDKIT in why
        else ""
    )
    if ended := STATUS.search(why):  # the engine repeats the whole command here
        why = f"{step} ended with status {ended[1]}"
    return ImageBuildError(f"{what} cannot be built: {why.strip().rstrip('.')}.", tail, str(log), hint)


def packed(files: Mapping[str, bytes]) -> io.BytesIO:
    """A tar archive of these files."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    archive.seek(0)
    return archive
