"""A layout and a repository's own file as one: who says what, and how much of it the repository decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from agentmux import yamlfile
from agentmux.config import SOURCES, Layout, Setup, Toolchain
from agentmux.errors import ConfigError, UsageError
from agentmux.project.devcontainer import PLACES, Devcontainer, parse

NAME = ".agentmux.yaml"
"""The repository's file, at its top."""
Side = TypeVar("Side", bound=Toolchain)
Read = Callable[[str], str | None]
"""The text of a file of the repository as the agents get it; None where there is none."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a session is started with.

    Args:
        layout: with everything filled in; it names no devcontainer.json any more.
        decided: the part of it that files of the repository decide, and not the user's layout.
        dockerfile: the text of the Dockerfile that is built; empty if there is none.
        warnings: sentences about what is ignored.
    """

    layout: Layout
    decided: Toolchain
    dockerfile: str
    warnings: tuple[str, ...]


def own_file(root: Path) -> Toolchain | None:
    """The repository's `.agentmux.yaml`, as it lies in the user's folder, committed or not; None where there is none.

    Raises:
        ConfigError: it does not fit, or is a link.
    """
    path = root / NAME
    if path.is_symlink():
        raise ConfigError(f"{path}: this is a link, and is not followed.", "Put the file itself there.")
    return yamlfile.load(path, Toolchain) if path.exists() else None


def resolve(layout: Layout, own: Toolchain | None, read: Read) -> Resolved:
    """Fill what the layout leaves open from the repository's own file, and a devcontainer.json into both.

    Raises:
        UsageError: there is no such devcontainer.json.
        ConfigError: it cannot be read.
    """
    said = layout.model_fields_set & set(Toolchain.model_fields)
    if said & set(SOURCES):
        said |= set(SOURCES)
    theirs = {key: getattr(own, key) for key in own.model_fields_set - said} if own else {}
    merged = layout.model_copy(update=theirs)
    decided = Toolchain().model_copy(update=theirs)
    warnings = []
    if merged.devcontainer:
        path, found = _devcontainer(merged.devcontainer, read)
        if found.ignored:
            warnings.append(f"In {path} this is ignored: {', '.join(found.ignored)}.")
        merged, decided = _with(merged, found.toolchain), _with(decided, found.toolchain)
    text = read(merged.dockerfile.file) or "" if merged.dockerfile else ""
    return Resolved(merged, decided.model_copy(update={"dockerfile": merged.dockerfile}), text, tuple(warnings))


def _with(side: Side, found: Toolchain) -> Side:
    workspace = [*found.setup.workspace, *side.setup.workspace]
    return side.model_copy(
        update={
            "devcontainer": False,
            "image": found.image,
            "dockerfile": found.dockerfile,
            "setup": Setup(image=side.setup.image, workspace=workspace),
            "env": found.env | side.env,
        }
    )


def _devcontainer(named: bool | str, read: Read) -> tuple[str, Devcontainer]:
    for path in PLACES if named is True else (str(named),):
        if (text := read(path)) is not None:
            return path, parse(text, path)
    where = "devcontainer.json" if named is True else str(named)
    raise UsageError(
        f"There is no {where} in the commit that the agents start from.",
        "Commit it, or start with --include-changes, so that agents get what is not committed as well.",
    )
