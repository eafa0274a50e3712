"""The text of a `.agentmux.yaml` for a repository, with comments, for its user to check."""

from __future__ import annotations

import json
from collections.abc import Iterable

import yaml

from agentmux.project.detect import Files, Found, detect, env_files
from agentmux.project.devcontainer import PLACES

HEAD = """\
# How agents work on this repository. A proposal of `agentmux init`: check it.
# `agentmux up` shows what it says and asks before the first use; a layout's keys win over these.
"""


def draft(files: Files) -> str:
    """The file's text: what was found is set, what the user has to decide is a comment."""
    kinds = detect(files)
    what = ", ".join(kind.what for kind in kinds) or "nothing that is known: fill in what you need"
    parts = [f"{HEAD}# Found: {what}.\n", _source(files, kinds)]
    parts.append(
        "# Commands that prepare a clone before its agent starts, behind the proxy to package registries.\n"
        "# What they print is in out/setup-AGENT.log of the session. Those of `image` run once, as root.\n"
        + _setup(kinds)
    )
    copies = env_files(files)
    parts.append(
        "# Untracked files that each clone gets; they are in no snapshot and no merge. Agents can read them.\n"
        + _commented(f"copy: {_list(copies or ['.env'])}")
    )
    if env := {name: value for kind in kinds for name, value in kind.env.items()}:
        parts.append("# The system is read-only where agents work; these go to their home.\n" + _mapping("env", env))
    parts.append("# Commands that must succeed on the merged work, which is set up like a clone.\n" + _checks(kinds))
    allowed = list(dict.fromkeys(place for kind in kinds for place in kind.allow))
    parts.append(
        "# Places that agents may reach, besides PyPI, npm and Debian.\n"
        + (_items("allow", allowed) if allowed else "# allow: [example.org]\n")
    )
    return "\n".join(parts)


def _source(files: Files, kinds: list[Found]) -> str:
    text = "# What agents work on: an image (Debian or Ubuntu), a Dockerfile, or a devcontainer.json; one of them.\n"
    devcontainer = next(iter(files.there(*PLACES)), "")
    dockerfile = next(iter(files.there("Dockerfile", "docker/Dockerfile")), "")
    image = next((kind.image for kind in kinds if kind.image), "")
    if devcontainer:
        text += f"devcontainer: true  # {devcontainer}\n"
    elif image:
        text += f"image: {image}\n"
    if dockerfile:
        text += f"# dockerfile: {dockerfile}\n"
    if not (devcontainer or dockerfile or image):
        text += "# image: debian:bookworm-slim\n"
    return text


def _setup(kinds: list[Found]) -> str:
    image = [command for kind in kinds for command in kind.image_setup]
    workspace = [command for kind in kinds for command in kind.setup]
    if not (image or workspace):
        return "# setup:\n#   workspace:\n#     - make deps\n"
    parts = [_items("image", image, "  ") if image else "", _items("workspace", workspace, "  ") if workspace else ""]
    return "setup:\n" + "".join(parts)


def _checks(kinds: list[Found]) -> str:
    """Tests of all kinds; a Makefile's beside others are a comment, since they are often the same."""
    found = [check for kind in kinds if not kind.what.startswith("Make ") for check in kind.checks]
    more = [check for kind in kinds if kind.what.startswith("Make ") for check in kind.checks]
    if not found and not more:
        return "# checks:\n#   - make test\n"
    return _items("checks", found or more) + "".join(f"  # - {check}\n" for check in more if found)


def _items(key: str, values: Iterable[str], indent: str = "") -> str:
    return f"{indent}{key}:\n" + "".join(f"{indent}  - {_scalar(value)}\n" for value in values)


def _mapping(key: str, values: dict[str, str]) -> str:
    return f"{key}:\n" + "".join(f"  {name}: {_scalar(value)}\n" for name, value in values.items())


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(json.dumps, values))}]"


def _scalar(value: str) -> str:
    """The text as YAML on a line of its own: bare where that is the same text, else as JSON, which YAML reads too."""
    try:
        bare = yaml.safe_load(value) == value
    except yaml.YAMLError:
        bare = False
    return value if bare else json.dumps(value)


def _commented(text: str) -> str:
    return f"# {text}\n"
