"""What agentmux takes from a devcontainer.json: the image or its Dockerfile, commands for the workspace, environment.

The format is that of https://containers.dev/implementors/json_reference/: JSON with comments and trailing commas.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentmux.config import ENV_NAME, Dockerfile, Setup, Toolchain
from agentmux.errors import ConfigError

PLACES = (".devcontainer/devcontainer.json", ".devcontainer.json")
"""Where the file lies, unless another path is named."""
WORKSPACE = "/ws"
"""The repository's place in an agent's container."""
HARMLESS = {
    "$schema", "name", "customizations", "settings", "extensions", "remoteUser", "containerUser", "updateRemoteUserUID",
    "forwardPorts", "portsAttributes", "otherPortsAttributes", "shutdownAction", "waitFor", "hostRequirements",
    "userEnvProbe", "overrideCommand", "init", "workspaceFolder",
}  # fmt: skip
"""Keys for editors, or whose work agentmux does in its own way; nothing is missing without them."""
TOKENS = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
LAST_COMMAS = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])', re.DOTALL)
KNOWN = re.compile(r"\$\{containerWorkspaceFolder\}")

Words = str | list[str]


class _Build(BaseModel):
    model_config = ConfigDict(extra="allow")
    dockerfile: str | None = None
    context: str = "."
    args: dict[str, str] = {}
    target: str | None = None


class _File(BaseModel):
    """The keys that are read; `None` where a key is not there."""

    model_config = ConfigDict(extra="allow")
    image: str | None = None
    build: _Build = _Build()
    docker_file: str | None = Field(None, alias="dockerFile")
    context: str | None = None
    container_env: dict[str, str] = Field({}, alias="containerEnv")
    remote_env: dict[str, str | None] = Field({}, alias="remoteEnv")
    on_create: Words | dict[str, Words] | None = Field(None, alias="onCreateCommand")
    update_content: Words | dict[str, Words] | None = Field(None, alias="updateContentCommand")
    post_create: Words | dict[str, Words] | None = Field(None, alias="postCreateCommand")


@dataclass(frozen=True, slots=True)
class Devcontainer:
    """What the file says in our words, and the keys in it that say more than agentmux does."""

    toolchain: Toolchain
    ignored: tuple[str, ...]


def parse(text: str, path: str) -> Devcontainer:
    """Read a devcontainer.json that lies at `path` in the repository.

    Raises:
        ConfigError: it is no JSON, a value is of the wrong kind, or a path in it leads out of the repository.
    """
    try:
        file = _File.model_validate(json.loads(without_comments(text)))
    except json.JSONDecodeError as err:
        raise ConfigError(f"{path}:{err.lineno}: this is no JSON: {err.msg}.") from err
    except ValidationError as err:
        first = err.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if part not in ("str", "list[str]"))
        raise ConfigError(f"{path}: {key or 'it'}: {first['msg'][:1].lower() + first['msg'][1:]}.") from err
    ignored = [key for key in (file.model_extra or {}) if key not in HARMLESS]
    ignored += [f"build.{key}" for key in (file.build.model_extra or {})]
    env = _values(file.container_env | file.remote_env, "env", ignored)
    args = _values(file.build.args, "build.args", ignored)
    commands = [line for part in (file.on_create, file.update_content, file.post_create) for line in _commands(part)]
    named = file.build.dockerfile or file.docker_file
    try:
        toolchain = Toolchain(
            image=None if named else file.image,
            dockerfile=_dockerfile(path, named, file, args) if named else None,
            setup=Setup(workspace=commands),
            env=env,
        )
    except ValidationError as err:
        raise ConfigError(f"{path}: {err.errors()[0]['msg'].removeprefix('Value error, ')}.") from err
    return Devcontainer(toolchain, tuple(ignored))


def without_comments(text: str) -> str:
    r"""JSON with comments and trailing commas as plain JSON, its lines where they were.

    >>> without_comments('{"a": "//", /* x */ "b": [1,], // y' + chr(10) + '}')
    '{"a": "//",  "b": [1] \n}'
    """
    bare = TOKENS.sub(lambda m: m[0] if m[0].startswith('"') else "\n" * m[0].count("\n"), text)
    return LAST_COMMAS.sub(lambda m: m[0] if m[0].startswith('"') else "", bare)


def _dockerfile(path: str, named: str, file: _File, args: dict[str, str]) -> Dockerfile:
    folder = posixpath.dirname(path)
    context = file.context if file.docker_file and file.context else file.build.context
    return Dockerfile(
        file=_joined(path, folder, named), context=_joined(path, folder, context), args=args, target=file.build.target
    )


def _joined(path: str, folder: str, name: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, name))
    if joined.startswith(("..", "/")):
        raise ConfigError(f"{path}: '{name}' leads out of the repository.")
    return joined


def _commands(part: Words | dict[str, Words] | None) -> list[str]:
    """The commands of one step: a text is for the shell, a list is a program with its arguments, a dict has several."""
    parts = list(part.values()) if isinstance(part, dict) else [part] if part else []
    return [
        KNOWN.sub(WORKSPACE, words)
        if isinstance(words, str)
        else shlex.join(KNOWN.sub(WORKSPACE, word) for word in words)
        for words in parts
        if words
    ]


def _values(values: dict[str, str] | dict[str, str | None], key: str, ignored: list[str]) -> dict[str, str]:
    """The values that mean something here; one that asks for the host's environment, or another variable, does not."""
    kept = {}
    for name, value in values.items():
        filled = KNOWN.sub(WORKSPACE, value or "")
        if value is None or "${" in filled or not ENV_NAME.fullmatch(name):
            ignored.append(f"{key}.{name}")
        else:
            kept[name] = filled
    return kept
