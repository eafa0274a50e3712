"""Toolchains: what a project needs where its agents work."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from agentmux.config.words import EnvName, InsidePath, Place, ShellCommand, Strict, inside_path


def _devcontainer(named: object) -> object:
    if not isinstance(named, bool | str):
        raise ValueError("must be true, or the path of a devcontainer.json in the repository")
    return named if isinstance(named, bool) else inside_path(named)


def _by_name(file: object) -> object:
    return {"file": file} if isinstance(file, str) else file


def _per_workspace(commands: object) -> object:
    return {"workspace": commands} if isinstance(commands, list) else commands


class Dockerfile(Strict):
    """An image that is built from the repository, as it is in the commit that the agents start from."""

    file: InsidePath = "Dockerfile"
    context: InsidePath = "."
    """The folder that the build sees."""
    args: dict[EnvName, str] = {}
    target: str | None = None
    """The stage to build, of a Dockerfile with several."""


class Setup(Strict):
    """Commands for a shell, run one after another."""

    image: list[ShellCommand] = []
    """Run once, as root and with network, into a layer of the agents' image; they do not see the repository."""
    workspace: list[ShellCommand] = []
    """Run in each agent's clone before it starts, as the agent and with its ways out."""


class Toolchain(Strict):
    """What a project needs where its agents work: in the repository's `.agentmux.yaml`, or in a layout, which wins."""

    image: str | None = Field(None, min_length=1)
    """What the agents' image is built on, instead of the user's setting; Debian or Ubuntu. At most one of the three."""
    dockerfile: Annotated[Dockerfile, BeforeValidator(_by_name)] | None = None
    """The same, built from the repository: the name of a Dockerfile, or `{file, context, args, target}`."""
    devcontainer: Annotated[bool | str, BeforeValidator(_devcontainer)] = False
    """The same, as the repository's devcontainer.json says, with its commands and its environment."""
    setup: Annotated[Setup, BeforeValidator(_per_workspace)] = Setup()
    """Commands that prepare each clone, or `{image: [...], workspace: [...]}`."""
    copies: list[InsidePath] = Field([], alias="copy")
    """Untracked files of the user's folder that each clone gets, by name or pattern; in no snapshot and no merge."""
    env: dict[EnvName, str] = {}
    """Environment of the agents, of `setup` and of `checks`; no secrets here."""
    checks: list[ShellCommand] = []
    """Commands that must succeed on the merged tree."""
    allow: list[Place] = []
    """Places that agents may reach where the network is `none`, besides package registries: `example.org`,
    `.example.org` for all names below it, `example.org:8080` for a port other than 80 and 443."""

    @model_validator(mode="after")
    def _has_one_source(self) -> Toolchain:
        named = [key for key in SOURCES if getattr(self, key)]
        if len(named) > 1:
            raise ValueError(f"{' and '.join(named)} exclude each other; keep one")
        return self


SOURCES = ("image", "dockerfile", "devcontainer")
"""The keys of a toolchain that say what the agents' image is built on."""
