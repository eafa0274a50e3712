"""A task: a folder with `task.yaml`, in which everything else that it names lies (`docs/writing-a-task.md`).

Importers make the same `Task` of other people's formats.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from agentmux import yamlfile
from agentmux.config import BudgetSpec, Duration, FeatureName, Layout, Setup, ShellCommand, Strict, Toolchain
from agentmux.errors import ConfigError
from agentmux.tasks.repository import find

FILE = "task.yaml"
PROMPT_FILES = (".md", ".txt")
"""A prompt of one word that ends like this is the name of a file with it."""


class Feature(Strict):
    """Something to be built, and how to tell whether it is there."""

    name: FeatureName
    prompt: str = Field(min_length=1)
    """What an agent is told: a text, or the name of a file with one."""
    tests: ShellCommand
    """Run on the merged tree; the feature passes with exit status 0 and at least one test that passed."""
    hidden: list[Path] = Field(default_factory=list)
    """Put over the merged tree before the tests run, and never shown to an agent: what is in a folder, or a file."""
    test_patch: Path | None = None
    """The same as a patch."""
    patch: Path | None = None
    """A patch that builds the feature; agents of the profile `patch` apply it."""


class Task(Toolchain):
    """A repository at a commit, the features to be built on it, and what a session needs for that.

    After `load`, and from an importer, `repo` and all paths are absolute, and prompts are texts.
    """

    title: str
    repo: str = Field(min_length=1)
    """A git repository, bare or not; a folder that is made into one; or a name in the mirror folder."""
    base: str = Field("HEAD", pattern=r"^[^-\s][^\s]*$")
    """The commit that all agents start from."""
    kind: str = ""
    """Which tasks it belongs with when results are pooled: a word such as `independent` or `overlapping`."""
    features: Annotated[list[Feature], Field(min_length=1)]
    budget: BudgetSpec | None = None
    """What all agents together may spend, unless the layout says so."""
    seconds: Duration = 1800.0
    """How long a run without a human may take."""

    @field_validator("features")
    @classmethod
    def _names_are_unique(cls, features: list[Feature]) -> list[Feature]:
        names = [feature.name for feature in features]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"'{twice}' is there twice; each feature needs a name of its own")
        return features


def is_task(folder: Path) -> bool:
    """Whether the folder is a task: it has a `task.yaml`."""
    return (folder / FILE).is_file()


def load(folder: Path, mirror: Path | None = None) -> Task:
    """The task in this folder, with everything that it names found.

    Args:
        folder: the one with `task.yaml`.
        mirror: where repositories are that the task only names; without it `$AGENTMUX_MIRROR`.

    Raises:
        ConfigError: the file does not fit, or names something that is not in the folder.
        RepositoryError: its repository is not there.
    """
    file = folder.absolute() / FILE
    task = yamlfile.load(file, Task)
    features = [_resolved(file, feature) for feature in task.features]
    repo = find(task.repo, file.parent, mirror or mirror_folder())
    return task.model_copy(update={"features": features, "repo": str(repo)})


def mirror_folder() -> Path | None:
    """The folder of repositories that `$AGENTMUX_MIRROR` names."""
    named = os.environ.get("AGENTMUX_MIRROR")
    return Path(named) if named else None


def equip(layout: Layout, task: Task) -> Layout:
    """The layout with the toolchain and the budget of the task, as far as the layout says nothing else itself.

    The `setup` of both is carried out: images as the layout wants them first, then what the task makes of them; in a
    clone the other way round.
    """
    keys = {*Toolchain.model_fields, "budget"}
    theirs = {key: getattr(task, key) for key in (task.model_fields_set & keys) - layout.model_fields_set}
    if "setup" in task.model_fields_set:
        mine, own = task.setup, layout.setup
        theirs["setup"] = Setup(image=[*own.image, *mine.image], workspace=[*mine.workspace, *own.workspace])
    return layout.model_copy(update=theirs)


def _resolved(file: Path, feature: Feature) -> Feature:
    def path(key: str, named: Path) -> Path:
        return _inside(file, f"features.{feature.name}.{key}", named)

    prompt = feature.prompt
    if prompt.endswith(PROMPT_FILES) and not any(letter.isspace() for letter in prompt):
        prompt = _text(file, f"features.{feature.name}.prompt", path("prompt", Path(prompt)))
    return feature.model_copy(
        update={
            "prompt": prompt,
            "hidden": [path("hidden", named) for named in feature.hidden],
            "test_patch": feature.test_patch and path("test_patch", feature.test_patch),
            "patch": feature.patch and path("patch", feature.patch),
        }
    )


def _inside(file: Path, key: str, named: Path) -> Path:
    """What a task names, of which nothing lies outside of its folder: a task may come from anywhere."""
    found = file.parent / named
    if not found.exists():
        raise ConfigError(f"{file}: {key}: there is no {named}.", f"It is expected at {found}.")
    if not found.resolve().is_relative_to(file.parent.resolve()):
        raise ConfigError(f"{file}: {key}: {named} leads out of the task's folder.", "Put a copy there.")
    return found


def _text(file: Path, key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as err:
        raise ConfigError(f"{file}: {key}: {path.name} is not UTF-8 text.") from err
    except OSError as err:
        raise ConfigError(f"{file}: {key}: {path.name} cannot be read: {err.strerror}.") from err
