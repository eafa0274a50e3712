"""`agentmux init`: a first `.agentmux.yaml` for a repository."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    repo: Annotated[Path, typer.Option("--repo", "-r", help="The repository, or a folder in it.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print it, and write nothing.")] = False,
) -> None:
    """Look at a repository and write a commented .agentmux.yaml, for you to check."""
    from agentmux.cli.output import notice, show
    from agentmux.errors import UsageError
    from agentmux.project.detect import detect
    from agentmux.project.draft import draft
    from agentmux.project.listing import files_of
    from agentmux.project.resolve import NAME
    from agentmux.workspace.repo import top

    root = top(repo)
    path = root / NAME
    if not (force or stdout) and (path.exists() or path.is_symlink()):
        raise UsageError(f"{path} is there already.", "--force replaces it, --stdout only prints a new one.")
    files = files_of(root)
    text = draft(files)
    if stdout:
        show(text.rstrip())
        return
    new = path.with_name(f"{NAME}.new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as err:
        raise UsageError(f"{path} cannot be written: {err.strerror}.") from err
    found = ", ".join(kind.what for kind in detect(files)) or "nothing that it knows"
    notice(f"Found: {found}.")
    show(f"Wrote {path}; check it, then start agents with `agentmux up`.")
