"""Whether the user agreed to what a repository decides: asked once for each content, remembered by its hash."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from agentmux.config import Toolchain
from agentmux.paths import trusted
from agentmux.project.resolve import Resolved


def fingerprint(root: Path, found: Resolved, *, isolated: bool) -> str:
    """Another one for everything that the user should see again: other content, another place, without a container."""
    facts = [str(root), isolated, found.decided.model_dump(mode="json"), found.dockerfile]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def is_trusted(number: str) -> bool:
    """Whether the user has agreed to this before."""
    return (trusted() / number).exists()


def trust(number: str, root: Path) -> None:
    """Remember that the user agrees."""
    trusted().mkdir(parents=True, exist_ok=True, mode=0o700)
    (trusted() / number).write_text(f"{root}\n", encoding="utf-8")


def told(decided: Toolchain) -> list[tuple[str, str]]:
    """What is decided, as pairs of a word and a text; none if nothing is.

    >>> told(Toolchain(image="python:3", copy=[".env"], setup=["make", "make docs"]))
    [('image', 'python:3'), ('setup', 'make'), ('', 'make docs'), ('copy', '.env')]
    """
    file = decided.dockerfile
    rows = [("image", [decided.image] if decided.image else [])]
    rows.append(("built from", [f"{file.file}, which sees the folder {file.context}"] if file else []))
    rows.append(("image setup", [f"{command}  (as root, with network)" for command in decided.setup.image]))
    rows.append(("setup", decided.setup.workspace))
    rows.append(("copy", decided.copies))
    rows.append(("env", [f"{name}={value}" for name, value in decided.env.items()]))
    rows.append(("checks", decided.checks))
    rows.append(("allow", decided.allow))
    return [(word if number == 0 else "", text) for word, texts in rows for number, text in enumerate(texts)]
