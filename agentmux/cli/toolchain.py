"""What the repository itself says about how agents work on it: shown, and used only if the user agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from agentmux.sandbox.detect import WITH_IMAGES

if TYPE_CHECKING:
    from agentmux.config import Layout
    from agentmux.project.resolve import Resolved
    from agentmux.sandbox.base import Sandbox
    from agentmux.workspace.repo import Repo

CONFINED = "All of this runs where the agents do, isolated."
NOT_CONFINED = "NOT isolated: its commands can do anything you can."
SHOWN_FILES = 5
"""How many copied files are named."""


def with_toolchain(
    layout: Layout, source: Repo, *, place: Sandbox, include: bool, trusted: bool | None
) -> tuple[Layout, list[str]]:
    """The layout with what the repository adds to it, and the untracked files that each workspace gets.

    Args:
        layout: the user's.
        source: the repository.
        place: where agents run; what runs without containers has no image.
        include: whether the agents get uncommitted changes.
        trusted: whether the repository may say what it says; None asks the user, unless that was done.

    Raises:
        UsageError: there is nobody to ask, the user refuses what the layout needs, or a file is missing or too large.
        ConfigError: a file is wrong.
    """
    from agentmux.cli.output import notice
    from agentmux.errors import UsageError
    from agentmux.project.resolve import own_file, resolve
    from agentmux.workspace.copied import find
    from agentmux.workspace.repo import file_text

    def read(path: str) -> str | None:
        return file_text(source, path, changes=include)

    found = resolve(layout, own_file(source.root) if trusted is not False else None, read)
    if not _agreed(found, source, isolated=place.name != "process", trusted=trusted):
        found = resolve(layout, None, read)
        if found.decided != type(found.decided)():
            raise UsageError("The layout needs files of a repository that you do not trust.", "Take another layout.")
    for warning in found.warnings:
        notice(f"Note: {warning}")
    chosen = found.layout
    if place.name not in WITH_IMAGES and (chosen.image or chosen.dockerfile or chosen.setup.image):
        notice(f"Note: The sandbox `{place.name}` uses this machine's programs; no image is built or set up.")
    copied, missing = find(source.root, chosen.copies)
    for pattern in missing:
        notice(f"Note: `copy` names {pattern}, but there is no such untracked file.")
    return chosen, copied


def copied_text(copied: list[str], agents: int) -> str:
    """What was copied, as a sentence.

    >>> copied_text([".env"], 2)
    'Copied .env into 2 workspaces; it is in no snapshot and no merge.'
    """
    more = f" and {len(copied) - SHOWN_FILES} more" if len(copied) > SHOWN_FILES else ""
    names, they = ", ".join(copied[:SHOWN_FILES]) + more, "it is" if len(copied) == 1 else "they are"
    return f"Copied {names} into {agents} workspace{'s'[: agents > 1]}; {they} in no snapshot and no merge."


def _agreed(found: Resolved, source: Repo, *, isolated: bool, trusted: bool | None) -> bool:
    """Whether the user agrees to what the repository decides, now or before."""
    from agentmux.cli.output import notice, on_terminal
    from agentmux.errors import UsageError
    from agentmux.project.trust import fingerprint, is_trusted, told, trust

    rows = told(found.decided)
    number = fingerprint(source.root, found, isolated=isolated)
    if not rows or is_trusted(number):
        return True
    if trusted is False:
        return False
    notice(f"{source.root} says how agents work on it:")
    for word, text in rows:
        notice(f"  {word:<12} {text}")
    notice(
        "All of this runs where agents do, isolated."
        if isolated
        else "NOT isolated: its commands can do anything you can."
    )
    if trusted is None and not on_terminal():
        raise UsageError(
            "You have not agreed to this yet, and there is no terminal to ask you.",
            "--trust-repo agrees, --no-trust-repo starts without it.",
        )
    answer = "t" if trusted else ""
    while answer not in ("t", "i", "c"):
        answer = input("(t)rust it, (i)gnore it, (c)ancel [c]: ").strip().lower()[:1] or "c"
    if answer == "c":
        raise typer.Exit(1)
    if answer == "t":
        trust(number, source.root)
    return answer == "t"
